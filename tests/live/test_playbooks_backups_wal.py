# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table that was dropped is back as of the moment before, by the playbooks backup and restore with pgBackRest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.own_plays import play
from ansible_collections.day2.ops.tests.live.wal_archiving_help import Cluster, cluster, missing, role

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
_OF_THE_ROLE = "wal_archiving_"
_HANDED_ON = (
    "bin_dir",
    "config",
    "control_user",
    "data_dir",
    "lock_dir",
    "port",
    "socket_dir",
    "stanza",
    "start_command",
    "stop_command",
    "timeout",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as up:
        yield up


def described(server: Cluster, folder: Path) -> dict[str, Any]:
    """Return an inventory's variables, the archive among the backups."""
    variables = server.variables()
    options = {name: variables[_OF_THE_ROLE + name] for name in _HANDED_ON}
    return {
        **{name: value for name, value in variables.items() if not name.startswith(_OF_THE_ROLE)},
        "target": "good",
        "day2_service": "shop",
        "day2_report_dir": str(folder / "reports"),
        "day2_state_dir": str(folder / "state"),
        "day2_backups": [{"name": "shop-wal", "kind": "wal", "options": {**options, "verify": True}}],
    }


def run(folder: Path, plays: Sequence[dict[str, Any]], given: dict[str, Any]) -> tuple[int, str]:
    """Run plays; return the status and what was said, wrapped lines joined."""
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    status, output = play(folder, json.dumps(list(plays)), "", "-e", f"@{folder}/given.json", ANSIBLE_PIPELINING="1")
    return status, " ".join(output.split())


def playbook(name: str, **variables: Any) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.import_playbook": f"day2.ops.{name}", "vars": variables}


def tables(server: Cluster) -> set[str]:
    with server.connect() as session:
        return {row[0] for row in session.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND oid > 16000")}


@pytest.mark.long
def test_a_dropped_table_is_back_as_of_the_moment_before(server: Cluster, tmp_path: Path) -> None:
    given = described(server, tmp_path)
    archiving = role(
        wal_archiving_restart=True,
        wal_archiving_repositories=[{"kind": "local", "path": str(server.folder / "repository")}],
    )
    archive = {"hosts": "good", "gather_facts": False, "vars": server.variables(), "tasks": [archiving]}
    status, output = run(tmp_path, [archive, playbook("backup"), playbook("verify_backups")], given)
    assert status == 0, output
    assert "pgbackrest shop: backed up as " in output
    assert "shop: pgBackRest has read its repositories" in output

    with server.connect() as session:
        session.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")
        (before,) = session.execute("SELECT clock_timestamp()").fetchone() or (None,)
        session.execute("DROP TABLE orders")
        session.execute("CREATE TABLE later ()")
        session.execute("SELECT pg_switch_wal()")
    assert tables(server) == {"later"}

    restored = {**given, "restore": "shop-wal", "confirm": "shop-wal", "to": before.isoformat(" ")}
    status, output = run(tmp_path, [playbook("restore")], restored)
    assert status == 0, output
    assert f"; the old data is in {server.data}.before-" in output
    assert tables(server) == {"orders"}
    with server.connect() as session:
        assert session.execute("SELECT count(*), sum(id) FROM orders").fetchone() == (1000, 500500)

    broken = {**restored, "day2_restore_start": [{"name": "start the service", "command": ["false"]}]}
    with server.connect() as session:
        session.execute("CREATE TABLE latest ()")
    status, output = run(tmp_path, [playbook("restore")], broken)
    assert status != 0
    assert "the old data is in its place again" in output
    assert tables(server) == {"orders", "latest"}
