# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A scratch server: it loads a backup, listens on a socket in a folder of its own, writes nothing, and vanishes.

It reads the data from its stdin, decrypted on the way where they are encrypted: nothing plain is on disk, and no copy
of the file is made.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Any

from .._core.cgroup import memory_limit
from .._core.errors import OpsError, Unreachable, one_line
from .._core.libraries import load
from .leftovers import passing_folder
from .opened import Opened
from .redis_info import ask_info
from .redis_programs import PREFIX, Program, server_program
from .streams import Command

FILE = "dump.rdb"
_CHUNK = 64 * 1024
_ON = "the scratch server"
_DATABASES = 1024
# A server that only loads, and then ends: memory in large pages, never given back, takes a fifth of the time away.
_JEMALLOC = "thp:always,metadata_thp:always,dirty_decay_ms:-1,narenas:1"
_MEMORY = {
    "MALLOC_CONF": _JEMALLOC,
    "JE_MALLOC_CONF": _JEMALLOC,  # as the one that Redis brings along is called
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
_SANITIZES = (6, 2)


class Scratch:
    """A scratch server that was started. :ivar client: a connection; answers are bytes."""

    def __init__(self, said: IO[bytes], folder: Path, program: Program, timeout: float) -> None:
        self.program = program
        self.folder = folder
        self._said = said
        self._words = b""
        self._deadline = time.monotonic() + timeout
        self._timeout = timeout
        self.client = self.at(0)

    def at(self, database: int) -> Any:
        """Return another client, at that database."""
        return load("redis").Redis(
            unix_socket_path=str(self.folder / "socket"),
            db=database,
            protocol=2,
            lib_name=None,
            lib_version=None,
            socket_timeout=self._timeout,
        )

    def loaded(self) -> Mapping[str, str]:
        """Wait until all is loaded, and return what the server then tells of itself.

        :raises OpsError: it cannot load the data, and says why. :raises Unreachable: time is up.
        """
        known = load("redis.exceptions")
        while time.monotonic() < self._deadline:
            if self._ended():
                raise OpsError(f"{_ON} cannot load the data", on=self.program.path, advice=self._last_words())
            with suppress(Unreachable, known.BusyLoadingError):
                info = ask_info(self.client, _ON)
                if info.get("loading") == "0":
                    return info
            time.sleep(0.02)
        raise Unreachable(f"{_ON} does not become ready", on=self.program.path, advice="see command_timeout")

    def _ended(self) -> bool:
        """Tell whether it has ended: its stdout is then closed. It writes there what it finds wrong in a file."""
        while select.select([self._said], [], [], 0)[0]:
            piece = os.read(self._said.fileno(), _CHUNK)
            if not piece:
                return True
            self._words = (self._words + piece)[-_CHUNK:]
        return False

    def _last_words(self) -> str:
        """Return why it ended, from what it wrote and from its log; without names of keys."""
        found = fault_told(self._words.decode("utf-8", "replace").splitlines())
        if found:
            return found
        with suppress(OSError):
            lines = (self.folder / "log").read_text("utf-8", "replace").splitlines()
            words = [line.partition(" # ")[2] for line in lines if " # " in line and "WARNING" not in line]
            reasons = [line for line in words if not line.startswith("Fatal error") and "Key" not in line]
            return one_line((reasons or words or [""])[-1], 200)
        return ""


def fault_told(lines: Sequence[str]) -> str:
    """Return what a check of an RDB file has found wrong, in what it wrote; empty when it says nothing of that."""
    for before, line in zip(lines, lines[1:]):
        if "RDB ERROR DETECTED" in before:
            return one_line(line.partition("] ")[2] or line, 200)
    return ""


@contextmanager
def scratch_server(backup: Opened) -> Iterator[Scratch]:
    """Start a server that loads the backup, give it at once, and end it at the end of the block.

    :raises NotThere: there is no such program. :raises OpsError: too little memory, or the data cannot be read.
    """
    program = server_program(magic_of(backup))
    _require_memory(backup)
    with passing_folder(Path(gettempdir()), PREFIX) as folder:
        (folder / FILE).symlink_to("/proc/self/fd/0")
        command = Command(_arguments(program, folder, backup), _MEMORY, folder=folder)
        with backup.reading(FILE, [command]) as said:
            scratch = Scratch(said, folder, program, backup.timeout)
            try:
                yield scratch
                with suppress(Exception):  # however it ends, the end of the chain tells
                    scratch.client.shutdown(nosave=True)
            finally:
                scratch.client.close()


def magic_of(backup: Opened) -> str:
    """Return what the server's version of the format is, as the manifest says; empty where it does not."""
    return str(backup.manifest.layout.get("magic", ""))


def _arguments(program: Program, folder: Path, backup: Opened) -> list[str]:
    numbers = [int(name) for name in backup.manifest.facts.get("databases", {}) if str(name).isdigit()]
    highest = max(numbers, default=0)
    settings = {
        "port": "0",
        "unixsocket": str(folder / "socket"),
        "unixsocketperm": "700",
        "dir": str(folder),
        "dbfilename": FILE,
        "logfile": str(folder / "log"),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "activerehashing": "no",
        "databases": str(max(_DATABASES, highest + 1)),
    }
    if program.version >= _SANITIZES:
        settings["sanitize-dump-payload"] = "yes"  # each packed value is checked as a whole
        settings["disable-thp"] = "no"
    return [program.path, *(word for name, value in settings.items() for word in (f"--{name}", value))]


def _require_memory(backup: Opened) -> None:
    """Refuse to load what does not fit into memory, before the kernel ends somebody for it."""
    needed, free = backup.manifest.server.get("used_memory"), _free_memory()
    if isinstance(needed, int) and free is not None and needed > free:
        raise OpsError(
            f"too little memory for a scratch server: {needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free",
            advice="rehearse on another host, or verify to L2",
        )


def _free_memory() -> int | None:
    """Return how many bytes may still be used here; None when the system does not tell."""
    free = []
    with suppress(OSError, ValueError):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limit = memory_limit()
    if limit is not None:
        free.append(max(0, limit.limit - limit.used))
    return min(free, default=None)
