# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making backups with manifests for tests."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import checksum
from ansible_collections.day2.ops.plugins.module_utils._core.moments import written_utc


def fields(age: float = 0.0, size: int = 8, **changed: Any) -> dict[str, Any]:
    """Return the fields of a right manifest of a backup that ended ``age`` seconds ago; ``changed`` ones win."""
    ended = time.time() - age
    content = b"x" * size
    told = {
        "format": 1,
        "name": "orders",
        "kind": "postgres",
        "id": "7f3a",
        "started_at": written_utc(ended - 60),
        "finished_at": written_utc(ended),
        "level": "L2",
        "verified_at": written_utc(ended),
        "size": size,
        "files": [{"path": "orders.dump", "size": size, "sha256": hashlib.sha256(content).hexdigest()}],
        "server": {"version": "16.2"},
        **changed,
    }
    return {**told, "sha256": checksum(told)}


def add_backup(catalog: Path, age: float = 0.0, size: int = 8, **changed: Any) -> Path:
    """Add a backup to a catalogue and return its folder."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - age))
    folder = catalog / f"{stamp}-7f3a"
    folder.mkdir(parents=True)
    (folder / "orders.dump").write_bytes(b"x" * size)
    (folder / "manifest.json").write_text(json.dumps(fields(age, size, **changed)))
    return folder
