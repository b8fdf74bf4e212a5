# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind directory: real files, in folders of a test's own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from .checks import attempt
from .passing import Options, measured, queue_depth
from .queue_help import some
from .spool_help import as_nobody


@pytest.fixture
def queue(tmp_path: Path) -> Options:
    """A queue of four folders; those for waiting, working and dead files are there."""
    for name in ("incoming", "working", "failed"):
        (tmp_path / name).mkdir()
    return {
        "name": "files",
        "kind": "directory",
        "path": str(tmp_path / "incoming"),
        "in_flight": str(tmp_path / "working"),
        "dead": str(tmp_path / "failed"),
    }


def fill(folder: Path, *names: str) -> None:
    """Make files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_files_are_counted_by_where_they_are(queue: Options, tmp_path: Path) -> None:
    fill(tmp_path, *(f"incoming/{number}.hl7" for number in range(5)), "working/a.hl7", "failed/b.hl7", "failed/c.hl7")
    old = time.time() - 100
    os.utime(tmp_path / "incoming/3.hl7", (old, old))
    found = measured(queue)
    assert some(found, "status", "type", "exists", "ready", "in_flight", "dead", "consumers") == {
        "status": "ok",
        "type": "directory",
        "exists": True,
        "ready": 5,
        "in_flight": 1,
        "dead": 2,
        "consumers": None,
    }
    assert 100 <= found["oldest_age"] < 160


def test_what_is_no_letter_is_not_counted(queue: Options, tmp_path: Path) -> None:
    fill(tmp_path / "incoming", "a.hl7", ".hidden", "half.part", "half.tmp", ".day2-00000000.a.hl7", "below/b.hl7")
    (tmp_path / "incoming/link.hl7").symlink_to(tmp_path / "incoming/a.hl7")
    (tmp_path / "incoming/elsewhere").symlink_to("/etc")
    os.mkfifo(tmp_path / "incoming/pipe.hl7")
    assert measured(queue)["ready"] == 1
    assert measured({**queue, "recurse": True})["ready"] == 2
    assert measured({**queue, "ignore": []})["ready"] == 4
    fill(tmp_path / "failed", "a.hl7", "a.hl7.error", "b.xml", "c.hl7")
    assert measured({**queue, "pattern": "*.hl7", "error_suffix": ".error"})["dead"] == 2


def test_folders_inside_the_queue_are_no_part_of_it(tmp_path: Path) -> None:
    fill(tmp_path / "in", "a", "sub/b", "failed/c", "failed/d", "parked/e")
    path = tmp_path / "in"
    queue = {
        "name": "files",
        "kind": "directory",
        "path": str(path),
        "dead": f"{path}/failed",
        "park": f"{path}/parked",
    }
    assert some(measured({**queue, "recurse": True}), "ready", "dead") == {"ready": 2, "dead": 2}


def test_an_empty_folder_is_empty(queue: Options) -> None:
    assert some(measured(queue), "ready", "in_flight", "dead", "oldest_age", "drained") == {
        "ready": 0,
        "in_flight": 0,
        "dead": 0,
        "oldest_age": 0.0,
        "drained": True,
    }


def test_a_folder_that_is_missing_is_never_empty_unless_told_so(queue: Options, tmp_path: Path) -> None:
    (tmp_path / "incoming").rmdir()
    (tmp_path / "failed").rmdir()
    found = measured(queue)
    assert some(found, "status", "exists", "ready", "in_flight", "dead", "oldest_age") == {
        "status": "missing",
        "exists": False,
        "ready": None,
        "in_flight": 0,
        "dead": None,
        "oldest_age": None,
    }
    assert found["message"].endswith("do not exist; say `missing: empty` if that means that nothing is there")
    empty = measured({**queue, "missing": "empty"})
    assert some(empty, "status", "exists", "ready", "dead") == {"status": "ok", "exists": False, "ready": 0, "dead": 0}
    (tmp_path / "incoming").mkdir()
    assert queue_depth({**queue, "max_dead": 0}).data["failures"] == [
        "files: dead is not known, at most 0 expected"
        f" (the folder {tmp_path}/failed does not exist; say `missing: empty` if that means that nothing is there)"
    ]


def test_a_file_instead_of_a_folder(queue: Options, tmp_path: Path) -> None:
    fill(tmp_path, "file")
    found = measured({**queue, "path": str(tmp_path / "file")})
    assert found["status"] == "error"
    assert found["message"] == f"this is no folder: {tmp_path}/file; expected a folder with files"


def test_a_folder_that_may_not_be_read(queue: Options, tmp_path: Path) -> None:
    (tmp_path / "failed").chmod(0)
    with as_nobody(tmp_path):
        found = measured(queue)
    assert found["message"] == (
        f"cannot read the folder (Permission denied): {tmp_path}/failed; see its owner and mode, and the user's groups"
    )


def test_a_wait_ends_when_the_last_file_is_gone(queue: Options, tmp_path: Path) -> None:
    fill(tmp_path, "working/a")
    result = queue_depth(queue, wait="drained", wait_timeout=0.5, wait_settle=0.1)
    assert result.data["failures"][0].startswith("files: not drained: ready 0, in flight 1 after ")
    (tmp_path / "working/a").unlink()
    assert not queue_depth(queue, wait="drained", wait_timeout=5, wait_settle=0.1).failed


def test_one_folder_twice_is_refused(queue: Options, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="names one folder twice"):
        measured({**queue, "dead": f"{tmp_path}/failed/../incoming"})


def test_a_check_of_the_gate_measures_it_too(queue: Options, tmp_path: Path) -> None:
    fill(tmp_path, "failed/b.hl7")
    options = {name: value for name, value in queue.items() if name not in ("name", "kind")}
    outcome = attempt("queue", queue="files", queue_kind="directory", **options, max_ready=0, max_dead=0)
    assert (outcome.status, outcome.reason) == ("fail", "dead is 1, expected at most 0")
