# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dlq_archive's operation on a list of dead letters of the lab's Redis."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues import archive_operation
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, connection

QUEUE: dict[str, Any] = {
    "name": "jobs",
    "kind": "redis_list",
    "dead": "jobs:dead",
    "missing": "empty",
    "item": {"id": "id", "error": "error"},
}
BODIES = [json.dumps({"id": number, "error": "late" if number % 3 else "bad"}).encode() for number in range(500)]
BODIES[7] = b"\xff\xfe not text"
BODIES[9] = BODIES[8]


class Archiver:
    """Runs the operation on a list of dead letters."""

    def __init__(self, facts: RedisFacts, server: Client, folder: Path) -> None:
        self._facts = facts
        self.server = server
        self.path = folder / "jobs.jsonl.gz"
        server.rpush("jobs:dead", *BODIES)

    def run(self, check_mode: bool = False, **options: Any) -> Result:
        params = {**connection(self._facts), "queue": QUEUE, "path": str(self.path), **options}
        return operate(SPEC.validate(params, "dlq_archive"), check_mode)

    @property
    def dead(self) -> list[bytes]:
        found: list[bytes] = self.server.lrange("jobs:dead", 0, -1)
        return found


@pytest.fixture
def archiver(redis_facts: RedisFacts, redis_server: Client, tmp_path: Path) -> Iterator[Archiver]:
    yield Archiver(redis_facts, redis_server, tmp_path)


def test_all_letters_go_out_and_come_back(archiver: Archiver) -> None:
    out = archiver.run()
    assert (out.changed, out.data["exported"], out.data["removed"], archiver.dead) == (True, 500, 500, [])
    checked = subprocess.run(
        ["sha256sum", "--check", f"{archiver.path.name}.sha256"], cwd=archiver.path.parent, check=False
    )
    assert checked.returncode == 0
    back = archiver.run(action="import")
    assert (back.changed, back.data["restored"], archiver.dead) == (True, 500, BODIES)
    again = archiver.run(action="import")
    assert (again.changed, again.data["restored"], archiver.dead) == (False, 0, BODIES)


def test_what_is_not_meant_stays_in_its_order(archiver: Archiver) -> None:
    out = archiver.run(filter={"error": "bad"})
    bad = [body for body in BODIES if b'"bad"' in body]
    assert out.data["removed"] == len(bad)
    assert archiver.dead == [body for body in BODIES if body not in bad]


def test_the_oldest_go_first_up_to_the_limit(archiver: Archiver) -> None:
    assert archiver.run(limit=20).data["removed"] == 20
    assert archiver.dead == BODIES[20:]


def test_letters_can_be_kept(archiver: Archiver) -> None:
    out = archiver.run(remove=False)
    assert (out.data["exported"], out.data["removed"], archiver.dead) == (500, 0, BODIES)


def test_check_mode_says_what_would_be_done_and_does_nothing(archiver: Archiver) -> None:
    planned = archiver.run(check_mode=True, filter={"error": "bad"})
    assert (planned.changed, archiver.dead, list(archiver.path.parent.iterdir())) == (True, BODIES, [])
    done = archiver.run(filter={"error": "bad"})
    assert planned.data["exported"] == done.data["exported"]
    assert planned.diff == done.diff
    assert archiver.run(action="import", check_mode=True).changed
    assert len(archiver.dead) == 500 - done.data["removed"]


def test_a_second_run_changes_nothing(archiver: Archiver) -> None:
    archiver.run()
    again = archiver.run()
    assert (again.changed, again.msg) == (False, "jobs: no dead letters are meant, nothing to export")


def test_an_archive_is_never_replaced(archiver: Archiver) -> None:
    archiver.run(limit=20)
    content = archiver.path.read_bytes()
    with pytest.raises(InputError, match="a file of that name is there already"):
        archiver.run()
    assert (archiver.path.read_bytes(), archiver.dead) == (content, BODIES[20:])


@pytest.mark.parametrize("dies_after", [0, 1, 2])
def test_a_run_that_died_before_all_were_removed_is_picked_up(
    archiver: Archiver, monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    real, calls = archive_operation._verdict, 0

    def dying(held: Any, one: bytes) -> str:
        nonlocal calls
        calls += 1
        if calls > dies_after * archive_operation._BATCH:
            raise OpsError("killed")
        return real(held, one)

    with monkeypatch.context() as patch:
        patch.setattr(archive_operation, "_verdict", dying)
        with pytest.raises(OpsError, match="killed"):
            archiver.run()
    assert not archiver.path.exists()
    assert archiver.run().data["exported"] == 500
    assert archiver.dead == []
    lines = gzip.decompress(archiver.path.read_bytes()).splitlines()
    assert len(lines) == 502
    assert not list(archiver.path.parent.glob("*.unremoved"))


def test_a_letter_that_died_again_is_not_removed_with_its_like(archiver: Archiver) -> None:
    archiver.run()
    archiver.server.rpush("jobs:dead", BODIES[0])
    archiver.path = archiver.path.with_name("second.gz")
    assert archiver.run().data["removed"] == 1


def test_a_damaged_archive_puts_nothing_back(archiver: Archiver) -> None:
    archiver.run()
    content = bytearray(archiver.path.read_bytes())
    content[len(content) // 2] ^= 1
    archiver.path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="the archive is damaged"):
        archiver.run(action="import")
    assert archiver.dead == []


def test_an_archive_of_another_kind_is_refused(archiver: Archiver) -> None:
    archiver.run()
    with pytest.raises(InputError, match="the archive holds letters of the kind redis_list, not redis_stream"):
        archiver.run(action="import", queue={"name": "events", "kind": "redis_stream", "dead": "events:dead"})


def test_a_folder_that_is_not_there(archiver: Archiver) -> None:
    with pytest.raises(InputError, match="the folder of the archive does not exist"):
        archiver.run(path=str(archiver.path.parent / "no" / "a.gz"))
    assert archiver.dead == BODIES
