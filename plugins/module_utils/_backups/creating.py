# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Making a backup, the same for each kind: space, draft, data, read back, proof, name, storage, retention."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError
from .._core.periods import Rules
from .._core.result import Result
from . import proofs
from .base import Kind, Made, Source
from .catalog import Backup, Catalog, damage, read_catalog
from .cipher import Cipher, cipher_of
from .draft import Draft, catalog_folder, drafted, published, require_space
from .kinds import kind_named
from .made_on import MADE_ON, other_host, this_host, told_of_another
from .manifest import Manifest, write_manifest
from .opened import Opened
from .options import catalog_name, root_of
from .retention_applying import Outcome, apply_retention, foreseen, planned
from .storage import Place, place_of

Clock = Callable[[], float]


class _Order:
    """The options of one call, resolved before anything is touched."""

    def __init__(self, kind: str, options: Mapping[str, Any], default_name: str) -> None:
        self.options = options
        self.name = catalog_name(options.get("name"), default_name)
        self.root = root_of(options)
        self.cipher: Cipher | None = cipher_of(options.get("encryption"), kind)
        self.place: Place | None = place_of(options.get("storage"), self.name)
        self.timeout = seconds_of("command_timeout", options["command_timeout"])
        self.kind: Kind = kind_named(kind)
        self.rules = Rules.of(options.get("retention"))
        self.keep_local = bool(options.get("keep_local", True))
        if not self.keep_local and self.place is None:
            raise InputError("keep_local: without storage the backups would be nowhere")
        self.rehearsal = self.kind.REHEARSAL.validate(options.get("rehearsal") or {}, "rehearsal")


class _Run(_Order):
    """One call: its options, and what is backed up."""

    def __init__(self, source: Source, options: Mapping[str, Any], default_name: str, clock: Clock) -> None:
        super().__init__(source.kind, options, default_name)
        self.source = source
        self.clock = clock

    def folder(self, make: bool) -> Path:
        return catalog_folder(self.root, self.name, make)

    def known(self) -> Catalog:
        folder = self.folder(make=False)
        here = read_catalog(folder) if folder.is_dir() else Catalog([], [])
        if self.place is None or (here.backups and self.keep_local):
            return here
        names = {backup.folder.name for backup in here.backups}
        more = [backup for backup in self.place.catalog().backups if backup.folder.name not in names]
        both = sorted([*here.backups, *more], key=lambda backup: backup.manifest.finished_at, reverse=True)
        return Catalog(both, here.refused)


def check_options(kind: str, options: Mapping[str, Any], default_name: str) -> None:
    """Refuse wrong options of a backup of that kind before its source is asked anything.

    :param options: validated by MAKING. :raises InputError: one is wrong.
    """
    _Order(kind, options, default_name)


def back_up(
    source: Source, options: Mapping[str, Any], check_mode: bool, default_name: str, clock: Clock = time.time
) -> Result:
    """Make a backup of ``source`` and return the module's result.

    :param options: validated by MAKING. :param default_name: of the catalogue, when none is given.
    :raises OpsError: nothing was made; earlier backups are as they were.
    """
    run = _Run(source, options, default_name, clock)
    newest = next(iter(run.known().backups), None)
    if newest is not None and _is_whole(run, newest) and source.unchanged(newest.manifest):
        return _unchanged(run, newest, check_mode)
    if check_mode:
        return _planned(run)
    catalog = run.folder(make=True)
    require_space(catalog, source.estimate())
    begin = clock()
    with drafted(catalog, run.cipher, run.timeout, clock()) as draft:
        made = source.write(draft)
        manifest = _proven(run, draft, made)
        write_manifest(draft.folder, manifest)
        backup = Backup(published(draft), manifest)
    kept, warnings = _kept(run, backup)
    told = f"{manifest.level}, {manifest.size / 1e6:,.1f} MB in {show_duration(clock() - begin)}"
    data = {**_told(backup), **kept, "seconds": round(clock() - begin, 3)}
    return Result(
        changed=True,
        msg=f"{source.subject()}: backed up as {backup.folder.name} ({told})",
        data=data,
        diff={"before": _line(newest), "after": _line(backup)},
        warnings=[*made.warnings, *warnings],
    )


def _unchanged(run: _Run, newest: Backup, check_mode: bool) -> Result:
    """Return the result when none is to be made; what has not come to the storage goes there now, old ones go."""
    told = f"{run.source.subject()}: unchanged since {newest.folder.name}"
    there = None if run.place is None else run.place.catalog()
    unsent = _unsent(run, there)
    if check_mode:
        outcome = _foreseen(run, there)
        data = {**_told(newest), "removed": outcome.removed}
        return Result(changed=bool(unsent or outcome.removed), msg=told, data=data, warnings=outcome.warnings)
    sent = _sent(run.place, unsent) if run.place is not None and unsent else None
    outcome = apply_retention(run.rules, run.folder(make=True), run.place, run.keep_local, run.clock())
    where = "" if run.place is None else run.place.where()
    path = {} if newest.folder.is_dir() else {"path": None}
    gone = [f"{one['where']}/{one['backup']}\n" for one in outcome.removed]
    return Result(
        changed=bool(sent or outcome.removed),
        msg=f"{told}; sent to {where}" if sent else told,
        data={**_told(newest), **({"storage": sent} if sent else {}), **path, "removed": outcome.removed},
        diff={
            "before": ("not in the storage\n" if sent else "") + "".join(gone),
            "after": f"in {where}\n" if sent else "",
        },
        warnings=[*_of_others(run, there), *outcome.warnings],
    )


def _foreseen(run: _Run, there: Catalog | None) -> Outcome:
    folder = run.folder(make=False)
    here = read_catalog(folder) if folder.is_dir() else Catalog([], [])
    if run.rules is None and (run.keep_local or run.place is None):
        return Outcome()
    return foreseen(run.rules, folder, here, run.place, there, run.keep_local, run.clock())


def _unsent(run: _Run, there: Catalog | None) -> list[Backup]:
    """Return the backups here that have not come to the storage, the oldest first.

    Those are newer than our newest there, as one goes there after each run: what is older was there once, and was let
    go. For none of ours there it is the newest here. What is there from another host, or from the future by our clock,
    tells nothing of what ours have come to.
    """
    folder = run.folder(make=False)
    if there is None or not folder.is_dir():
        return []
    here = read_catalog(folder).backups
    names = {one.folder.name for one in there.backups}
    mine = {one.folder.name for one in here}
    ours = [one for one in there.backups if one.folder.name in mine or not other_host(one.manifest)]
    newest = max((one.folder.name for one in ours if one.manifest.started_at <= run.clock()), default="")
    unsent = [one for one in here if one.folder.name > newest]
    unsent = [one for one in unsent if one.folder.name not in names and not damage(one)]
    return unsent[::-1] if newest else unsent[:1]


def _of_others(run: _Run, there: Catalog | None) -> list[str]:
    """Return a warning when the newest backup of that name in the storage is of another host."""
    newest = next(iter(there.backups), None) if there is not None else None
    if newest is None or run.place is None:
        return []
    return told_of_another(newest.folder.name, newest.manifest, run.place.where())


def _sent(place: Place, unsent: Sequence[Backup]) -> dict[str, Any]:
    done = [place.send(backup.folder) for backup in unsent]
    return {
        "where": place.where(),
        "backups": [backup.folder.name for backup in unsent],
        "sent": sum(one["sent"] for one in done),
        "seconds": round(sum(one["seconds"] for one in done), 3),
    }


def _is_whole(run: _Run, backup: Backup) -> bool:
    """Tell whether nothing is plainly wrong with a backup, here or, for one that is only there, in the storage."""
    if backup.folder.is_dir():
        return not damage(backup)
    return run.place is None or not run.place.damage(backup)


def _proven(run: _Run, draft: Draft, made: Made) -> Manifest:
    """Return the manifest of a draft that was proven as far as it was asked for."""
    encryption = {} if run.cipher is None else {"encryption": run.cipher.told()}
    manifest = Manifest(
        name=run.name,
        kind=run.source.kind,
        id=draft.id,
        started_at=draft.started_at,
        finished_at=run.clock(),
        level="L0",
        verified_at=None,
        size=sum(file.size for file in draft.files),
        files=tuple(draft.files),
        server={**made.server, MADE_ON: this_host()},
        tools=made.tools,
        layout={**made.layout, **encryption},
        facts=made.facts,
    )
    backup = Opened(draft.folder, manifest, run.cipher, run.timeout, run.options.get("bin_dir"))
    level = run.options.get("verify") or proofs.highest_here(backup)
    proven = proofs.prove(backup, run.kind, level, run.rehearsal, run.clock)
    return replace(proven, finished_at=run.clock())


def _kept(run: _Run, backup: Backup) -> tuple[dict[str, Any], list[str]]:
    """Send it to the storage and let old ones go; return what was done, and warnings.

    :raises OpsError: something failed; the new backup is there whatever that was, which the details say.
    """
    try:
        there = None if run.place is None else run.place.catalog()
        sent = {} if run.place is None else {"storage": _sent(run.place, _unsent(run, there))}
        outcome = apply_retention(run.rules, backup.folder.parent, run.place, run.keep_local, run.clock())
    except OpsError as error:
        error.details.update(_told(backup), changed=True)
        raise
    path = {} if backup.folder.is_dir() else {"path": None}
    return {**sent, **path, "removed": outcome.removed}, [*_of_others(run, there), *outcome.warnings]


def _planned(run: _Run) -> Result:
    plan = dict(run.source.plan())
    folder = run.folder(make=False)
    told = f"{run.source.subject()}: would be backed up into {folder}"
    outcome = planned(run.rules, folder, run.place, run.keep_local, run.clock())
    data = {
        "path": str(folder),
        "name": run.name,
        "estimate": run.source.estimate(),
        "plan": plan,
        "removed": outcome.removed,
    }
    newest = next(iter(run.known().backups), None)
    gone = "".join(f"{one['where']}/{one['backup']} removed: {one['why']}\n" for one in outcome.removed)
    return Result(
        changed=True,
        msg=told,
        data=data,
        diff={"before": _line(newest), "after": f"a new backup\n{gone}"},
        warnings=outcome.warnings,
    )


def _told(backup: Backup) -> dict[str, Any]:
    manifest = backup.manifest
    return {
        "backup": backup.folder.name,
        "path": str(backup.folder),
        "name": manifest.name,
        "level": manifest.level,
        "size": manifest.size,
        "files": [file.path for file in manifest.files][:1000],
        "facts": dict(manifest.facts),
        "proofs": [{"level": one.level, "seconds": one.seconds, "found": dict(one.found)} for one in manifest.proofs],
    }


def _line(backup: Backup | None) -> str:
    if backup is None:
        return "no backup\n"
    return f"{backup.folder.name}: {backup.manifest.level}, {backup.manifest.size} bytes\n"
