# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of files, and what works on them; and having no rights to them."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .passing import Options


class Spool:
    """Folders, and what works on the files in them: it refuses those that say so while it is broken."""

    def __init__(self, root: Path, failed: Path | None = None) -> None:
        self.incoming, self.failed, self.parked = root / "incoming", failed or root / "failed", root / "parked"
        for folder in (self.incoming, self.failed):
            folder.mkdir(exist_ok=True)
        self.broken = True
        self.processed: list[str] = []

    @property
    def queue(self) -> Options:
        """Return the queue's description."""
        return {
            "name": "files",
            "kind": "directory",
            "path": str(self.incoming),
            "dead": str(self.failed),
            "park": str(self.parked),
            "error_suffix": ".error",
            "item": {"type": "type", "attempts": "tries"},
        }

    def deliver(self, *names: str, kind: str = "ADT") -> None:
        """Put files into the queue, whole at once, each a moment older than the next."""
        now = time.time() - 1000
        for number, name in enumerate(names):
            hidden = self.incoming / f".{name}"
            hidden.write_text(json.dumps({"id": name, "type": kind, "tries": 3}))
            os.utime(hidden, (now + number, now + number))
            hidden.rename(self.incoming / name)

    def work(self) -> None:
        """Work on what is there now."""
        for path in sorted(self.incoming.glob("[!.]*")):
            body = json.loads(path.read_bytes())
            if self.broken:
                (self.failed / f"{path.name}.error").write_text("no such patient\n  at line 7")
                shutil.move(path, self.failed / path.name)
            else:
                self.processed.append(body["id"])
                path.unlink()

    def dead(self) -> list[str]:
        """Return the names in the folder of dead letters, hidden ones too."""
        return sorted(os.listdir(self.failed))


def names(count: int) -> list[str]:
    """Return names of files."""
    return [f"{number:04}.json" for number in range(count)]


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Have no rights but those of everybody, and a way to the folder."""
    if os.geteuid() != 0:
        yield
        return
    modes = {parent: parent.stat().st_mode for parent in (folder, *folder.parents)}
    for parent, mode in modes.items():
        parent.chmod(mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for parent, mode in modes.items():
            parent.chmod(mode)
