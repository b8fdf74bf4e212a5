# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters in folders: put back, parked, dropped and kept, across file systems too, by two passes at once."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError, NotThere
from ansible_collections.day2.ops.plugins.module_utils._queues import directory_moves
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK

from .passing import begun, measured, peeked, redriven, repeating, settle_all, swept, two_at_once
from .spool_help import Spool, as_nobody, names


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool of which thirty files have died."""
    made = Spool(tmp_path)
    made.deliver(*names(30))
    made.work()
    return made


@pytest.fixture
def far_spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool whose dead letters are in another file system."""
    there = Path("/dev/shm")
    if not os.access(there, os.W_OK) or there.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("/dev/shm is no other file system here")
    failed = there / f"day2-test-{os.getpid()}"
    try:
        made = Spool(tmp_path, failed)
        made.deliver(*names(20))
        made.work()
        yield made
    finally:
        shutil.rmtree(failed, ignore_errors=True)


def test_a_letter_tells_what_its_file_and_the_note_beside_it_do(spool: Spool) -> None:
    assert measured(spool.queue)["dead"] == 30
    looked_at = peeked(spool.queue)
    assert [letter.id for letter in looked_at] == names(30)
    first = looked_at[0]
    assert (first.error, first.type, first.attempts) == ("no such patient at line 7", "ADT", 3)
    assert first.payload == {"id": "0000.json", "type": "ADT", "tries": 3}
    assert time.time() - 60 < (first.failed_at or 0) <= time.time() + 1


def test_a_sweep_moves_without_reading(spool: Spool) -> None:
    spool.broken = False
    (spool.failed / "0003.json").chmod(0)
    assert swept(spool.queue).moved == 30
    (spool.incoming / "0003.json").chmod(0o600)
    spool.work()
    assert sorted(spool.processed) == names(30)


def test_each_verdict(spool: Spool) -> None:
    verdicts = dict(zip(names(30), [MOVE, PARK, DROP, KEEP, MOVE] * 6, strict=True))
    passed = redriven(spool.queue, lambda letter: verdicts[letter.id])
    assert passed.sums == {"moved": 12, "parked": 6, "dropped": 6, "kept": 6}
    kept = [name for name, verdict in verdicts.items() if verdict == KEEP]
    assert spool.dead() == sorted([*kept, *(f"{name}.error" for name in kept)])
    parked = [name for name, verdict in verdicts.items() if verdict == PARK]
    assert sorted(os.listdir(spool.parked)) == sorted([*parked, *(f"{name}.error" for name in parked)])
    assert (spool.parked / "0001.json.error").read_text() == "no such patient\n  at line 7"
    moved = [name for name, verdict in verdicts.items() if verdict == MOVE]
    assert sorted(os.listdir(spool.incoming)) == sorted(moved)


def test_a_pass_ends_though_letters_die_again_and_new_ones_come(spool: Spool) -> None:
    with begun(spool.queue) as letters:
        for number in range(6):
            taken = letters.take(5)
            letters.settle(taken, [MOVE] * 5)
            spool.deliver(f"new-{number}.json")
            spool.work()
        assert letters.take(5) == []
    assert len([name for name in spool.dead() if not name.endswith(".error")]) == 36


def test_two_passes_at_once_move_each_letter_once(spool: Spool) -> None:
    more = [f"more-{number:04}" for number in range(970)]
    spool.deliver(*more)
    spool.work()
    spool.broken = False
    with repeating(spool.work):
        outcomes = two_at_once(spool.queue, lambda letters: settle_all(letters, most=50))
    spool.work()
    assert sum(outcome.moved for outcome in outcomes) == 1000
    assert all(outcome.skipped == {} for outcome in outcomes)
    assert sorted(spool.processed) == sorted([*names(30), *more])
    assert spool.dead() == []


def test_nothing_is_overwritten(spool: Spool) -> None:
    (spool.incoming / "0005.json").write_text('{"id": "another"}')
    passed = redriven(spool.queue)
    assert (passed.moved, passed.skipped) == (29, {"a file of that name is there already": 1})
    assert (spool.incoming / "0005.json").read_text() == '{"id": "another"}'
    assert spool.dead() == ["0005.json", "0005.json.error"]


def test_letters_in_folders_below_and_links_that_lead_out(spool: Spool, tmp_path: Path) -> None:
    for path in ("ward/a", "ward/b", "out/c"):
        (spool.failed / path).parent.mkdir(exist_ok=True)
        (spool.failed / path).write_text("{}")
    (tmp_path / "elsewhere").mkdir()
    (spool.incoming / "out").symlink_to(tmp_path / "elsewhere")
    passed = redriven({**spool.queue, "recurse": True})
    assert (passed.moved, passed.skipped) == (32, {"a link leads out of the folder": 1})
    assert sorted(os.listdir(spool.incoming / "ward")) == ["a", "b"]
    assert (os.listdir(tmp_path / "elsewhere"), os.listdir(spool.failed / "out")) == ([], ["c"])


def test_a_body_that_is_large_or_no_json_is_moved_all_the_same(spool: Spool) -> None:
    (spool.failed / "0000.json").write_bytes(b"x" * (1 << 20) + b"x")
    (spool.failed / "0001.json").write_bytes(b"\xff\xfe no JSON")
    faults = {letter.id: letter.fault for letter in peeked(spool.queue) if letter.fault}
    assert faults == {"0000.json": "larger than 1 MiB, not read", "0001.json": "not JSON"}
    assert redriven(spool.queue).moved == 30


def test_across_file_systems(far_spool: Spool) -> None:
    far_spool.broken = False
    (far_spool.failed / "0007.json").chmod(0o640)
    assert redriven(far_spool.queue).moved == 20
    assert far_spool.dead() == []
    assert (far_spool.incoming / "0007.json").stat().st_mode & 0o777 == 0o640
    assert [path for path in os.listdir(far_spool.incoming) if path.startswith(".")] == []
    far_spool.work()
    assert sorted(far_spool.processed) == names(20)


@pytest.mark.parametrize("killed_at", ["copy", "rename", "publish", "unlink"])
def test_a_move_across_file_systems_that_was_killed_is_finished_once(
    far_spool: Spool, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    far_spool.broken = False

    class Killed(BaseException):
        """What no handler of ours may clean up after."""

    real_move, real_unlink = directory_moves.move, os.unlink
    with monkeypatch.context() as patch:

        def die(*_arguments: Any, **_named: Any) -> None:
            raise Killed

        def dying_move(source: str, target: str) -> None:
            if os.path.basename(source).startswith(".day2-"):
                raise Killed
            real_move(source, target)

        if killed_at == "copy":
            patch.setattr(os, "rename", die)
        elif killed_at == "rename":
            patch.setattr(directory_moves, "sync_folder", die)
        elif killed_at == "publish":
            patch.setattr(directory_moves, "move", dying_move)
        else:
            patch.setattr(os, "unlink", lambda path: die() if ".day2-" in str(path) else real_unlink(path))
        with pytest.raises(Killed):
            redriven(far_spool.queue)
    far_spool.work()  # what was published is worked on before anybody finishes the move
    redriven(far_spool.queue)
    far_spool.work()
    assert sorted(far_spool.processed) == names(20)
    assert far_spool.dead() == []
    assert os.listdir(far_spool.incoming) == []


def test_a_file_system_that_cannot_rename_without_replacing(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_moves, "_kernels_rename", lambda: None)
    (spool.incoming / "0005.json").write_text("{}")
    os.link(spool.failed / "0006.json", spool.incoming / "0006.json")  # a move that was killed half-way
    passed = redriven(spool.queue)
    assert (passed.moved, passed.skipped) == (29, {"a file of that name is there already": 1})


def test_errors_are_of_one_line(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="the folder does not exist"):
        redriven({**spool.queue, "path": str(tmp_path / "incomming")})
    with pytest.raises(NotThere):
        redriven({**spool.queue, "dead": str(tmp_path / "faild")})
    assert redriven({**spool.queue, "dead": str(tmp_path / "faild"), "missing": "empty"}).letters == []
    with pytest.raises(InputError, match="does not say where its dead letters are"):
        redriven({"name": "files", "kind": "directory", "path": str(spool.incoming)})


def test_a_full_disk_skips_and_loses_nothing(far_spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    passed = redriven(far_spool.queue)
    assert passed.skipped == {"no space left on device": 20}
    assert os.listdir(far_spool.incoming) == []
    assert len(far_spool.dead()) == 40


def test_a_folder_that_may_not_be_written_to(spool: Spool, tmp_path: Path) -> None:
    spool.failed.chmod(0o555)
    with as_nobody(tmp_path), pytest.raises(AccessDenied, match="cannot write to the folder"):
        redriven(spool.queue)
    spool.failed.chmod(0o755)


def test_letters_are_archived_and_put_back(spool: Spool) -> None:
    with begun(spool.queue) as letters:
        able: Any = letters
        taken = able.take(10)
        records = json.loads(json.dumps([able.record(letter) for letter in taken]))
        able.settle(taken, [DROP] * 10)
        assert able.count() == 20
        assert able.restore(records, "one") == 10
        assert able.restore(records, "one") == 0
        with pytest.raises(InputError, match="outside the folder"):
            able.restore([{**records[0], "id": "../../etc/passwd"}], "two")
    assert [letter.id for letter in peeked(spool.queue)] == names(30)
    assert peeked(spool.queue)[0].error == "no such patient at line 7"
