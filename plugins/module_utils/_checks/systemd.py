# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind systemd: a unit is in its state, a timer has run lately and well, or no unit has failed.

Standard library and systemctl only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Callable

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.moments import written_utc
from .._core.systemctl import SYSTEM, USER, ask, parse_count, parse_time, parse_units, show, unit_name
from .base import PASS, UNKNOWN, Condition, Context, Options, Values
from .limits import COUNT, SECONDS, Limit, limit_conditions, limits_spec

UNIT_LIMITS = (
    Limit("max_restarts", COUNT, "restarts", null_means="not a service, or this systemd does not count them"),
    Limit("min_uptime", SECONDS, "uptime", "ge", "s", "the unit is not active"),
)
TIMER_LIMITS = (Limit("max_age", SECONDS, "age", unit="s", null_means="it has not run since boot, or never"),)

SPEC = (
    ArgSpec(
        options={
            "unit": {"type": unit_name},
            "timer": {"type": unit_name},
            "failed_units": {"type": "bool", "choices": [True]},
            "state": {"type": "str", "default": "active", "choices": ["active", "inactive"]},
            "sub_state": {"type": "str"},
            "result": {"type": "str", "default": "success"},
            "enabled": {"type": "bool"},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "scope": {"type": "str", "default": SYSTEM, "choices": [SYSTEM, USER]},
        },
        mutually_exclusive=[("unit", "timer", "failed_units")],
        required_one_of=[("unit", "timer", "failed_units")],
    )
    + limits_spec(UNIT_LIMITS)
    + limits_spec(TIMER_LIMITS)
)
LIBRARIES: Sequence[str] = ()

_SHOWN = 50
_STATE = ("ActiveState", "SubState", "UnitFileState", "Result")
_OF_UNIT = (*_STATE, "NRestarts", "ActiveEnterTimestampMonotonic", "ExecMainStatus")
_OF_TIMER = (*_STATE, "LastTriggerUSec", "NextElapseUSecRealtime", "Unit")
# Of UnitFileState: what starts at boot, whether by itself or as a unit that another one is for.
_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")


@dataclass(frozen=True)
class _Subject:
    """What a check is of: ``look`` asks systemd, ``conditions`` says what is expected of that."""

    look: Callable[[Options], Values]
    conditions: Callable[[Options], list[Condition]]


def probe(options: Options, _context: Context) -> Values:
    """Return the state of a unit, of a timer with its last run, or the units that have failed; docs/checks/systemd.md.

    :raises NotThere: no systemd, or no such unit. :raises OpsError: or one of its kinds, as ``_core.systemctl`` does.
    """
    return _subject(options).look(options)


def _subject(options: Options) -> _Subject:
    for name, subject in _SUBJECTS.items():
        if options.get(name):
            return subject
    raise InputError("nothing to look at", advice="expected unit, timer, or failed_units: true")


def _look_at_unit(options: Options) -> Values:
    found = show(options["unit"], _OF_UNIT, options["scope"], options["timeout"])
    return unit_values(found, time.monotonic())


def unit_values(found: Mapping[str, str], now: float) -> Values:
    """Return the state of a unit.

    :param found: its properties, as ``systemctl show`` prints them.
    :param now: seconds of the monotonic clock, which systemd's timestamps have too.
    """
    entered = parse_count(found.get("ActiveEnterTimestampMonotonic"))
    is_up = found.get("ActiveState") == "active" and entered
    return {
        **_state_values(found),
        "restarts": parse_count(found.get("NRestarts")),
        "uptime": round(max(0.0, now - (entered or 0) / 1e6), 1) if is_up else None,
        "exit_status": parse_count(found.get("ExecMainStatus")),
    }


def _state_values(found: Mapping[str, str]) -> Values:
    file_state = found.get("UnitFileState")
    return {
        "unit": found["Id"],
        "load_state": found["LoadState"],
        "active_state": found.get("ActiveState"),
        "sub_state": found.get("SubState"),
        "enabled": file_state in _ENABLED if file_state else None,
        "result": found.get("Result"),
    }


def _look_at_timer(options: Options) -> Values:
    name = options["timer"] if options["timer"].endswith(".timer") else f"{options['timer']}.timer"
    timer = show(name, _OF_TIMER, options["scope"], options["timeout"] / 2)
    service = show(timer["Unit"], _OF_UNIT, options["scope"], options["timeout"] / 2) if timer.get("Unit") else {}
    return timer_values(timer, service, time.time())


def timer_values(timer: Mapping[str, str], service: Mapping[str, str], now: float) -> Values:
    """Return the state of a timer and what its last run came to.

    :param timer: its properties. :param service: those of the unit that it starts. :param now: seconds since the epoch.

    systemd calls the result of a service that never ran a success; here it is null until the timer has run.
    """
    last = parse_time(timer.get("LastTriggerUSec"))
    following = parse_time(timer.get("NextElapseUSecRealtime"))
    return {
        **_state_values(timer),
        "last_run": written_utc(last) if last else None,
        "age": round(max(0.0, now - last), 1) if last else None,
        "next_run": written_utc(following) if following else None,
        "service": service.get("Id"),
        "service_state": service.get("ActiveState"),
        "result": service.get("Result") if last else None,
        "exit_status": parse_count(service.get("ExecMainStatus")) if last else None,
    }


def _look_at_failed(options: Options) -> Values:
    listing = ["list-units", "--state=failed", "--all", "--plain", "--no-legend", "--full"]
    names = sorted(parse_units(ask(listing, options["scope"], options["timeout"])))
    ignored = [name for name in names if any(fnmatchcase(name, pattern) for pattern in options["ignore"])]
    failed = [name for name in names if name not in ignored]
    return {"failed": len(failed), "failed_units": failed[:_SHOWN], "ignored_units": ignored[:_SHOWN]}


def conditions(options: Options) -> list[Condition]:
    """Expect the state and a good result; of a timer that its last run ended well; or that no unit has failed."""
    return _subject(options).conditions(options)


def _of_unit(options: Options) -> list[Condition]:
    # Targets, sockets of old systemds and the like have no result to hold.
    result = Condition("result", "in", [options["result"]], null_is=PASS)
    return [*_of_state(options), result, *limit_conditions(UNIT_LIMITS, options)]


def _of_timer(options: Options) -> list[Condition]:
    never = "it has not run since boot, or never"
    result = Condition("result", "in", [options["result"]], null_means=never, null_is=UNKNOWN)
    return [*_of_state(options), result, *limit_conditions(TIMER_LIMITS, options)]


def _of_state(options: Options) -> list[Condition]:
    enabled = options.get("enabled")
    sub_state = options.get("sub_state")
    return [
        Condition("active_state", "eq", options["state"]),
        *([] if sub_state is None else [Condition("sub_state", "eq", sub_state)]),
        *([] if enabled is None else [Condition("enabled", "in", [enabled], null_means="it comes from no file")]),
    ]


def _of_failed(_options: Options) -> list[Condition]:
    return [Condition("failed_units", "eq", [])]


_SUBJECTS: dict[str, _Subject] = {
    "unit": _Subject(_look_at_unit, _of_unit),
    "timer": _Subject(_look_at_timer, _of_timer),
    "failed_units": _Subject(_look_at_failed, _of_failed),
}
