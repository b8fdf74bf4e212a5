# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the control group that we run in may use: a container sees the host's /proc, and less than the host's share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MemoryLimit:
    """A limit in bytes and how much of it is taken, less the file cache that the kernel gives back when asked."""

    limit: int
    used: int


def memory_limit(root: Path = Path("/")) -> MemoryLimit | None:
    """Return the lowest memory limit from our group up to the top, or None when there is none.

    :param root: where ``proc`` and ``sys`` are.
    """
    found = [*_memory(root, "", "memory.max", "memory.current", "inactive_file")]
    found += _memory(root, "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    return min(found, key=lambda one: one.limit, default=None)


def cpu_limit(root: Path = Path("/")) -> float | None:
    """Return the lowest CPU quota from our group up to the top, in CPUs, or None when there is none."""
    quotas = [_ratio(*_words(folder / "cpu.max", 2)) for folder in _folders(root, "")]
    quotas += [
        _ratio(*_words(folder / "cpu.cfs_quota_us", 1), *_words(folder / "cpu.cfs_period_us", 1))
        for folder in _folders(root, "cpu")
    ]
    return min((quota for quota in quotas if quota), default=None)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of our group and those above it; of version 2 without, of version 1 with a controller."""
    top = root / "sys/fs/cgroup" / controller
    for line in _text(root / "proc/self/cgroup").splitlines():
        fields = line.split(":", 2)  # number, controllers, path
        controllers, path = [*fields, "", ""][1:3]
        if controller not in controllers.split(","):
            continue
        # Inside a container the path may be the host's: what is not there is skipped, the top is always looked at.
        folder = top / path.strip("/")
        while folder != top and top in folder.parents:
            yield folder
            folder = folder.parent
        yield top


def _memory(root: Path, controller: str, limit: str, used: str, cache: str) -> Iterator[MemoryLimit]:
    for folder in _folders(root, controller):
        limits, uses = _words(folder / limit, 1), _words(folder / used, 1)
        if limits and uses and limits[0].isdigit() and uses[0].isdigit():
            given_back = re.search(rf"^{cache} (\d+)$", _text(folder / "memory.stat"), re.MULTILINE)
            taken = int(uses[0]) - (int(given_back[1]) if given_back else 0)
            yield MemoryLimit(int(limits[0]), max(0, taken))


def _ratio(quota: str = "max", period: str = "0") -> float | None:
    """Return quota / period; no quota is written ``max`` (version 2) or -1 (version 1)."""
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _words(path: Path, count: int) -> list[str]:
    return _text(path).split()[:count]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
