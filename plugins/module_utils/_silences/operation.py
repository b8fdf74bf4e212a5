# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind ``alert_silence``: one silence by the name of its owner, made, moved or ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError, one_line
from .._core.matchers import Matcher, parse_matcher
from .._core.moments import moment, written_utc
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from .alertmanager import CONNECTION, EXPIRED, Alertmanagers, Silence

PRESENT, ABSENT = "present", "absent"
_SHOWN = 50
_NAMED = 5
# A silence that ends or begins that much earlier or later is the same: servers keep thousandths, people seconds.
_SAME = 1.0

SPEC = CONNECTION + ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": [PRESENT, ABSENT], "default": PRESENT},
        "matchers": {"type": "list", "elements": "str", "default": []},
        "starts_at": {"type": "str"},
        "ends_at": {"type": "str"},
        "duration": {"type": "raw"},
        "comment": {"type": "str", "default": "maintenance"},
    },
    mutually_exclusive=[("ends_at", "duration")],
)


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Bring the silence of that name to the state asked for.

    :raises InputError: nothing was touched. :raises OpsError: nobody answers, or it did not become so.
    """
    owner = _owner(params["name"])
    wanted = _wanted(params, owner, clock.time()) if params["state"] == PRESENT else None
    server = Alertmanagers(params)
    mine = server.owned_by(owner)
    kept = _kept(mine, wanted, clock.time())
    others = [one for one in mine if kept is None or one.id != kept.id]
    if wanted is None:
        return _ended(server, owner, mine, check_mode)
    target = _moved(kept, wanted, clock.time())
    changed = target != kept or bool(others)
    if changed and not check_mode:
        target = _put(server, owner, target, clock) if target != kept else target
        for one in others:
            server.end(one.id)
    muted = server.muted_by(wanted.matchers)
    return Result(
        changed=changed,
        msg=f"{_verb(kept, changed, check_mode)} until {written_utc(target.ends_at)}: {_named(muted)}",
        data={
            "silence": target.told(),
            "muted": muted[:_SHOWN],
            "muted_count": len(muted),
            "ended": [one.id for one in others],
        },
        diff={"before": "".join(map(_shown, mine)), "after": _shown(target)},
    )


def _owner(name: str) -> str:
    if not name or name != one_line(name, 100):
        raise InputError("name: expected a short line of text", on=one_line(name, 100))
    return f"day2.ops/{name}"


def _wanted(params: Mapping[str, Any], owner: str, now: float) -> Silence:
    """Return what is asked for. :raises InputError: it would mute everything, or for no time."""
    matchers = _matchers(params["matchers"])
    starts = now if params["starts_at"] is None else _moment("starts_at", params["starts_at"])
    ends = _end(params, starts)
    if ends <= now:
        raise InputError(f"the silence would have ended at {written_utc(ends)}", advice="expected a moment to come")
    if ends <= starts:
        raise InputError("the silence would end before it begins", advice="see starts_at, ends_at and duration")
    return Silence(matchers, starts, ends, owner, params["comment"])


def _matchers(given: Sequence[str]) -> tuple[Matcher, ...]:
    try:
        found = tuple(dict.fromkeys(parse_matcher(one) for one in given))
    except ValueError as error:
        raise InputError(f"matchers: {error}") from None
    if all(one.matches({}) for one in found):  # none at all is among those
        raise InputError("matchers would mute every alert", advice='expected such as service="shop"')
    return found


def _end(params: Mapping[str, Any], starts: float) -> float:
    if params["ends_at"] is not None:
        return _moment("ends_at", params["ends_at"])
    if params["duration"] is None:
        raise InputError("the silence has no end", advice="expected ends_at or duration")
    return starts + seconds_of("duration", params["duration"])


def _moment(option: str, written: str) -> float:
    seconds = moment(written)
    if seconds is None:
        raise InputError(f"{option} is no moment", on=written, advice="expected such as 2026-03-01T02:00:00Z")
    return seconds


def _kept(mine: Sequence[Silence], wanted: Silence | None, now: float) -> Silence | None:
    """Return the one of ours that is to stay: one that mutes the same, the longest."""
    same = [one for one in mine if wanted is not None and one.same_matchers(wanted) and one.ends_at > now]
    return max(same, key=lambda one: one.ends_at, default=None)


def _moved(kept: Silence | None, wanted: Silence, now: float) -> Silence:
    """Return ``kept`` as it must become; itself when it is so already. What has begun cannot begin anew."""
    if kept is None:
        return wanted
    begun = kept.starts_at <= now
    starts = kept.starts_at if begun or abs(kept.starts_at - wanted.starts_at) < _SAME else wanted.starts_at
    ends = kept.ends_at if abs(kept.ends_at - wanted.ends_at) < _SAME else wanted.ends_at
    return replace(kept, starts_at=starts, ends_at=ends, comment=wanted.comment)


def _put(server: Alertmanagers, owner: str, target: Silence, clock: Clock) -> Silence:
    """Make it, and see that it is there: other members of a cluster hear of it later."""
    made = server.put(target)

    def look() -> Silence | None:
        return next((one for one in server.owned_by(owner) if one.id == made), None)

    waited = wait_until(look, lambda seen: seen is not None, timeout=5.0, clock=clock)
    if waited.last is None:
        raise OpsError(f"the silence {made} was made, and is not there", advice="see the log of Alertmanager")
    return waited.last


def _ended(server: Alertmanagers, owner: str, mine: Sequence[Silence], check_mode: bool) -> Result:
    for one in () if check_mode else mine:
        server.end(one.id)
    left = [] if check_mode else server.owned_by(owner)
    if left:
        raise OpsError(f"{len(left)} silences of {owner} did not end: {', '.join(one.id for one in left)}")
    told = "would be ended" if check_mode else "ended"
    return Result(
        changed=bool(mine),
        msg=f"silence {told}: {', '.join(one.id for one in mine)}" if mine else "no silence is there",
        data={
            "silence": {**mine[0].told(), "state": mine[0].state if check_mode else EXPIRED} if mine else None,
            "muted": [],
            "muted_count": 0,
            "ended": [one.id for one in mine],
        },
        diff={"before": "".join(map(_shown, mine)), "after": ""},
    )


def _verb(kept: Silence | None, changed: bool, check_mode: bool) -> str:
    if not changed:
        return "silent"
    done = "would be silenced" if check_mode else "silenced"
    return done if kept is None else f"{done} anew"


def _named(muted: Sequence[Mapping[str, Any]]) -> str:
    """Name the alerts that are muted now."""
    names = list(dict.fromkeys(one_line(one["labels"].get("alertname", "(no name)"), 80) for one in muted))
    if not names:
        return "no alert that fires now is muted"
    more = f" and {len(names) - _NAMED} more names" if len(names) > _NAMED else ""
    return f"{len(muted)} alerts that fire now are muted, {', '.join(names[:_NAMED])}{more}"


def _shown(silence: Silence) -> str:
    length = show_duration(max(silence.ends_at - silence.starts_at, 0.001))
    matchers = " ".join(map(str, silence.matchers))
    return f"{matchers}: {written_utc(silence.starts_at)} for {length} ({one_line(silence.comment, 100)})\n"
