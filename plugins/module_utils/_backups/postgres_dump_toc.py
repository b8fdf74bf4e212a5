# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The table of contents of an archive of pg_dump: which tables' rows are in it, by the number of each (its OID)."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .postgres_tools import Tools
from .streams import Chain, Command, chain

# "3426; 0 16385 TABLE DATA public accounts owner"; names may hold anything but a line break, numbers tell for sure.
_ROWS = re.compile(rb"\d+; \d+ (\d+) TABLE DATA ")
_TABLE = re.compile(rb"\d+; 1259 (\d+) TABLE ")


def with_rows(listing: Iterable[bytes]) -> list[int]:
    """Return the tables whose rows are in the archive, from the lines of its listing."""
    return [int(match[1]) for match in map(_ROWS.match, listing) if match]


def defined(listing: Iterable[bytes]) -> set[int]:
    """Return the tables that the archive defines."""
    return {int(match[1]) for match in map(_TABLE.match, listing) if match}


def listing_command(tools: Tools, folder: Path | None = None, path: Path | None = None) -> Command:
    """Return the program that lists an archive, that on its stdin when there is no ``path``."""
    argv = [tools.path("pg_restore"), "--list", *([] if path is None else [str(path)])]
    return Command(argv, environment={"LC_ALL": "C"}, folder=folder)


def rows_in(tools: Tools, path: Path, timeout: float) -> list[int]:
    """Return the tables whose rows are in the archive at ``path``, a file or a folder.

    :raises OpsError: it is none.
    """
    with chain([listing_command(tools, path=path)], timeout, stdout=subprocess.PIPE) as running:
        return with_rows(running.stdout)


class Passing:
    """The listing of an archive that passes by in pieces: its table of contents comes first."""

    def __init__(self, running: Chain) -> None:
        self._running = running
        self._wants_more = True
        self.rows: list[int] = []

    def look_at(self, piece: bytes) -> None:
        """Show the next piece of the archive to the program that lists it, as long as that wants more."""
        if self._wants_more:
            try:
                self._running.stdin.write(piece)
                self._running.stdin.flush()
            except BrokenPipeError:
                self._wants_more = False


@contextmanager
def passing(tools: Tools, folder: Path | None, timeout: float) -> Iterator[Passing]:
    """Give what lists an archive that passes by. After the block, ``rows`` are the tables whose rows are in it.

    :param folder: where the program runs. :raises OpsError: it was no archive; only if the block raised nothing.
    """
    commands = [listing_command(tools, folder)]
    # not into a pipe: nobody reads it while the program wants more
    with tempfile.TemporaryFile() as output:
        with chain(commands, timeout, stdin=subprocess.PIPE, stdout=output) as running:
            seen = Passing(running)
            yield seen
        output.seek(0)
        seen.rows = with_rows(output)
