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
from ansible_collections.day2.ops.tests.live.wal_archiving_help import ACCOUNT, PROGRAM, Cluster, cluster, missing, role
from ansible_collections.day2.ops.tests.live.wal_drill_help import archived

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


def run(folder: Path, plays: Sequence[dict[str, Any]], given: dict[str, Any], *arguments: str) -> tuple[int, str]:
    """Run plays; return the status and what was said, wrapped lines joined."""
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    said = ("-e", f"@{folder}/given.json", *arguments)
    status, output = play(folder, json.dumps(list(plays)), "", *said, ANSIBLE_PIPELINING="1")
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


@pytest.mark.long
def test_the_log_is_rehearsed_on_another_host_and_what_fails_is_told(tmp_path: Path) -> None:
    with archived() as source:
        source.pgbackrest("--type=full", "backup")
        source.write("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")
        options = {
            "stanza": "shop",
            "data_dir": str(source.server.data),
            "user": ACCOUNT,
            "pgbackrest": PROGRAM,
            "config": str(source.config),
            "timeout": 120,
        }
        asked = [{"sql": "SELECT count(*) FROM orders", "expected": 1000}]
        rehearsal = {"folder": str(source.scratch), "assertions": asked}
        job = {"name": "shop-wal", "kind": "wal", "rto": "2m", "rpo": "1h", "options": options, "rehearsal": rehearsal}
        given: dict[str, Any] = {
            "ansible_become_method": "ansible.builtin.su",
            "target": "good",
            "drill_host": "bad",
            "day2_service": "shop",
            "day2_report_dir": str(tmp_path / "reports"),
            "day2_backups": [job],
        }
        drill = [playbook("restore_drill")]
        status, output = run(tmp_path, drill, given, "--check")
        assert status == 0, output
        assert "F: would be restored from repository 1 into a server apart, " in output

        status, output = run(tmp_path, drill, given)
        assert status == 0, output
        assert "L4 holds; RTO " in output
        assert "changed=0" in output
        report = json.loads((tmp_path / "reports/restore-drill-latest.json").read_text(encoding="utf-8"))
        (section,) = report["sections"]
        row = dict(zip(section["columns"], section["rows"][0], strict=True))
        assert (row["name"], row["level"], row["compared"]) == ("shop-wal", "L4", "1 tables, 1,000 rows")
        assert row["RTO"] == "2 min"
        assert list(source.scratch.iterdir()) == []

        asked[0]["expected"] = 7
        status, output = run(tmp_path, drill, given)
        assert status != 0
        assert "L4 failed: 1 assertion fails: SELECT count(*) FROM orders: expected 7, found 1000" in output
