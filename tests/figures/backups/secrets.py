# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are looked for in all processes, files and outputs while backups are made and drilled."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..modules import Module
from ..rows import Goal, Row
from ..run import Run
from .database import DATABASE, Database
from .deaths import encryption

AREA = "backups"
GOAL = Goal("= 0 places where a secret shows", lambda value: value == 0)
# Ours: what was given to the module, and what the lab keeps of its own server.
_KNOWN = ("options.json", "pgpass", "identity")
_VERY_VERBOSE = {"_ansible_verbosity": 4, "_ansible_diff": True}


@dataclass
class Watch:
    """Looks for secrets in the processes of the machine until it is told to end."""

    secrets: tuple[bytes, ...]
    looks: int = 0
    hits: set[str] = field(default_factory=set)

    def watching(self, end: threading.Event) -> None:
        """Look again and again."""
        while not end.is_set():
            self.looks += 1
            for pid in filter(str.isdigit, os.listdir("/proc")):
                if int(pid) != os.getpid():
                    self._look_at(pid)

    def _look_at(self, pid: str) -> None:
        for part in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                data = Path(f"/proc/{pid}/{part}").read_bytes()
                if any(secret in data for secret in self.secrets):
                    program = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
                    self.hits.add(f"/proc of {program}: {part}")

    def look_into(self, name: str, data: bytes) -> None:
        """Look into something that was written."""
        if any(secret in data for secret in self.secrets):
            self.hits.add(name)


def rows(run: Run, here: Database) -> Iterator[Row]:
    """Yield one row: over a plain backup, an encrypted one, a restore and drills of them, at the highest verbosity."""
    watch = Watch((here.facts["admin_password"].encode(), b"AGE-SECRET-KEY-"))
    end = threading.Event()
    thread = threading.Thread(target=watch.watching, args=(end,))
    thread.start()
    try:
        calls = list(_calls(here))[:2] if run.short else list(_calls(here))
        for module, options in calls:
            output = _call(here, Module(module), options)
            watch.look_into(f"the output of {module}", output)
            _look_at_files(here, watch)
    finally:
        end.set()
        thread.join()
    work = f"secrets sought while {len(calls)} modules run, {watch.looks} looks at all processes, all files and outputs"
    yield Row(AREA, work, GOAL.text, len(watch.hits), GOAL.holds(len(watch.hits)), {"hits": sorted(watch.hits)})


def _calls(here: Database) -> Iterator[tuple[str, Mapping[str, Any]]]:
    path, hidden = here.folder / "plain", {"encryption": encryption(here.folder)}
    rehearsal = {"rehearsal": {"bin_dir": str(here.bin_dir)}}
    yield "pg_backup", here.options(path, verify="L4", **rehearsal)
    yield "pg_backup", here.options(here.folder / "encrypted", verify="L4", **rehearsal, **hidden)
    for place, more in (("plain", {}), ("encrypted", hidden)):
        options = {"path": str(here.folder / place), "name": DATABASE, "level": "L4", **rehearsal, **more}
        yield "backup_verify", options
        options = here.options(here.folder / place, target=f"restored_{place}", **more)
        yield "pg_restore", {**options, "login_db": "postgres"}


def _call(here: Database, module: Module, options: Mapping[str, Any]) -> bytes:
    done = module.called(here.folder, {**options, **_VERY_VERBOSE})
    said = module.result(done.output)
    if said.get("failed") or "msg" not in said:
        return b"AGE-SECRET-KEY-: not run: " + str(said.get("msg", done.output[-300:])).encode()
    # What the module was called with is told without its secrets.
    return done.output.encode()


def _look_at_files(here: Database, watch: Watch) -> None:
    for path in here.folder.rglob("*"):
        ours = path.name not in _KNOWN and "lab" not in path.relative_to(here.folder).parts
        if ours and path.is_file() and not path.is_symlink():
            with contextlib.suppress(OSError):
                watch.look_into(f"the file {path.relative_to(here.folder)}", path.read_bytes())
