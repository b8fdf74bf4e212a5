# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drills of backups that are broken in a way that only a certain level finds: each must fail and name that level."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import FILE_NAME, checksum
from ansible_collections.day2.ops.plugins.module_utils._core.files import sha256

from ..modules import Module
from ..rows import Goal, Row
from ..run import Run
from .database import DATABASE, Database

AREA = "backups"
GOAL = Goal("= 0 drills that pass, or name another level", lambda value: value == 0)
_MODULE = Module("backup_verify")
_SCRATCH = "day2-scratch-"


def rows(run: Run, here: Database) -> Iterator[Row]:
    """Yield one row over all ways to be broken."""
    bad: list[str] = []
    for level, damage in _DAMAGES.items():
        root = here.folder / f"broken-{level}"
        made = here.backed_up(root, format="custom", compression="zstd:1")
        damage(Path(made.data["path"]))
        said = _drilled(here, root)
        if not said.get("failed") or f"{level} failed" not in said.get("msg", ""):
            bad.append(f"{level}: {said.get('msg')}")
    bad += [f"left over: {path}" for path in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*")]
    work = f"drills of {len(_DAMAGES)} backups that are broken so that only {', '.join(_DAMAGES)} finds it"
    yield Row(AREA, work, GOAL.text, len(bad), GOAL.holds(len(bad)), {"bad": bad})


def _drilled(here: Database, root: Path) -> dict[str, Any]:
    rehearsal = {"bin_dir": str(here.bin_dir)}
    options = {"path": str(root), "name": DATABASE, "level": "L4", "rehearsal": rehearsal}
    return _MODULE.result(_MODULE.called(here.folder, options).output)


def _flipped(folder: Path) -> None:
    data = bytearray((folder / "dump").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "dump").write_bytes(data)


def _cut(folder: Path) -> None:
    """Cut the dump in half, and have a manifest that agrees."""
    path = folder / "dump"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    _sign(folder, lambda fields: None)


def _unrestorable(folder: Path) -> None:
    """Have a table in it whose definition no server takes."""
    path = folder / "dump"
    shutil.copyfile(path, folder / "before")
    data = path.read_bytes().replace(b"CREATE TABLE public.pgbench_tellers", b"CREATE TABBE public.pgbench_tellers")
    path.write_bytes(data)
    (folder / "before").unlink()
    _sign(folder, lambda fields: None)


def _miscounted(folder: Path) -> None:
    """Have a manifest that tells of a row more than there is."""

    def one_more(fields: dict[str, Any]) -> None:
        fields["facts"]["rows"]["public.pgbench_tellers"] += 1

    _sign(folder, one_more)


def _sign(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    fields = json.loads((folder / FILE_NAME).read_bytes())
    for file in fields["files"]:
        file.update(size=(folder / file["path"]).stat().st_size, sha256=sha256(folder / file["path"]))
    change(fields)
    fields["sha256"] = checksum(fields)
    (folder / FILE_NAME).write_text(json.dumps(fields), encoding="utf-8")


_DAMAGES: dict[str, Callable[[Path], None]] = {"L1": _flipped, "L2": _cut, "L3": _unrestorable, "L4": _miscounted}
