# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The watermarks of a search cluster's disks, as its own settings have them, and whether a disk is over one.

Source: "Disk-based shard allocation" of both products. A percentage or a ratio is of what is used, a size is of what is
free; with a percentage, Elasticsearch since 8.5 wants no more free than its ``max_headroom``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOW, HIGH, FLOOD_STAGE = "low", "high", "flood_stage"
NAMES = (LOW, HIGH, FLOOD_STAGE)
_PREFIX = "cluster.routing.allocation.disk."
# What is asked for: settings that were made go before those of the file and the servers' own.
QUERY = {
    "flat_settings": "true",
    "include_defaults": "true",
    "filter_path": "*.cluster*routing*allocation*disk*",
}
_ORDER = ("defaults", "persistent", "transient")
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>b|[kmgtp]b?)\Z")


@dataclass(frozen=True)
class Watermark:
    """One of them.

    :param written: as in the settings. :param used: percent; None for a size. :param free: bytes, which with a
        percentage is the headroom; None for none.
    """

    name: str
    written: str
    used: float | None
    free: float | None

    def is_passed(self, total: int, available: int) -> bool:
        """Whether a disk of ``total`` bytes, of which so many are available, is over it."""
        wanted = [] if self.free is None else [self.free]
        if self.used is not None:
            wanted.append(total * (100 - self.used) / 100)
        return available < min(wanted)


def settings_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings of disks, by what is after ``cluster.routing.allocation.disk.``, those that hold."""
    found: dict[str, str] = {}
    for source in _ORDER:
        for name, value in (answer.get(source) or {}).items():
            found[str(name)[len(_PREFIX) :]] = str(value)
    return found


def watermark(name: str, settings: Mapping[str, str]) -> Watermark:
    """Return the watermark of that name.

    :raises KeyError: the settings have none. :raises ValueError: it cannot be read.
    """
    written = settings[f"watermark.{name}"]
    used = _percent(written)
    headroom = settings.get(f"watermark.{name}.max_headroom", "-1")
    free = _bytes(written) if used is None else None if headroom == "-1" else _bytes(headroom)
    return Watermark(name, written, used, free)


def _percent(written: str) -> float | None:
    if written.endswith("%"):
        return float(written[:-1])
    try:
        return float(written) * 100  # a ratio, such as 0.85
    except ValueError:
        return None


def _bytes(written: str) -> float:
    match = _SIZE.match(written.strip().lower())
    if match is None:
        raise ValueError(f"{written!r} is no size")
    return float(match["number"]) * 1024.0 ** "bkmgtp".index(match["unit"][0])
