# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dlq_archive's operation on a list of dead letters of the lab's Redis."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_list_quiet import QuietListLetters
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, connection, some

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

    def check_sum(self) -> None:
        subprocess.run(["sha256sum", "--check", f"{self.path.name}.sha256"], cwd=self.path.parent, check=True)

    @property
    def dead(self) -> list[bytes]:
        found: list[bytes] = self.server.lrange("jobs:dead", 0, -1)
        return found


def breaking(patch: pytest.MonkeyPatch, method: str, after: int) -> None:
    """Have the connection break in the call of a method of the letters, after so many that succeed."""
    real, calls = getattr(QuietListLetters, method), itertools.count()

    def broken(letters: QuietListLetters, *arguments: Any) -> Any:
        if next(calls) >= after:
            raise Unreachable("connection lost")
        return real(letters, *arguments)

    patch.setattr(QuietListLetters, method, broken)


def meddling(patch: pytest.MonkeyPatch, meddle: Callable[[], object]) -> None:
    """Have somebody else do something before the first letters are removed."""
    real, calls = QuietListLetters.settle, itertools.count()

    def settle(letters: QuietListLetters, *arguments: Any) -> Any:
        if next(calls) == 0:
            meddle()
        return real(letters, *arguments)

    patch.setattr(QuietListLetters, "settle", settle)


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
    planned = archiver.run(check_mode=True, limit=20)
    done = archiver.run(limit=20)
    assert (done.data["removed"], done.data["left"], archiver.dead) == (20, 480, BODIES[20:])
    assert done.warnings == ["480 dead letters that are meant are not in the archive: give another path for them"]
    assert (planned.data["left"], planned.warnings) == (480, done.warnings)
    assert done.diff == {
        "before": f"dead letters: 500\nin {archiver.path}: 0\n",
        "after": f"dead letters: 480\nin {archiver.path}: 20\n",
    }


def test_those_that_the_limit_leaves_are_counted_by_the_filter(archiver: Archiver) -> None:
    bad = sum(b'"bad"' in body for body in BODIES)
    done = archiver.run(limit=20, filter={"error": "bad"})
    assert (done.data["removed"], done.data["left"]) == (20, bad - 20)


def test_letters_can_be_kept(archiver: Archiver) -> None:
    out = archiver.run(remove=False)
    assert (out.data["exported"], out.data["removed"], archiver.dead) == (500, 0, BODIES)


def test_check_mode_says_what_would_be_done_and_does_nothing(archiver: Archiver) -> None:
    planned = archiver.run(check_mode=True, filter={"error": "bad"})
    assert (planned.changed, archiver.dead, list(archiver.path.parent.iterdir())) == (True, BODIES, [])
    done = archiver.run(filter={"error": "bad"})
    assert planned.data["exported"] == done.data["exported"]
    assert planned.diff == done.diff
    planned = archiver.run(action="import", check_mode=True)
    assert len(archiver.dead) == 500 - done.data["removed"]
    back = archiver.run(action="import")
    assert (planned.changed, planned.diff) == (True, back.diff)
    again = archiver.run(action="import", check_mode=True)
    assert (again.changed, again.diff) == (False, None)


def test_a_second_run_changes_nothing(archiver: Archiver) -> None:
    archiver.run()
    again = archiver.run()
    assert (again.changed, again.msg) == (False, "jobs: no dead letters are meant, nothing to export")


def test_an_archive_is_never_replaced(archiver: Archiver) -> None:
    archiver.run(limit=20)
    content = archiver.path.read_bytes()
    for check_mode in (True, False):
        with pytest.raises(InputError, match="a file of that name is there already"):
            archiver.run(check_mode)
    assert (archiver.path.read_bytes(), archiver.dead) == (content, BODIES[20:])


@pytest.mark.parametrize("dies_after", [0, 1, 2])
def test_a_run_that_died_before_all_were_removed_is_picked_up(
    archiver: Archiver, monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    with monkeypatch.context() as patch:
        breaking(patch, "settle", dies_after)
        with pytest.raises(Unreachable, match="connection lost") as failed:
            archiver.run()
    removed = 500 - len(archiver.dead)
    assert bool(removed) == bool(dies_after)
    assert failed.value.details["changed"]
    assert some(failed.value.details, "exported", "removed") == {"exported": 500, "removed": removed}
    assert failed.value.details["path"] == f"{archiver.path}.unremoved"
    assert str(failed.value).endswith(
        f"{removed} letters were removed, and the same call goes on with {archiver.path}.unremoved"
    )
    assert not archiver.path.exists()
    done = archiver.run()
    assert some(done.data, "exported", "removed", "left") == {"exported": 500, "removed": 500 - removed, "left": 0}
    assert bool(done.warnings) == bool(removed)
    assert archiver.dead == []
    lines = gzip.decompress(archiver.path.read_bytes()).splitlines()
    assert len(lines) == 502
    assert not list(archiver.path.parent.glob("*.unremoved"))
    archiver.check_sum()


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


def test_letters_that_are_still_dead_are_not_put_back(archiver: Archiver) -> None:
    archiver.run(remove=False)
    assert not archiver.run(action="import", check_mode=True).changed
    assert not archiver.run(action="import").changed
    archiver.server.ltrim("jobs:dead", 250, -1)
    assert archiver.run(action="import").data["restored"] == 250
    assert sorted(archiver.dead) == sorted(BODIES)


def test_a_letter_is_put_back_as_often_as_it_is_missing(archiver: Archiver) -> None:
    archiver.run(remove=False)
    archiver.server.lrem("jobs:dead", 1, BODIES[8])  # it was there twice
    assert archiver.run(action="import").data["restored"] == 1
    assert archiver.dead.count(BODIES[8]) == 2


def test_an_import_that_broke_off_is_gone_on_with(archiver: Archiver, monkeypatch: pytest.MonkeyPatch) -> None:
    archiver.run()
    with monkeypatch.context() as patch:
        breaking(patch, "restore", 1)
        with pytest.raises(Unreachable, match="200 letters were put back, and the same call goes on") as failed:
            archiver.run(action="import")
    assert some(failed.value.details, "restored", "changed") == {"restored": 200, "changed": True}
    assert archiver.run(action="import").data["restored"] == 300
    assert archiver.dead == BODIES


def test_an_export_that_has_not_ended_is_not_imported(archiver: Archiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        breaking(patch, "settle", 0)
        with pytest.raises(Unreachable):
            archiver.run()
    archiver.path = archiver.path.with_name(f"{archiver.path.name}.unremoved")
    with pytest.raises(InputError, match="an export that has not ended cannot be imported"):
        archiver.run(action="import")
    assert archiver.dead == BODIES


def test_letters_that_were_redriven_meanwhile_are_told(archiver: Archiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        meddling(patch, lambda: archiver.server.ltrim("jobs:dead", 0, 489))
        done = archiver.run()
    assert (done.failed, done.changed, archiver.dead) == (True, True, [])
    pending = f"{archiver.path}.unremoved"
    assert some(done.data, "exported", "removed", "path") == {"exported": 500, "removed": 490, "path": pending}
    assert "10 of 500 letters in" in done.msg and "an import would make them dead again" in done.msg
    again = archiver.run()
    assert (again.failed, again.data["removed"], again.data["path"]) == (False, 0, str(archiver.path))
    assert "500 letters of" in again.warnings[0]
    archiver.check_sum()


def test_somebody_who_empties_the_queue_is_not_taken_for_one_who_keeps_changing_it(
    archiver: Archiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        meddling(patch, lambda: archiver.server.delete("jobs:dead"))
        done = archiver.run()
    assert (done.failed, done.data["removed"]) == (True, 0)


def test_a_run_that_goes_on_may_describe_items_in_another_way(
    archiver: Archiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaking(patch, "settle", 1)
        with pytest.raises(Unreachable):
            archiver.run()
    left = len(archiver.dead)
    planned = archiver.run(check_mode=True, queue={**QUEUE, "item": {"id": "error"}})
    assert f"{left} would be removed" in planned.msg
    assert archiver.run(queue={**QUEUE, "item": {"id": "error"}}).data["removed"] == left < 500
    assert archiver.dead == []


def test_a_run_of_another_queue_is_not_gone_on_with(archiver: Archiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        breaking(patch, "settle", 1)
        with pytest.raises(Unreachable):
            archiver.run()
    left = archiver.dead
    with pytest.raises(InputError, match="exported the queue jobs, not others"):
        archiver.run(queue={**QUEUE, "name": "others"})
    assert archiver.dead == left


def test_the_checksum_is_there_before_the_first_letter_is_removed(
    archiver: Archiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    checksum = archiver.path.with_name(f"{archiver.path.name}.sha256")
    with monkeypatch.context() as patch:
        breaking(patch, "settle", 0)
        with pytest.raises(Unreachable):
            archiver.run()
    assert checksum.read_text().endswith(f"  {archiver.path.name}\n")
    checksum.unlink()  # as if it had been killed before
    archiver.run()
    archiver.check_sum()


def test_a_run_that_was_killed_while_it_named_the_file_is_finished(
    archiver: Archiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaking(patch, "settle", 0)
        with pytest.raises(Unreachable):
            archiver.run()
    os.link(f"{archiver.path}.unremoved", archiver.path)
    assert archiver.run().data["removed"] == 500
    assert not list(archiver.path.parent.glob("*.unremoved"))


def test_entries_of_a_stream_that_are_still_dead_are_not_put_back(archiver: Archiver) -> None:
    queue = {"name": "events", "kind": "redis_stream", "key": "events", "dead": "events:dead"}
    for number in range(5):
        archiver.server.xadd("events", {"data": number})
        archiver.server.xadd("events:dead", {"data": number % 3})
    archiver.run(queue=queue, remove=False)
    archiver.server.xtrim("events:dead", maxlen=3, approximate=False)
    assert archiver.run(queue=queue, action="import", check_mode=True).changed
    assert archiver.run(queue=queue, action="import").data["restored"] == 2
    assert archiver.run(queue=queue, action="import").data["restored"] == 0  # they have got new ids
    assert archiver.server.xlen("events:dead") == 5


def test_files_that_are_still_dead_are_not_put_back_and_those_not_meant_are_not_read(
    archiver: Archiver, tmp_path: Path
) -> None:
    dead = tmp_path / "dead"
    dead.mkdir()
    (tmp_path / "in").mkdir()
    for number in range(5):
        (dead / f"{number}.json").write_text(json.dumps({"error": "late" if number else "bad"}))
    queue: dict[str, Any] = {"name": "files", "kind": "directory", "path": str(tmp_path / "in"), "dead": str(dead)}
    queue["item"] = {"error": "error"}
    assert archiver.run(queue=queue, remove=False).data["exported"] == 5
    assert not archiver.run(queue=queue, action="import").changed
    (dead / "3.json").unlink()
    assert archiver.run(queue=queue, action="import").data["restored"] == 1
    with (dead / "0.json").open("ab") as large:
        large.truncate(65 << 20)
    archiver.path = tmp_path / "second.gz"
    assert archiver.run(queue=queue, filter={"error": "late"}).data["removed"] == 4
    assert [one.name for one in dead.iterdir()] == ["0.json"]


def test_members_of_a_sorted_set_go_out_and_come_back(archiver: Archiver) -> None:
    queue = {"name": "late", "kind": "redis_sorted_set", "key": "late", "dead": "late:dead"}
    archiver.server.zadd("late:dead", {f"job {number}": number for number in range(5)})
    assert archiver.run(queue=queue).data["removed"] == 5
    archiver.server.zadd("late:dead", {"job 3": 99})
    planned = archiver.run(queue=queue, action="import", check_mode=True)
    assert "4 dead letters would be put back, 1 are there" in planned.msg
    assert archiver.run(queue=queue, action="import").data["restored"] == 4
