# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind file_age: a file, or the newest or oldest of many, is there, fresh and large enough. Standard library only."""

from __future__ import annotations

import glob
import itertools
import os
import stat
import time
from collections.abc import Iterator, Sequence
from typing import Callable

from .._core.argspec import ArgSpec
from .._core.durations import show_duration
from .._core.errors import AccessDenied, OpsError
from .base import PASS, UNKNOWN, Condition, Context, Options, Values
from .limits import BYTES, SECONDS

SPEC = ArgSpec(
    options={
        "path": {"type": "path"},
        "glob": {"type": "path"},
        "which": {"type": "str", "default": "newest", "choices": ["newest", "oldest"]},
        "max_age": {"type": SECONDS},
        "min_size": {"type": BYTES},
        "must_exist": {"type": "bool", "default": True},
        "follow": {"type": "bool", "default": True},
    },
    mutually_exclusive=[("path", "glob")],
    required_one_of=[("path", "glob")],
)
LIBRARIES: Sequence[str] = ()

MAX_FILES = 100_000
_AHEAD = 60.0  # seconds that a file may be newer than our clock: network file systems have clocks of their own
_CHOOSE = {"newest": max, "oldest": min}

_File = tuple[str, os.stat_result]


def probe(options: Options, _context: Context) -> Values:
    """Return exists, file, age (s), size (bytes), modified (s since the epoch) and matches (number of files).

    :raises OpsError: no such file although it must exist, more than 100,000 files, or a time in the future.
    :raises AccessDenied: a folder on the way cannot be read.
    """
    wanted = str(options.get("path") or options["glob"])
    found = list(itertools.islice(_files(options), MAX_FILES + 1))
    if len(found) > MAX_FILES:
        raise OpsError(f"more than {MAX_FILES} files match", on=wanted, advice="name fewer")
    if not found and options["must_exist"]:
        raise OpsError("no such file" if options.get("path") else "no file matches", on=wanted)
    if not found:
        return {"exists": False, "file": wanted, "age": None, "size": None, "modified": None, "matches": 0}
    name, status = _CHOOSE[options["which"]](found, key=lambda file: file[1].st_mtime)
    return {"exists": True, "file": name, "matches": len(found), **_facts(name, status)}


def _facts(name: str, status: os.stat_result) -> Values:
    age = time.time() - status.st_mtime
    if age < -_AHEAD:
        raise OpsError(
            f"the file's time is {show_duration(-age)} ahead of this host's clock", on=name, advice="compare the clocks"
        )
    return {"age": round(max(0.0, age), 1), "size": status.st_size, "modified": round(status.st_mtime, 3)}


def _files(options: Options) -> Iterator[_File]:
    """Yield the named file, or the regular files that the pattern finds."""
    look = os.stat if options["follow"] else os.lstat
    if options.get("path"):
        status = _status(look, options["path"])
        if status is not None:
            yield options["path"], status
        return
    pattern = str(options["glob"])
    _require_readable(pattern)
    for name in glob.iglob(pattern, recursive=True):
        status = _status(look, name)
        if status is not None and stat.S_ISREG(status.st_mode):
            yield name, status


def _status(look: Callable[[str], os.stat_result], name: str) -> os.stat_result | None:
    try:
        return look(name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise AccessDenied(f"cannot look at the file ({error.strerror})", on=name) from error


def _require_readable(pattern: str) -> None:
    """Refuse a pattern whose fixed folder cannot be listed: the search would find nothing, without a word."""
    folder = os.path.dirname(pattern)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    try:
        with os.scandir(folder or "."):
            return
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise AccessDenied(f"cannot list the folder ({error.strerror})", on=folder) from error


def conditions(options: Options) -> list[Condition]:
    """Hold age and size against what was given; a file that need not exist and does not is fine."""
    absent = UNKNOWN if options["must_exist"] else PASS
    wanted = (("age", "le", options.get("max_age"), "s"), ("size", "ge", options.get("min_size"), "bytes"))
    return [
        Condition(path, op, limit, unit, "no such file", absent)
        for path, op, limit, unit in wanted
        if limit is not None
    ]
