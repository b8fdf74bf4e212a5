# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Source: files, with those that they were rotated to as far as the window reaches back."""

from __future__ import annotations

import bz2
import glob
import gzip
import itertools
import lzma
import os
import re
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, InputError, NotThere, WrongType
from .backwards import lines_backwards
from .base import Budget, Entry, Options
from .lines import fields_of, text_of
from .times import time_of

SPEC = ArgSpec(
    options={
        "path": {"type": "path"},
        "glob": {"type": "path"},
        "must_exist": {"type": "bool", "default": True},
    },
    mutually_exclusive=[("path", "glob")],
)

MAX_FILES = 200
_MAX_WITHOUT_TIME = 4_000_000  # characters of lines in a row: they are kept until a time is found
_DISORDER = 60.0  # seconds by which lines of several workers may be out of order
_CHUNK = 256 * 1024
_PACKED: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# What logrotate, Python's handlers and people add to the name of a file that is full.
_ROTATED = re.compile(r"[.-](?:\d[\d_.:T-]*|old)(?:\.gz|\.bz2|\.xz)?\Z")


def read(options: Options, since: float, budget: Budget) -> Iterator[Entry]:
    """Yield the entries of the file, or of those that the pattern finds; see :class:`.base.Source`."""
    read_already: set[tuple[int, int]] = set()
    for name in _named(options):
        yield from _entries(_chain(name, since, budget, read_already), since, name)


def _named(options: Options) -> list[str]:
    """Return the files to read. What has been rotated is reached from the file that it comes from, when that is there.

    :raises NotThere: there is none although there must be. :raises InputError: too many.
    """
    wanted = str(options.get("path") or options["glob"])
    if options.get("path"):
        found = [wanted] if _exists(wanted) else []
    else:
        found = sorted(itertools.islice(glob.iglob(wanted, recursive=True), MAX_FILES + 1))
    if len(found) > MAX_FILES:
        raise InputError(f"more than {MAX_FILES} files match", on=wanted, advice="name fewer")
    if not found and options["must_exist"]:
        raise NotThere("no such file" if options.get("path") else "no file matches", on=wanted)
    there = set(found)
    return [name for name in found if _ROTATED.sub("", name) not in there - {name}]


def _exists(name: str) -> bool:
    try:
        os.stat(name)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise AccessDenied(f"cannot look at the file ({error.strerror})", on=name) from error
    return True


def _chain(name: str, since: float, budget: Budget, read_already: set[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the lines of a file and then of those it was rotated to, the newest first.

    The file is opened before the others are listed: when it is rotated in between, it shows up once more, and is known
    by its number.
    """
    with _opened(name) as (handle, status):
        if _first_time(status, read_already):
            yield from lines_backwards(handle, status.st_size, budget)
        rotated = _rotated(name, since)
    for older in rotated:
        if not budget.spent:
            yield from _older(older, budget, read_already)


def _first_time(status: os.stat_result, read_already: set[tuple[int, int]]) -> bool:
    number = (status.st_dev, status.st_ino)
    new = number not in read_already
    read_already.add(number)
    return new


def _rotated(name: str, since: float) -> list[str]:
    """Return what ``name`` was rotated to, the newest first. What was changed before ``since`` has nothing for us."""
    siblings = [other for other in glob.iglob(f"{glob.escape(name)}[.-]*") if _ROTATED.match(other[len(name) :])]
    dated = []
    for other in siblings:
        try:
            dated.append((os.stat(other).st_mtime, other))
        except OSError:
            continue  # rotated on, or removed, since it was listed
    return [other for changed, other in sorted(dated, reverse=True) if changed >= since]


def _older(name: str, budget: Budget, read_already: set[tuple[int, int]]) -> Iterator[bytes]:
    try:
        with _opened(name) as (handle, status):
            if not _first_time(status, read_already):
                return
            unpack = _PACKED.get(os.path.splitext(name)[1])
            if unpack is None:
                yield from lines_backwards(handle, status.st_size, budget)
            else:
                yield from _unpacked(handle, unpack, budget)
    except NotThere:
        budget.stop(f"{name} was rotated on while it was looked for")


def _unpacked(handle: int, unpack: Callable[[Any], Any], budget: Budget) -> Iterator[bytes]:
    """Yield the lines of a packed file. It can be read forwards only, so it is unpacked to a file without a name."""
    with os.fdopen(os.dup(handle), "rb") as packed, tempfile.TemporaryFile() as plain:
        try:
            with unpack(packed) as stream:
                while (length := budget.take(_CHUNK)) > 0 and (piece := stream.read(length)):
                    plain.write(piece)
        except (OSError, EOFError, zlib.error, lzma.LZMAError):
            budget.stop("a packed file is damaged or cut")
        plain.flush()
        size = plain.tell()
        paid_for = Budget(size + 1, budget.seconds_left)
        yield from lines_backwards(plain.fileno(), size, paid_for)
        if paid_for.spent:
            budget.stop(paid_for.spent)


@contextmanager
def _opened(name: str) -> Iterator[tuple[int, os.stat_result]]:
    """Open a regular file; a pipe or a device is refused and not waited for."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotThere("no such file", on=name) from error
    except OSError as error:
        raise AccessDenied(f"cannot read the file ({error.strerror})", on=name) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise WrongType("this is no regular file", on=name)
        yield handle, status
    finally:
        os.close(handle)


def _entries(lines: Iterator[bytes], since: float, name: str) -> Iterator[Entry]:
    """Yield the entries of lines that come last first. A line without a time belongs to the one before it.

    :raises OpsError: so many lines have no time that none can be told.
    """
    without_time: list[Entry] = []
    kept = 0
    last_time: float | None = None
    for line in lines:
        text = text_of(line)
        if not text:
            continue
        fields = fields_of(text)
        written = time_of(text, fields)
        if written is None:
            without_time.append(Entry(0.0, text, fields))
            kept += len(text)
            if kept > _MAX_WITHOUT_TIME:
                raise WrongType(f"{len(without_time)} lines in a row have no time that can be read", on=name)
            continue
        if written < since - _DISORDER:
            return
        last_time = written
        if written >= since:
            yield from (Entry(written, entry.text, entry.fields) for entry in without_time)
            yield Entry(written, text, fields)
        without_time, kept = [], 0
    if last_time is None and without_time:
        raise WrongType(
            "no line has a time that can be read", on=name, advice="read it from the journal or a container"
        )
    # The line that these belong to is gone; it was older than those that were read.
    yield from (Entry(last_time or since, entry.text, entry.fields) for entry in without_time)
