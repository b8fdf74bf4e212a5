# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Finding the backup that a restore, a drill or a verification means, here or in a storage, and opening it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .._core.durations import seconds_of
from .._core.errors import InputError, NotThere
from .._core.moments import written_utc
from .._core.periods import AHEAD
from .catalog import Backup, Catalog, Refused, damage, read_catalog
from .cipher import cipher_of
from .draft import catalog_folder
from .in_use import in_use
from .leftovers import passing_folder
from .made_on import other_host, this_host, told_of_another
from .manifest import failure
from .opened import Opened
from .options import catalog_name, root_of
from .storage import Place, place_of

NEWEST = "newest"
_FETCHED = ".fetched-"


def chosen(catalog: Catalog, wanted: str, where: str, now: float | None = None) -> Backup:
    """Return the newest backup of which no proof failed and that is not from the future, or the one named so.

    :param now: seconds since the epoch; None for this host's clock.
    :raises NotThere: there is none; what only looks like a backup is told with the reason.
    """
    passed = []
    for backup in catalog.backups:
        why = _not_newest(backup, now) if wanted == NEWEST else ""
        if why:
            passed.append(Refused(backup.folder.name, why))
        elif wanted in (NEWEST, backup.folder.name):
            return backup
    not_counted = [*passed, *catalog.refused][:3]
    refused = ", ".join(f"{one.name}: {one.why}" for one in not_counted if wanted in (NEWEST, one.name))
    told = "there is no backup" if wanted == NEWEST else f"there is no backup {wanted}"
    raise NotThere(told, on=where, advice=f"not counted: {refused}" if refused else "")


def _not_newest(backup: Backup, now: float | None) -> str:
    """Return why ``newest`` does not mean this backup whatever others there are; empty when it may."""
    present = time.time() if now is None else now
    if backup.manifest.started_at > present + AHEAD:
        begun = written_utc(backup.manifest.started_at)
        return f"begun at {begun}, it is from the future by this host's clock; it can be named"
    return failure(backup.manifest)


def newer_not_taken(catalog: Catalog, wanted: str, taken: Backup, now: float | None = None) -> list[str]:
    """Return a warning when ``newest`` has passed over backups that are newer than the one that was taken."""
    if wanted != NEWEST:
        return []
    ended = taken.manifest.finished_at
    newer = [
        one for one in catalog.backups if one.manifest.finished_at > ended and one.folder.name != taken.folder.name
    ]
    told = {one.folder.name: _not_newest(one, now) for one in newer}
    passed = [f"{name}: {why}" for name, why in told.items() if why]
    more = f"; and {len(passed) - 3} more" if len(passed) > 3 else ""
    return [f"newer than {taken.folder.name}, and not taken: {'; '.join(passed[:3])}{more}"] if passed else []


@contextmanager
def opened_backup(
    options: Mapping[str, Any], kind: str | None, default_name: str = "", own: bool = False
) -> Iterator[Opened]:
    """Give the backup that ``options``, validated by READING, mean. Its checksums are still to be compared.

    One that is in the storage only is fetched into a folder in ``path`` that is removed at the end of the block.

    :param kind: of which it must be; None for any. :param default_name: of the catalogue, when none is given.
    :param own: whether the newest in a storage must have been made on this host; one that is named need not.
    :raises NotThere: there is none such. :raises InputError: it is of another kind, or host.
    """
    name = catalog_name(options.get("name"), default_name)
    folder = catalog_folder(root_of(options), name, make=False)
    place = place_of(options.get("storage"), name)
    here = read_catalog(folder) if folder.is_dir() else Catalog([], [])
    wanted = options["backup"]
    backup, stored, looked_at = _located(here, place, wanted, str(folder))
    _of_kind(backup, kind)
    warnings = newer_not_taken(looked_at, wanted, backup)
    if stored is None:
        with in_use(backup.folder):
            yield replace(opened_here(options, backup), warnings=tuple(warnings))
        return
    if wanted == NEWEST:
        warnings += told_of_another(backup.folder.name, backup.manifest, stored.where())
    if own and wanted == NEWEST and other_host(backup.manifest):
        raise InputError(
            f"the newest backup there was made on {other_host(backup.manifest)}, this is {this_host()}",
            on=f"{stored.where()}/{backup.folder.name}",
            advice="to restore it here, name it as backup",
        )
    with fetched_backup(options, stored, backup) as fetched:
        yield replace(fetched, warnings=tuple(warnings))


def _located(here: Catalog, place: Place | None, wanted: str, where: str) -> tuple[Backup, Place | None, Catalog]:
    """Return the backup that is meant, the place to fetch it from (None for this host), and what was looked at.

    The newest is that of both; of the two copies of one that on this host is taken if nothing is plainly wrong with it.
    """
    if place is None:
        return chosen(here, wanted, where), None, here
    mine = _found(here, wanted, where)
    if mine is not None and wanted != NEWEST and not damage(mine):
        return mine, None, here
    there = place.catalog()
    both = Catalog([*here.backups, *there.backups], [*here.refused, *there.refused])
    theirs = _found(there, wanted, where)
    if theirs is None:
        mine = chosen(Catalog(here.backups, both.refused), wanted, f"{where}, {place.where()}")
        return mine, None, both
    if mine is None or mine.manifest.finished_at < theirs.manifest.finished_at:
        return theirs, place, both
    same_one = mine.folder.name == theirs.folder.name
    return (theirs, place, both) if same_one and damage(mine) else (mine, None, both)


def _found(catalog: Catalog, wanted: str, where: str) -> Backup | None:
    try:
        return chosen(catalog, wanted, where)
    except NotThere:
        return None


@contextmanager
def fetched_backup(options: Mapping[str, Any], place: Place, backup: Backup) -> Iterator[Opened]:
    """Give a backup of a storage, fetched into a folder in ``path`` that is removed at the end of the block.

    :raises Corrupt: it is not what its manifest says. :raises OpsError: it cannot be fetched.
    """
    root = root_of(options)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with passing_folder(root, _FETCHED) as fetched:
        place.fetch(backup.folder.name, fetched / backup.folder.name)
        yield opened_here(options, Backup(fetched / backup.folder.name, backup.manifest))


def opened_here(options: Mapping[str, Any], backup: Backup) -> Opened:
    """Return a backup that is on this host, to be read as ``options`` say."""
    timeout = seconds_of("command_timeout", options["command_timeout"])
    return Opened(backup.folder, backup.manifest, cipher_of(options.get("encryption")), timeout, options.get("bin_dir"))


def _of_kind(backup: Backup, kind: str | None) -> Backup:
    if kind is not None and backup.manifest.kind != kind:
        raise InputError(f"the backup is of the kind {backup.manifest.kind}, not {kind}", on=str(backup.folder))
    return backup
