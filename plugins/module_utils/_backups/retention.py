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


def judge(rules: Rules, backups: Sequence[Backup], now: float, sound: Callable[[Backup], bool]) -> list[Verdict]:
    """Return what the rules say of each backup, the newest first.

    :param sound: tells whether the files of a backup are there; asked only until the newest proven one is found.
    """
    ordered = sorted(backups, key=lambda backup: (backup.manifest.started_at, backup.folder.name), reverse=True)
    future = [backup for backup in ordered if backup.manifest.started_at > now + AHEAD]
    present = [backup for backup in ordered if backup not in future]
    counted = [backup for backup in present if not failure(backup.manifest)]
    kept = _by_rules(rules, counted, now)
    kept.update(_protected(rules, present, counted, now, sound, kept))
    told = {backup.folder.name: "it is from the future by this host's clock" for backup in future}
    told.update(kept)
    told.update(_evidence(rules, present, kept, now))
    return [_verdict(rules, backup, told.get(backup.folder.name), now) for backup in ordered]


def _by_rules(rules: Rules, backups: Sequence[Backup], now: float) -> dict[str, str]:
    """Return why each backup stays that a rule keeps, by name."""
    young = [backup for backup in backups if not _too_old(rules, backup, now)]
    if not rules.counts:
        return {backup.folder.name: "max_age" for backup in young}
    kept: dict[str, list[str]] = {}
    for rule, count in rules.counts.items():
        seen: set[object] = set()
        for backup in backups:
            period = _PERIODS[rule](backup)
            if period not in seen and len(seen) < count:
                seen.add(period)
                kept.setdefault(backup.folder.name, []).append(rule if rule == "last" else f"{rule} {period}")
    return {backup.folder.name: ", ".join(kept[backup.folder.name]) for backup in young if backup.folder.name in kept}


def _too_old(rules: Rules, backup: Backup, now: float) -> bool:
    return rules.max_age is not None and now - backup.manifest.started_at > rules.max_age


def _protected(
    rules: Rules,
    present: Sequence[Backup],
    counted: Sequence[Backup],
    now: float,
    sound: Callable[[Backup], bool],
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
    if young:
        highest = max(young, key=lambda backup: (backup.manifest.level, backup.manifest.started_at))
        protected.setdefault(highest.folder.name, f"the newest that was proven to {highest.manifest.level}")
    return {name: why for name, why in protected.items() if name not in kept}


def _evidence(rules: Rules, present: Sequence[Backup], kept: Mapping[str, str], now: float) -> dict[str, str]:
    """Return the failed ones that stay: those that are not older than all that is kept. They count for no rule."""
    oldest = min((one.manifest.started_at for one in present if one.folder.name in kept), default=0.0)
    return {
        one.folder.name: f"it counts for no rule: {failure(one.manifest)}"
        for one in present
        if failure(one.manifest) and one.manifest.started_at >= oldest and not _too_old(rules, one, now)
    }


def _verdict(rules: Rules, backup: Backup, kept: str | None, now: float) -> Verdict:
    if kept is not None:
        return Verdict(backup, True, kept)
    if rules.max_age is not None and _too_old(rules, backup, now):
        return Verdict(backup, False, f"older than max_age {show_duration(rules.max_age)}")
    return Verdict(backup, False, "no rule keeps it")
