# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of backup that needs no server, and backups of it made by hand."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import File, Manifest, Proof, write_manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError


def _read_in_full(backup: Opened) -> Mapping[str, Any]:
    with backup.reading("data") as stream:
        data = stream.read()
    if b"unreadable" in data:
        raise OpsError("it cannot be read")
    return {"bytes": len(data)}


@contextmanager
def _rehearsed(backup: Opened, options: Mapping[str, Any]) -> Iterator[Any]:
    if options["missing"]:
        raise NotThere("cannot run the program", on="restore")

    def compare() -> Mapping[str, Any]:
        if backup.manifest.facts.get("words", 2) != 2:
            raise OpsError("it holds 2 words, the source held more", differences=[{"words": 2}])
        if options["expected"] != backup.manifest.facts.get("words", 2):
            raise OpsError("it holds other words than were expected")
        return {"equal": True}

    yield SimpleNamespace(found={"restored": 1}, compare=compare)


TOY = SimpleNamespace(
    REHEARSAL=ArgSpec(
        options={"expected": {"type": "int", "default": 2}, "missing": {"type": "bool", "default": False}}
    ),
    read_in_full=_read_in_full,
    rehearsed=_rehearsed,
)


def made_toy(catalog: Path, started_at: float, data: bytes = b"some data", level: str = "L1", **changed: Any) -> Path:
    """Write a backup with a right manifest, and return its folder."""
    number = changed.pop("id", "7f3a")
    stamp = datetime.fromtimestamp(started_at, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    folder = catalog / f"{stamp}-{number}"
    folder.mkdir(parents=True, mode=0o700)
    os.chmod(catalog, 0o700)
    (folder / "data").write_bytes(data)
    begun = float(int(started_at))
    given: dict[str, Any] = {
        "name": catalog.name,
        "kind": "toy",
        "id": number,
        "started_at": begun,
        "finished_at": begun + 1,
        "level": level,
        "verified_at": begun + 1,
        "size": len(data),
        "files": (File("data", len(data), hashlib.sha256(data).hexdigest()),),
        "server": {"version": "1"},
        "facts": {"words": 2},
        "proofs": (Proof(level, begun + 1, 0.1, {}),),
        **changed,
    }
    write_manifest(folder, Manifest(**given))
    return folder
