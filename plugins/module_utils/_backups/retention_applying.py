# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Letting old backups go: here and in a storage, each judged by what it holds itself.

Here a backup is renamed first, from when on it is none, and then deleted; in a storage its manifest goes first. What a
run that was killed has begun, the next one ends. Nobody makes a backup in the catalogue meanwhile: its lock is held.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._core.errors import AccessDenied, OpsError, Unreachable
from .._core.files import exclusive, fsync_folder
from .._core.moments import written_utc
from .._core.periods import Rules
from .catalog import Backup, Catalog, damage, is_backup_name, read_catalog
from .draft import LOCK
from .in_use import unused
from .leftovers import remove_folder
from .manifest import Manifest
from .retention import NOT_COUNTED, judge
from .storage import Place, same

REMOVING = ".removing-"
_NEW = "the new one"


@dataclass
class Outcome:
    """What went, or would: ``backup``, ``where`` and ``why`` of each; and what people should know."""

    removed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def apply_retention(
    rules: Rules | None, folder: Path, place: Place | None, keep_local: bool, now: float, patience: float = 10.0
) -> Outcome:
    """Remove what ``rules`` do not keep, in the catalogue's folder here and in ``place``.

    :param keep_local: False removes here what is in ``place``, whole. :param now: seconds since the epoch.
    :param patience: seconds to wait for another run at work; it lets old ones go itself then.
    :raises OpsError: something cannot be removed, with what went in its details.
    """
    outcome = Outcome()
    if rules is None and (keep_local or place is None):
        return outcome
    try:
        with exclusive(folder / LOCK, patience):
            _remove(rules, folder, place, keep_local, now, outcome)
    except Unreachable as error:
        if error.on != str(folder / LOCK):
            raise
        outcome.warnings.append(f"no old backup was removed: another run is at work in {folder}")
    except OpsError as error:
        error.details["removed"] = outcome.removed
        raise
    return outcome


def _remove(
    rules: Rules | None, folder: Path, place: Place | None, keep_local: bool, now: float, outcome: Outcome
) -> None:
    sweep(folder)
    there = None if place is None else _swept(place)
    for backup, why in _going_here(rules, read_catalog(folder), there, place, keep_local, now, outcome):
        try:
            remove_here(backup)
        except Unreachable as error:  # somebody restores it, or proves it
            outcome.warnings.append(f"{backup.folder.name} would be removed ({why}): {error.failed}")
        else:
            outcome.removed.append({"backup": backup.folder.name, "where": str(folder), "why": why})
    if rules is None or place is None or there is None:
        return
    for backup, why in _judged(rules, there, now, place.damage, outcome):
        try:
            place.remove(backup.folder.name)
        except AccessDenied as error:  # it is locked
            outcome.warnings.append(f"{backup.folder.name} would be removed ({why}): {error}")
        else:
            outcome.removed.append({"backup": backup.folder.name, "where": place.where(), "why": why})


def _swept(place: Place) -> Catalog:
    place.sweep()
    return place.catalog()


def planned(rules: Rules | None, folder: Path, place: Place | None, keep_local: bool, now: float) -> Outcome:
    """Return what would be removed, and why, once a new backup is there; nothing is."""
    if rules is None and (keep_local or place is None):
        return Outcome()
    here = read_catalog(folder) if folder.is_dir() else Catalog([], [])
    there = None if place is None else place.catalog()
    here = Catalog([_new(now), *here.backups], here.refused)
    there = None if there is None else Catalog([_new(now), *there.backups], there.refused)
    return foreseen(rules, folder, here, place, there, keep_local, now)


def foreseen(
    rules: Rules | None,
    folder: Path,
    here: Catalog,
    place: Place | None,
    there: Catalog | None,
    keep_local: bool,
    now: float,
) -> Outcome:
    """Return what would be removed of these catalogues, and why."""
    outcome = Outcome()
    for backup, why in _going_here(rules, here, there, place, keep_local, now, outcome):
        outcome.removed.append({"backup": backup.folder.name, "where": str(folder), "why": why})
    if rules is not None and place is not None and there is not None:
        for backup, why in _judged(rules, there, now, place.damage, outcome):
            outcome.removed.append({"backup": backup.folder.name, "where": place.where(), "why": why})
    return outcome


def _new(now: float) -> Backup:
    """Return what stands for the backup that is about to be made."""
    made = Manifest(_NEW, "", _NEW, now, now, "L1", now, 0, (), {})
    return Backup(Path(_NEW), made)


def _going_here(
    rules: Rules | None,
    here: Catalog,
    there: Catalog | None,
    place: Place | None,
    keep_local: bool,
    now: float,
    outcome: Outcome,
) -> list[tuple[Backup, str]]:
    """Return what goes of the backups here and why, the oldest first."""
    stays = here.backups
    going: list[tuple[Backup, str]] = []
    if not keep_local and there is not None and place is not None:
        kept = {one.folder.name: one.manifest for one in there.backups}
        moved = [one for one in stays if one.folder.name in kept and same(one.manifest, kept[one.folder.name])]
        whole = [one for one in moved if one.folder.name == _NEW or not place.damage(one)]
        going = [(one, f"it is in {place.where()}") for one in whole]
        stays = [one for one in stays if one not in whole]
    if rules is not None:
        going += _judged(rules, Catalog(stays, here.refused), now, damage, outcome)
    return sorted(going, key=lambda one: one[0].folder.name)


def _judged(rules: Rules, catalog: Catalog, now: float, wrong: Any, outcome: Outcome) -> list[tuple[Backup, str]]:
    verdicts = judge(rules, catalog.backups, now, lambda one: one.folder.name == _NEW or not wrong(one))
    for one in verdicts:
        if one.keep and one.backup.manifest.started_at > now and "future" in one.why:
            begun = written_utc(one.backup.manifest.started_at)
            outcome.warnings.append(f"{one.backup.folder.name} is kept: begun at {begun}, {one.why}")
    uncounted = [(one.backup.folder.name, one.why) for one in verdicts if one.keep and NOT_COUNTED in one.why]
    _tell_kept("kept and not counted", [(name, why.replace(NOT_COUNTED, "")) for name, why in uncounted], outcome)
    _tell_kept("kept, as it cannot be read", [(one.name, one.why) for one in catalog.refused], outcome)
    return [(one.backup, one.why) for one in reversed(verdicts) if not one.keep and one.backup.folder.name != _NEW]


def _tell_kept(what: str, kept: Sequence[tuple[str, str]], outcome: Outcome) -> None:
    """Warn of what stays and counts for no rule.

    :param kept: names, each with the reason.
    """
    if kept:
        told = f"{kept[0][0]}: {kept[0][1]}" + (f", and {len(kept) - 1} more" if len(kept) > 1 else "")
        outcome.warnings.append(f"{what}: {told}")


def remove_here(backup: Backup) -> None:
    """Remove a backup of this host: it is renamed, and none from then on, then deleted. The caller holds the lock.

    :raises Unreachable: somebody reads it. :raises OpsError: it cannot be.
    """
    folder = backup.folder
    if not is_backup_name(folder.name):
        raise OpsError("this has no backup's name; it is not removed", on=str(folder))
    away = folder.with_name(f"{REMOVING}{folder.name}")
    try:
        with unused(folder):
            os.rename(folder, away)
        fsync_folder(folder.parent)
    except OSError as error:
        raise OpsError(f"cannot remove the backup ({error.strerror})", on=str(folder)) from error
    remove_folder(away, kill=False)


def sweep(folder: Path) -> None:
    """End the removals in a catalogue that were begun. The caller holds the lock."""
    for left in sorted(folder.glob(f"{REMOVING}*")):
        if left.is_dir() and not left.is_symlink():
            remove_folder(left, kill=False)
