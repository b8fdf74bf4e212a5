# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind memory: what programs can still get, of the host or of our control group. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .._core.argspec import ArgSpec
from .._core.cgroup import memory_limit
from .._core.errors import AccessDenied, OpsError
from .base import Condition, Context, Options, Values
from .limits import BYTES, PERCENT, Limit, limit_conditions, limits_spec

LIMITS = (
    Limit("max_used_percent", PERCENT, "used_percent", unit="%"),
    Limit("min_available_bytes", BYTES, "available_bytes", "ge", "bytes"),
    Limit("max_swap_percent", PERCENT, "swap_percent", unit="%"),
)
# What holds when the check names no limit of its own.
DEFAULT_LIMITS = {"max_used_percent": 90.0}

SPEC: ArgSpec = limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ()

_LINE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


def probe(_options: Options, _context: Context) -> Values:
    """Return what :func:`measure` says of this host."""
    return measure(Path("/"))


def measure(root: Path) -> Values:
    """Return total_bytes, available_bytes, used_percent, swap_percent and source (host or cgroup).

    The control group counts when its limit is lower than the host's memory; swap is always the host's.

    :param root: where ``proc`` and ``sys`` are.
    :raises AccessDenied: /proc/meminfo cannot be read.
    """
    meminfo = _meminfo(root / "proc/meminfo")
    total, available = meminfo["MemTotal"], meminfo["MemAvailable"]
    source = "host"
    group = memory_limit(root)
    if group is not None and group.limit < total:
        source, total = "cgroup", group.limit
        available = min(available, max(0, group.limit - group.used))
    swap = meminfo.get("SwapTotal", 0)
    return {
        "source": source,
        "total_bytes": total,
        "available_bytes": available,
        "used_percent": round(100 * (total - available) / total, 2),
        "swap_percent": round(100 * (swap - meminfo.get("SwapFree", 0)) / swap, 2) if swap else 0.0,
    }


def _meminfo(path: Path) -> dict[str, int]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise AccessDenied(f"cannot read the file ({error.strerror})", on=str(path)) from error
    found = {name: int(kilobytes) * 1024 for name, kilobytes in _LINE.findall(text)}
    if not found.get("MemTotal") or "MemAvailable" not in found:
        raise OpsError("MemTotal or MemAvailable is missing", on=str(path), advice="a kernel of 3.14 or later has them")
    return found


def conditions(options: Options) -> list[Condition]:
    """Hold the limits given, or else ``DEFAULT_LIMITS``."""
    return limit_conditions(LIMITS, options) or limit_conditions(LIMITS, DEFAULT_LIMITS)
