# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Lengths of time as people write them: 90, 0.5, 250ms, 15m, 26h, 7d, 2w."""

from __future__ import annotations

import math
import re

from .errors import InputError

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SHAPE = re.compile(r"\s*(?P<number>\d+(\.\d+)?)\s*(?P<unit>ms|[smhdw]?)\s*\Z")


def duration(value: object) -> float:
    """Return ``value`` in seconds: a number of them, or text such as ``26h``. Fit to be the ``type`` of an option.

    :raises ValueError: any other text or type, a negative number, NaN; Ansible names the option.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = _SHAPE.match(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"expected seconds, or a number with ms, s, m, h, d or w, such as 26h, not {value!r}")
        seconds = float(match["number"]) * _SECONDS[match["unit"]]
    if not 0 <= seconds < math.inf:
        raise ValueError("expected a length of time of 0 or more")
    return seconds


def seconds_of(option: str, value: object) -> float:
    """Return an option's value in seconds, for options of modules, whose types Ansible must know by name.

    :raises InputError: it is no length of time.
    """
    try:
        return duration(value)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None


def show_duration(seconds: float) -> str:
    """Return ``seconds`` as people read them, to two units: ``26 h 5 min``, ``42 s``, ``0.35 s``."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    parts = [(int(seconds) // size, name) for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))]
    limits = (math.inf, 24, 60, 60)
    counted = [(int(count % limit) if limit < math.inf else count, name) for (count, name), limit in zip(parts, limits)]
    first = next(index for index, (count, _name) in enumerate(counted) if count)
    return " ".join(f"{count} {name}" for count, name in counted[first : first + 2] if count)
