# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Options of ``dlq_reprocess`` that are refused before anything is asked of any server."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .._core.errors import InputError

_POSITIVE = ("limit", "rate", "max_seconds", "max_attempts", "pause_above")
_NOT_NEGATIVE = (
    "pause_timeout",
    "canary",
    "canary_wait",
    "canary_max_returns",
    "stop_when_returning",
    "require_consumers",
    "samples",
)


def check(params: Mapping[str, Any]) -> None:
    """Refuse numbers out of their range, and options that together make no sense.

    :param params: validated by the module's ``SPEC``.
    :raises InputError: there are such.
    """
    for name in (*_POSITIVE, *_NOT_NEGATIVE):
        if params[name] is not None:
            finite(name, params[name])
            _in_range(name, params[name])
    if params["stop_when_returning"] > 1:
        raise InputError(
            "stop_when_returning is a share of the letters that were moved, at most 1",
            on=str(params["stop_when_returning"]),
        )
    if params["canary"] and not params["canary_wait"]:
        raise InputError(
            "canary_wait: 0 leaves the canary no time to die again",
            advice="give the seconds that a worker needs to fail, or canary: 0",
        )
    _check_ways_on(params)


def finite(name: str, value: float) -> None:
    """Refuse ``.inf`` and ``.nan``: there is no such number of anything, and no comparison with the latter holds.

    :raises InputError: it is one of them.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name} must be a finite number", on=str(value))


def _in_range(name: str, value: float) -> None:
    if value <= 0 and name in _POSITIVE:
        raise InputError(f"{name} must be more than 0", on=str(value))
    if value < 0:
        raise InputError(f"{name} must not be less than 0", on=str(value))


def _check_ways_on(params: Mapping[str, Any]) -> None:
    if params["resume"] and not params["journal"]:
        raise InputError("resume needs the journal of the run that is to be resumed", advice="give journal: FILE")
    if params["resume"] and params["continue_from"]:
        raise InputError("resume and continue_from are two ways of the same", advice="give one of them")
