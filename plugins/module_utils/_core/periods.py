# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The rules by which things of which there is one a day or so are kept: the last, one a day, a week, a month, a year.

The rules are those of ``restic forget``: each rule goes through the things from the newest to the oldest and keeps the
newest of each period until it has kept as many as it says; only periods with things count; a thing stays if any rule
keeps it. (``borg prune`` counts the same periods, but each of its rules leaves out what the one before it has kept.)
Periods are in UTC, weeks those of ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any, Callable

from .argspec import ArgSpec
from .durations import seconds_of, show_duration
from .errors import InputError


@dataclass(frozen=True)
class Dated:
    """A thing of which the rules know its name and when it was begun, in seconds since the epoch."""

    name: str
    began: float


def _moment(thing: Dated) -> datetime:
    return datetime.fromtimestamp(thing.began, timezone.utc)


_PERIODS: Mapping[str, Callable[[Dated], object]] = {
    "last": lambda thing: thing.name,
    "daily": lambda thing: _moment(thing).strftime("%Y-%m-%d"),
    "weekly": lambda thing: "{}-W{:02}".format(*_moment(thing).isocalendar()[:2]),
    "monthly": lambda thing: _moment(thing).strftime("%Y-%m"),
    "yearly": lambda thing: _moment(thing).strftime("%Y"),
}
SPEC = ArgSpec(options={**{name: {"type": "int"} for name in _PERIODS}, "max_age": {"type": "raw"}})
NEVER_TOO_OLD = 3  # sound things that max_age leaves
AHEAD = 60.0  # seconds that a thing may be ahead of our clock: it may have been made on another host


@dataclass(frozen=True)
class Rules:
    """Which things are kept.

    :param counts: how many periods of each kind; those above 0. :param max_age: seconds; None for any age.
    """

    counts: Mapping[str, int]
    max_age: float | None

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Rules | None:
        """Return the rules of the option ``retention``; None when that is not given.

        :raises InputError: they would keep nothing, or are none.
        """
        if given is None:
            return None
        valid = SPEC.validate(given, "retention")
        counts = {name: valid[name] for name in _PERIODS if valid.get(name)}
        if any(count < 0 for count in counts.values()):
            raise InputError("retention: expected numbers of 0 or more")
        max_age = None if valid.get("max_age") is None else seconds_of("retention: max_age", valid["max_age"])
        if not counts and not max_age:
            raise InputError("retention: these rules keep nothing", advice="give a number above 0, or max_age")
        return cls(counts, max_age)

    def too_old(self, thing: Dated, now: float) -> bool:
        """Return whether it is older than ``max_age``."""
        return self.max_age is not None and now - thing.began > self.max_age

    def why_not(self, thing: Dated, now: float) -> str:
        """Return why a thing goes that no rule keeps, for people."""
        if self.max_age is not None and self.too_old(thing, now):
            return f"older than max_age {show_duration(self.max_age)}"
        return "no rule keeps it"

    def kept(self, things: Sequence[Dated], now: float, sound: Callable[[str], bool]) -> dict[str, str]:
        """Return why each thing stays that a rule keeps, by name.

        :param things: the newest first. :param sound: tells by name whether one is whole; asked only of those that a
            rule would count.
        """
        kept = self._by_counts(things, sound)
        wanted = [one for one in things if one.name in kept or not self.counts]
        told = {one.name: kept.get(one.name, "max_age") for one in wanted if not self.too_old(one, now)}
        whole = (one.name for one in wanted if sound(one.name))
        # max_age believes the clock, and one that has jumped makes all things old at once
        newest = islice(whole, NEVER_TOO_OLD) if self.max_age is not None else iter(())
        return {**dict.fromkeys(newest, f"max_age leaves the newest {NEVER_TOO_OLD}"), **told}

    def _by_counts(self, things: Sequence[Dated], sound: Callable[[str], bool]) -> dict[str, str]:
        """Return why each thing stays that a rule counts, whatever its age, by name, the newest first."""
        kept: dict[str, list[str]] = {}
        for rule, count in self.counts.items():
            seen: set[object] = set()
            for thing in things:
                period = _PERIODS[rule](thing)
                if period not in seen and len(seen) < count and sound(thing.name):
                    seen.add(period)
                    kept.setdefault(thing.name, []).append(rule if rule == "last" else f"{rule} {period}")
        return {one.name: ", ".join(kept[one.name]) for one in things if one.name in kept}
