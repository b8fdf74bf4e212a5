# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Backups of PostgreSQL as a kind: how one is read in full, and how it is rehearsed."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from .._core.errors import OpsError
from . import postgres_dump_toc, postgres_rehearsal
from .opened import Opened
from .postgres_restore import DUMP, tools_for
from .postgres_tools import Tools
from .streams import Command, chain, pieces, run_chain

REHEARSAL = postgres_rehearsal.REHEARSAL
GLOBALS = "globals.sql"
_GLOBALS_END = b"PostgreSQL database cluster dump complete"


def read_in_full(backup: Opened) -> Mapping[str, Any]:
    """See base.Kind.read_in_full: each row is unpacked, and as many tables must be there as were dumped."""
    tools = tools_for(backup, {"bin_dir": backup.bin_dir}, 0, ["pg_restore"])
    tables = len(_read(backup, tools))
    expected = backup.manifest.facts.get("tables")
    if expected is not None and tables != expected:
        raise OpsError(f"the dump holds the rows of {tables} tables, {expected} were dumped", on=str(backup.folder))
    found: dict[str, Any] = {"tables": tables, "pg_restore": tools.text}
    if backup.manifest.layout.get("globals"):
        found["globals_bytes"] = _globals_bytes(backup)
    return found


def rehearsed(backup: Opened, options: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """See base.Kind.rehearsed."""
    return postgres_rehearsal.rehearsed(backup, options)


def _everything(tools: Tools, *path: Path) -> Command:
    """Return the program that turns a whole archive, that on its stdin without ``path``, into SQL that nobody keeps."""
    argv = [tools.path("pg_restore"), "--file=/dev/null", *map(str, path)]
    return Command(argv, environment={"LC_ALL": "C"})


def _read(backup: Opened, tools: Tools) -> list[int]:
    """Read all of the dump and return the tables whose rows are in it."""
    if backup.encrypted:
        return _read_stream(backup, tools)
    folder = backup.manifest.layout.get("format") == "directory"
    path = backup.folder / DUMP if folder else backup.path(DUMP)
    run_chain([_everything(tools, path)], backup.timeout)
    return postgres_dump_toc.rows_in(tools, path, backup.timeout)


def _read_stream(backup: Opened, tools: Tools) -> list[int]:
    """Decrypt it once, for both who lists it and who reads it."""
    with ExitStack() as stack:
        listing = stack.enter_context(postgres_dump_toc.passing(tools, None, backup.timeout))
        stream = stack.enter_context(backup.reading(DUMP))
        reader = stack.enter_context(chain([_everything(tools)], backup.timeout, stdin=subprocess.PIPE))
        for piece in pieces(stream):
            reader.stdin.write(piece)
            listing.look_at(piece)
    return listing.rows


def _globals_bytes(backup: Opened) -> int:
    """Return how long the file of roles is. :raises OpsError: it is cut."""
    size = 0
    tail: deque[bytes] = deque(maxlen=2)
    with backup.reading(GLOBALS) as stream:
        for piece in pieces(stream):
            size += len(piece)
            tail.append(piece)
    if _GLOBALS_END not in b"".join(tail):
        raise OpsError("the file of roles and tablespaces is cut or empty", on=GLOBALS)
    return size
