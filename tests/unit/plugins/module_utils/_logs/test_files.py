# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real files, read from their ends."""

from __future__ import annotations

import bz2
import gzip
import os
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, WrongType
from ansible_collections.day2.ops.plugins.module_utils._logs.backwards import lines_backwards
from ansible_collections.day2.ops.plugins.module_utils._logs.base import Budget
from ansible_collections.day2.ops.plugins.module_utils._logs.files import read

NOW = time.time()


def line(minutes_ago: float, text: str) -> str:
    moment = datetime.fromtimestamp(NOW - 60 * minutes_ago, timezone.utc)
    return f"{moment.isoformat(timespec='milliseconds')} {text}\n"


def found(budget: Budget | None = None, since: float = 60, **options: Any) -> list[str]:
    """Return the last words of the entries of the last ``since`` minutes, in the order in which they were written."""
    entries = list(read({"must_exist": True, **options}, NOW - 60 * since, budget or Budget(1 << 20, 60)))
    entries.reverse()
    return [entry.text.rsplit(" ", 1)[-1] for entry in sorted(entries, key=lambda entry: entry.time)]


def rotated(path: Path, minutes_ago: float, text: str) -> None:
    opened = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    with opened(path, "wt") as stream:  # type: ignore[operator]
        stream.write(text)
    os.utime(path, (NOW - 60 * minutes_ago,) * 2)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\nb", [b"b", b"a"]),
        (b"a\n\nb\n", [b"b", b"", b"a"]),
        (b"\n", [b""]),
        (b"x" * 65535 + b"\nb\n", [b"b", b"x" * 32768]),
        (b"a\n" + b"x" * 65535 + b"\n", [b"x" * 32768, b"a"]),
        (b"a\n" + b"x" * 200_000 + b"\nb", [b"b", b"x" * 32768, b"a"]),
        (b"".join(b"%d\n" % number for number in range(50_000)), [b"%d" % number for number in range(49_999, -1, -1)]),
    ],
)
def test_lines_from_the_end(tmp_path: Path, content: bytes, lines: list[bytes]) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as stream:
        seen = list(lines_backwards(stream.fileno(), len(content), Budget(1 << 20, 60)))
    assert seen == lines


def test_the_window(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(120, "old") + line(59, "first") + "Traceback\n" + "  File x\n" + line(1, "last"))
    assert found(path=str(path)) == ["first", "Traceback", "x", "last"]


def test_lines_out_of_order(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(120, "old") + line(59.5, "a") + line(60.5, "late") + line(59, "b"))
    assert found(path=str(path)) == ["a", "b"]


def test_only_as_much_is_read_as_the_window_needs(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(120, "old" * 10) * 100_000 + line(1, "last"))
    budget = Budget(1 << 30, 60)
    assert found(budget, path=str(path)) == ["last"]
    assert budget.bytes_read == 65536


def test_rotated_files_are_read_as_far_as_the_window_reaches(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("  of two\n" + line(5, "four"))
    rotated(tmp_path / "app.log.1", 6, "  of one\n" + line(20, "two"))
    rotated(tmp_path / "app.log.2.gz", 21, line(50, "one"))
    rotated(tmp_path / "app.log-20260301.bz2", 22, line(55, "zero"))
    rotated(tmp_path / "app.log.3.gz", 90, "this would be no gzip and is too old to be read")
    rotated(tmp_path / "app.log.config", 1, line(1, "no"))
    rotated(tmp_path / "app.login", 1, line(1, "no"))
    assert found(path=str(path)) == ["zero", "one", "one", "two", "two", "four"]
    assert found(path=str(path), since=10) == ["four"]
    assert found(glob=str(tmp_path / "app.log*"))[:4] == ["zero", "one", "one", "two"]


def test_a_file_that_was_rotated_after_it_was_opened_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(5, "one") + line(4, "two"))
    entries = read({"path": str(path), "must_exist": True}, NOW - 3600, Budget(1 << 20, 60))
    first = next(entries)
    path.rename(tmp_path / "app.log.1")
    path.write_text(line(1, "three"))
    assert [first.text[-3:], *(entry.text[-3:] for entry in entries)] == ["two", "one"]


def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(5, "x") * 10_000)
    budget = Budget(1 << 20, 60)
    entries = read({"path": str(path), "must_exist": True}, NOW - 3600, budget)
    next(entries)
    os.truncate(path, 10)
    assert len(list(entries)) < 10_000
    assert budget.spent == "the file was cut while it was read"


def test_the_budget(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(5, "x") * 10_000)
    few = Budget(100_000, 60)
    assert 0 < len(found(few, path=str(path))) < 10_000
    assert few.spent == "max_bytes of 100000 were read"
    late = Budget(1 << 20, 0)
    assert found(late, path=str(path)) == []
    assert late.spent == "there was no time to read on after 0 s"


def test_a_packed_file_that_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(5, "last"))
    rotated(tmp_path / "app.log.1.gz", 6, "".join(line(20, f"{number}") for number in range(10_000)))
    whole = (tmp_path / "app.log.1.gz").read_bytes()
    (tmp_path / "app.log.1.gz").write_bytes(whole[: len(whole) // 2])
    budget = Budget(1 << 30, 60)
    assert found(budget, path=str(path))[-1] == "last"
    assert budget.spent == "a packed file is damaged or cut"


def test_a_large_packed_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("")
    rotated(tmp_path / "app.log.1.gz", 1, line(5, "x" * 900) * 100_000)
    budget = Budget(1 << 20, 60)
    found(budget, path=str(path))
    assert budget.spent.startswith("max_bytes")
    assert budget.bytes_read == 1 << 20


@pytest.mark.parametrize("content", [b"no time here\nnor here\n", b"\0" * 1000, b"\xff\xfe" * 1000, b"x" * 1_000_000])
def test_a_file_without_times_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(content)
    with pytest.raises(WrongType, match=r"no line has a time"):
        found(path=str(path))


def test_lines_without_a_time_are_kept_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(line(3, "one") + ("x" * 999 + "\n") * 5000)
    with pytest.raises(WrongType, match=r"^4005 lines in a row have no time"):
        found(Budget(1 << 30, 60), path=str(path))


def test_junk_between_lines_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(
        line(3, "one").encode() + b"\0" * 5000 + b"\xff\n" + b"y" * 100_000 + b"\n" + line(1, "two").encode()
    )
    assert [len(word) for word in found(path=str(path))] == [3, 5001, 8192, 3]


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("\n\n")
    assert found(path=str(tmp_path / "app.log")) == []


def test_what_is_not_there(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere.log")
    wanted: tuple[dict[str, Any], ...] = ({"path": nowhere}, {"glob": nowhere + "*"})
    for options in wanted:
        with pytest.raises(NotThere):
            found(**options)
        assert found(**options, must_exist=False) == []


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(WrongType, match="no regular file"):
            found(path=str(name))


def test_too_many_files(tmp_path: Path) -> None:
    for number in range(201):
        (tmp_path / f"app{number}.log").touch()
    with pytest.raises(InputError, match="more than 200 files match"):
        found(glob=str(tmp_path / "*.log"))


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    """No handle stays open, whatever happened."""
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) <= before
