# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the playbooks of backups share: an operator with a folder for backups, orders to back up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import psycopg.sql
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Done, Operator

Session = psycopg.Connection[tuple[Any, ...]]
ORDERS = 1000
_LIKE = "backed-up-%"


class BackupOperator(Operator):
    """Somebody whose backups are in a folder of their own."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        super().__init__(lab, folder)
        self.backups = folder / "backups"

    def play(self, playbooks: Sequence[str], *arguments: str, **variables: Any) -> Done:
        """Run playbooks one after the other, by one start of Ansible; the first that fails is the last."""
        given = {"day2_backup_path": str(self.backups), **variables}
        if len(playbooks) == 1:
            return self.run(playbooks[0], *arguments, **given)
        imports = [{"name": name, "ansible.builtin.import_playbook": f"day2.ops.{name}"} for name in playbooks]
        (self.folder / "several.yml").write_text(json.dumps(imports), encoding="utf-8")
        return self.run(os.path.relpath(self.folder / "several", CHECKOUT / "playbooks"), *arguments, **given)

    def report(self, name: str) -> dict[str, Any]:
        """Return the newest report of a name."""
        found: dict[str, Any] = json.loads((self.reports / f"{name}-latest.json").read_text(encoding="utf-8"))
        return found

    def rows(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the rows of the newest report's table: for each backup its cells by their columns."""
        (section,) = self.report(name)["sections"]
        rows = [dict(zip(section["columns"], row, strict=True)) for row in section["rows"]]
        return {row["name"]: row for row in rows}

    def made(self, name: str) -> list[Path]:
        """Return the backups of a name, the oldest first."""
        return sorted(path.parent for path in (self.backups / name).glob("*/manifest.json"))


@contextmanager
def orders(lab: Lab) -> Iterator[None]:
    """Have so many orders in the demo's database; at the end they are gone, and what restores have kept."""
    with connect(lab.facts["postgres"]) as admin:
        make_orders(admin)
    try:
        yield
    finally:
        with connect(lab.facts["postgres"], dbname="postgres") as admin:
            for name in kept_databases(admin):
                admin.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))
        with connect(lab.facts["postgres"]) as admin:
            admin.execute("DELETE FROM orders WHERE id LIKE %s", [_LIKE])


def make_orders(admin: Session) -> None:
    """Have just so many orders that are counted."""
    admin.execute("DELETE FROM orders WHERE id LIKE %s", [_LIKE])
    admin.execute(
        "INSERT INTO orders (id, amount, worker, processed_at)"
        " SELECT 'backed-up-' || n, n, 'w', now() FROM generate_series(1, %s) n",
        [ORDERS],
    )


def lose_orders(lab: Lab, amount_above: int) -> None:
    """Delete the orders whose amount is above that."""
    with connect(lab.facts["postgres"]) as admin:
        admin.execute("DELETE FROM orders WHERE id LIKE %s AND amount > %s", [_LIKE, amount_above])


def count(lab: Lab, condition: str = "true") -> int:
    """Return how many of them there are, asked in a session of its own: a restore ends all others."""
    with connect(lab.facts["postgres"]) as admin:
        row = admin.execute(f"SELECT count(*) FROM orders WHERE id LIKE '{_LIKE}' AND {condition}").fetchone()
    assert row is not None
    return int(row[0])


def kept_databases(admin: Session) -> list[str]:
    """Return the databases that restores have kept or left."""
    rows = admin.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^demo_(before|undone|new)_' ORDER BY 1")
    return [str(row[0]) for row in rows]


def changed(done: Done, host: str = "demo") -> int:
    """Return how many tasks changed something, by the recap."""
    line = next(line for line in done.output.splitlines() if line.startswith(f"{host} ") and "changed=" in line)
    return int(line.partition("changed=")[2].split()[0])


def left_behind(folder: Path) -> list[Path]:
    """Return what is in a folder of backups and is neither a catalogue, a backup, nor a lock."""
    hidden = [path for path in folder.rglob(".*") if path.name != ".lock"]
    return [path for path in hidden if not path.is_relative_to("/proc")]
