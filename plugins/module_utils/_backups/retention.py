# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which backups are kept: the last, one a day, a week, a month, a year (GFS); never is the last proven one removed.

The rules are those of ``restic forget``: each rule goes through the backups from the newest to the oldest and keeps the
newest of each period until it has kept as many as it says; only periods with backups count; a backup stays if any rule
keeps it. (``borg prune`` counts the same periods, but each of its rules leaves out what the one before it has kept.)
Periods are in UTC, weeks those of ISO 8601. The moment of a backup is that when it was begun, which its name tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError
from .catalog import Backup
from .manifest import LEVELS, failure

Period = Callable[[Backup], object]


def _moment(backup: Backup) -> datetime:
    return datetime.fromtimestamp(backup.manifest.started_at, timezone.utc)


_PERIODS: Mapping[str, Period] = {
    "last": lambda backup: backup.folder.name,
    "daily": lambda backup: _moment(backup).strftime("%Y-%m-%d"),
    "weekly": lambda backup: "{}-W{:02}".format(*_moment(backup).isocalendar()[:2]),
    "monthly": lambda backup: _moment(backup).strftime("%Y-%m"),
    "yearly": lambda backup: _moment(backup).strftime("%Y"),
}
SPEC = ArgSpec(options={**{name: {"type": "int"} for name in _PERIODS}, "max_age": {"type": "raw"}})
NEVER_TOO_OLD = 3  # sound backups that max_age leaves
NOT_COUNTED = "it counts for no rule: "
AHEAD = 60.0  # seconds that a backup may be ahead of our clock: it may have been made on another host


@dataclass(frozen=True)
class Rules:
    """Which backups are kept.

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


@dataclass(frozen=True)
class Verdict:
    """Whether a backup stays, and why, for people."""

    backup: Backup
    keep: bool
    why: str


class _Soundness:
    """Whether the files of a backup are there: asked once each, as a storage takes a request for it."""

    def __init__(self, sound: Callable[[Backup], bool]) -> None:
        self._sound = sound
        self._known: dict[str, bool] = {}

    def __call__(self, backup: Backup) -> bool:
        name = backup.folder.name
        if name not in self._known:
            self._known[name] = self._sound(backup)
        return self._known[name]

    def damaged(self) -> set[str]:
        """Return the names of those that were found damaged."""
        return {name for name, sound in self._known.items() if not sound}


def judge(rules: Rules, backups: Sequence[Backup], now: float, sound: Callable[[Backup], bool]) -> list[Verdict]:
    """Return what the rules say of each backup, the newest first.

    :param sound: tells whether the files of a backup are there; asked only of those that a rule would count.
    """
    ordered = sorted(backups, key=lambda backup: (backup.manifest.started_at, backup.folder.name), reverse=True)
    future = [backup for backup in ordered if backup.manifest.started_at > now + AHEAD]
    present = [backup for backup in ordered if backup not in future]
    counted = [backup for backup in present if not failure(backup.manifest)]
    whole = _Soundness(sound)
    kept = _by_rules(rules, counted, now, whole)
    kept.update(_protected(rules, present, counted, now, whole, kept))
    told = {backup.folder.name: "it is from the future by this host's clock" for backup in future}
    told.update(_evidence(rules, present, whole.damaged(), now))
    told.update(kept)
    return [_verdict(rules, backup, told.get(backup.folder.name), now) for backup in ordered]


def _by_rules(rules: Rules, backups: Sequence[Backup], now: float, sound: _Soundness) -> dict[str, str]:
    """Return why each backup stays that a rule keeps, by name."""
    kept = _by_counts(rules, backups, sound)
    names = {backup.folder.name: backup for backup in backups}
    young = [name for name, backup in names.items() if not _too_old(rules, backup, now)]
    told = {name: "max_age" if not rules.counts else kept[name] for name in young if name in kept or not rules.counts}
    whole = (name for name, backup in names.items() if (name in kept or not rules.counts) and sound(backup))
    # max_age believes the clock, and one that has jumped makes all backups old at once
    newest = islice(whole, NEVER_TOO_OLD) if rules.max_age is not None else iter(())
    return {**dict.fromkeys(newest, f"max_age leaves the newest {NEVER_TOO_OLD}"), **told}


def _by_counts(rules: Rules, backups: Sequence[Backup], sound: _Soundness) -> dict[str, str]:
    """Return why each backup stays that a rule counts, whatever its age, by name, the newest first."""
    kept: dict[str, list[str]] = {}
    for rule, count in rules.counts.items():
        seen: set[object] = set()
        for backup in backups:
            period = _PERIODS[rule](backup)
            if period not in seen and len(seen) < count and sound(backup):
                seen.add(period)
                kept.setdefault(backup.folder.name, []).append(rule if rule == "last" else f"{rule} {period}")
    return {backup.folder.name: ", ".join(kept[backup.folder.name]) for backup in backups if backup.folder.name in kept}


def _too_old(rules: Rules, backup: Backup, now: float) -> bool:
    return rules.max_age is not None and now - backup.manifest.started_at > rules.max_age


def _protected(
    rules: Rules,
    present: Sequence[Backup],
    counted: Sequence[Backup],
    now: float,
    sound: _Soundness,
    kept: Mapping[str, str],
) -> dict[str, str]:
    """Return what no rule may remove: the newest proven one; and, up to max_age, the newest of the highest level."""
    proven = [backup for backup in counted if backup.manifest.level != LEVELS[0]]
    newest = next((backup for backup in proven if sound(backup)), None)
    protected: dict[str, str] = {}
    if newest is not None:
        protected[newest.folder.name] = "the newest that was proven"
    elif present:
        protected[present[0].folder.name] = "the newest, as none was proven"
    young = [backup for backup in proven if not _too_old(rules, backup, now)]
    by_level = sorted(young, key=lambda backup: (backup.manifest.level, backup.manifest.started_at), reverse=True)
    highest = next((backup for backup in by_level if sound(backup)), None)
    if highest is not None:
        protected.setdefault(highest.folder.name, f"the newest that was proven to {highest.manifest.level}")
    return {name: why for name, why in protected.items() if name not in kept}


def _evidence(rules: Rules, present: Sequence[Backup], damaged: set[str], now: float) -> dict[str, str]:
    """Return what counts for no rule and stays: what a proof failed of, and what a rule would count were it whole.

    What a proof failed of is never removed: another host, key or program may still read it.
    """
    failed = {one.folder.name: f"{NOT_COUNTED}{failure(one.manifest)}" for one in present if failure(one.manifest)}
    lost = [one.folder.name for one in present if one.folder.name in damaged and not _too_old(rules, one, now)]
    return {**dict.fromkeys(lost, f"{NOT_COUNTED}its files are not as they were written"), **failed}


def _verdict(rules: Rules, backup: Backup, kept: str | None, now: float) -> Verdict:
    if kept is not None:
        return Verdict(backup, True, kept)
    if rules.max_age is not None and _too_old(rules, backup, now):
        return Verdict(backup, False, f"older than max_age {show_duration(rules.max_age)}")
    return Verdict(backup, False, "no rule keeps it")
