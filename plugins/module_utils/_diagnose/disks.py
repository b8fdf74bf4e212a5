# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How full file systems are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from .._checks.base import Context
from .._checks.disk import SPEC as DISK
from .._checks.disk import probe
from .findings import Finding
from .found import Found

_FULL = 95.0  # percent of a file system, or of its inodes


def look_at_disks(found: Found, paths: Sequence[str]) -> None:
    """Look at the file systems that hold these paths, each once."""
    for path in paths:
        found.tried(f"disk {path}", partial(_look, found, path), None)


def _look(found: Found, path: str) -> None:
    seen = probe(DISK.validate({"path": path}, "disks"), Context())
    row = {name: seen[name] for name in ("path", "used_percent", "free_bytes", "total_bytes", "inodes_percent")}
    known = found.data.setdefault("disks", [])
    if any(os.stat(one["path"]).st_dev == os.stat(path).st_dev for one in known):
        return  # on the same file system
    known.append(row)
    if seen["used_percent"] >= _FULL:
        free = seen["free_bytes"] >> 20
        found.findings.append(Finding("disk", f"{path} is full to {seen['used_percent']:g} %, {free} MiB are free"))
    if (seen["inodes_percent"] or 0) >= _FULL:
        said = f"{seen['inodes_percent']:g} % of the inodes of {path} are used"
        found.findings.append(Finding("disk", said, then="find the folder with very many files, and remove them"))
