# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which backups are kept: by the rules of ``_core.periods``; never is the last proven one removed.

The moment of a backup is that when it was begun, which its name tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from .._core.periods import AHEAD, Dated, Rules
from .catalog import Backup
from .manifest import LEVELS, failure

NOT_COUNTED = "it counts for no rule: "


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


def _dated(backup: Backup) -> Dated:
    return Dated(backup.folder.name, backup.manifest.started_at)


def _by_rules(rules: Rules, backups: Sequence[Backup], now: float, sound: _Soundness) -> dict[str, str]:
    """Return why each backup stays that a rule keeps, by name."""
    named = {backup.folder.name: backup for backup in backups}
    return rules.kept(list(map(_dated, backups)), now, lambda name: sound(named[name]))


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
    young = [backup for backup in proven if not rules.too_old(_dated(backup), now)]
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
    lost = [one.folder.name for one in present if one.folder.name in damaged and not rules.too_old(_dated(one), now)]
    return {**dict.fromkeys(lost, f"{NOT_COUNTED}its files are not as they were written"), **failed}


def _verdict(rules: Rules, backup: Backup, kept: str | None, now: float) -> Verdict:
    if kept is not None:
        return Verdict(backup, True, kept)
    return Verdict(backup, False, rules.why_not(_dated(backup), now))
