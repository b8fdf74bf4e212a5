# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drills of a restore from a real repository of pgBackRest: what comes back is proven, what is damaged is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.wal_archiving_help import missing
from ansible_collections.day2.ops.tests.live.wal_drill_help import Archived, archived

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

RIGHT = {"sql": "SELECT count(*), max(id) FROM orders", "expected": [1500, 1500], "database": "shop"}


@pytest.fixture(scope="module")
def empty() -> Iterator[Archived]:
    with archived() as up:
        yield up


@pytest.fixture(scope="module")
def source(empty: Archived) -> Archived:
    """A cluster with a backup of 1000 orders in a tablespace, and 500 more that only the log has."""
    with pytest.raises(NotThere, match="there is no backup to restore: shop; no valid backups"):
        empty.drill()
    with empty.server.connect() as session:
        session.execute(f"CREATE TABLESPACE apart LOCATION '{empty.server.folder}/space'")
        session.execute("CREATE DATABASE shop TABLESPACE apart")
    with empty.server.connect("shop") as session:
        session.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")
        # each would do work, or fail, on a server that took it over
        session.execute("CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)")
        session.execute("ALTER SUBSCRIPTION s ENABLE")
    empty.write("ALTER SYSTEM SET max_connections = 333", "ALTER SYSTEM SET shared_preload_libraries = 'not_there'")
    empty.pgbackrest("--type=full", "backup")
    with empty.server.connect("shop") as session:
        session.execute("INSERT INTO orders SELECT generate_series(1001, 1500)")
    empty.write()
    empty.write("CREATE TABLE later AS SELECT 1 AS id")
    return empty


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of all files."""
    found = {str(path): path.lstat() for path in folder.rglob("*")}
    return {name: (status.st_size, status.st_mtime_ns) for name, status in found.items()}


def found(data: Mapping[str, Any], level: str) -> Mapping[str, Any]:
    (proof,) = [one for one in data["proofs"] if one["level"] == level]
    return dict(proof["found"])


def test_what_was_archived_since_the_backup_comes_back_and_nothing_else_is_touched(source: Archived) -> None:
    before = files(source.repository), files(source.server.folder / "space"), source.pgbackrest("info")
    would = source.drill(check_mode=True, objectives={"rpo": "1h", "rto": "1m"})
    assert (would.changed, would.failed, would.data["level"]) == (False, False, None)
    assert "F: would be restored from repository 1 into a server apart, " in would.msg

    done = source.drill(rehearsal={"assertions": [RIGHT]}, objectives={"rpo": "1h", "rto": "1m"})
    assert (done.changed, done.failed, done.data["level"]) == (False, False, "L4"), done.msg
    assert [one["level"] for one in done.data["proofs"]] == ["L0", "L1", "L2", "L3", "L4"]
    seen = {name: found(done.data, "L4")[name] for name in ("databases", "tables", "rows", "amcheck", "assertions")}
    assert seen == {"databases": 3, "tables": 2, "rows": 1501, "amcheck": True, "assertions": 1}
    assert 0 < done.data["rto_seconds"] < done.data["seconds"]
    assert 0 <= done.data["rpo_seconds"] < 60
    assert done.data["recovered_to"] > "2"
    assert all(one["met"] for one in done.data["objectives"].values())

    assert before == (files(source.repository), files(source.server.folder / "space"), source.pgbackrest("info"))
    assert list(source.scratch.iterdir()) == []
    with source.server.connect("shop") as session:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (1500,)


def test_the_backup_alone_lacks_what_came_after(source: Archived) -> None:
    late = source.drill(rehearsal={"until": "backup", "assertions": [RIGHT]})
    assert (late.failed, late.data["level"], late.data["level_failed"]) == (True, "L3", "L4")
    assert (
        "L4 failed: 1 assertion fails: SELECT count(*), max(id) FROM orders: expected [1500, 1500], found" in late.msg
    )
    slow = source.drill(rehearsal={"amcheck": False}, objectives={"rto": 0.001, "rpo": "1h"})
    assert (slow.failed, slow.data["level"], slow.data["objectives"]["rto"]["met"]) == (True, "L4", False)
    assert "RTO " in slow.msg
    assert "missed" in slow.msg


def test_a_wrong_name_is_told(source: Archived) -> None:
    with pytest.raises(NotThere, match=r"no such backup: 20200101-000000F; there are: \d+"):
        source.drill(backup="20200101-000000F")
    with pytest.raises(NotThere, match=r"(no such stanza|no backup to restore): nothing"):
        source.drill(stanza="nothing")
    with pytest.raises(NotThere, match="there is no backup to restore: shop"):
        source.drill(repository=2)
    with pytest.raises(OpsError, match=r"pgbackrest ended with status \d+"):
        source.drill(config="/etc/passwd")


def test_damage_is_told_with_its_level(source: Archived) -> None:
    (label,) = [path.name for path in (source.repository / "backup/shop").glob("*F")]
    largest = max((source.repository / "backup/shop" / label).rglob("*.zst"), key=lambda path: path.stat().st_size)
    archive = source.repository / "archive/shop/15-1/0000000100000000"
    segments = sorted(path for path in archive.iterdir() if path.name[24] == "-")
    for path, level, words in (
        (largest, "L1", "L1 failed: pgbackrest ended with status "),
        (segments[-2], "L3", "L3 failed: the replay ended at 0/"),
        (segments[-1], "L3", "L3 failed: the last archived WAL file "),
    ):
        whole = path.read_bytes()
        path.write_bytes(whole[:60] + bytes(32) + whole[92:])
        try:
            done = source.drill()
        finally:
            path.write_bytes(whole)
        assert (done.failed, done.data["level_failed"]) == (True, level), f"{path.name}: {done.msg}"
        assert words in done.msg
        assert "\n" not in done.msg
        assert list(source.scratch.iterdir()) == []


def processes(folder: Path) -> list[int]:
    """Return the processes that run in the folder."""
    there = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd").startswith(str(folder)):
                there.append(int(pid))
        except OSError:
            continue
    return there


def test_what_a_killed_drill_left_is_taken_away_by_the_next(source: Archived, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    ask = {"sql": f"SELECT pg_sleep(60) FROM pg_ls_dir('{source.scratch}')", "expected": None}
    options = json.dumps(source.options(rehearsal={"assertions": [ask]}))
    code = (
        "import json, sys\n"
        "from ansible_collections.day2.ops.plugins.module_utils._backups.wal_verify import SPEC, operate\n"
        "operate(SPEC.validate(json.loads(sys.argv[1]), ''), False)\n"
    )
    with answer.open("wb") as said:
        killed = subprocess.Popen([sys.executable, "-c", code, options], stdout=said, stderr=said)
    try:
        wait_for("a server", lambda: len(processes(source.scratch)) > 3 or killed.poll() is not None, 30)
        assert killed.poll() is None, answer.read_text(encoding="utf-8")
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    (left,) = source.scratch.iterdir()
    assert (left / "pg/data/PG_VERSION").exists()
    done = source.drill(rehearsal={"amcheck": False})
    assert done.data["level"] == "L4", done.msg
    assert list(source.scratch.iterdir()) == []
    wait_for("the end of its programs", lambda: not processes(left), 10)


def test_too_little_space_is_told_before_anything_is_written(source: Archived) -> None:
    small = source.scratch / "small"
    small.mkdir(mode=0o711)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=711", "tmpfs", small], check=False)
    if mounted.returncode:
        small.rmdir()
        pytest.skip("cannot mount a small file system")
    try:
        with pytest.raises(OpsError, match="too little space for what is restored: "):
            source.drill(rehearsal={"folder": str(small)})
    finally:
        subprocess.run(["umount", small], check=True)
        shutil.rmtree(small)
