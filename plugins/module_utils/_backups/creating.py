# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Making a backup, the same for each kind: space, draft, data, read back, proof, name, storage, retention."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

from .._core.durations import seconds_of, show_duration
from .._core.result import Result
from . import proofs
from .base import Kind, Made, Source
from .catalog import Backup, Catalog, damage, read_catalog
from .cipher import Cipher, cipher_of
from .draft import Draft, catalog_folder, drafted, published, require_space
from .kinds import kind_named
from .manifest import Manifest, write_manifest
from .opened import Opened
from .options import catalog_name, root_of
from .retention import apply_retention
from .storage import Place, place_of

Clock = Callable[[], float]


class _Run:
    """One call: its options, resolved before anything is touched."""

    def __init__(self, source: Source, options: Mapping[str, Any], default_name: str, clock: Clock) -> None:
        self.source = source
        self.options = options
        self.clock = clock
        self.name = catalog_name(options.get("name"), default_name)
        self.root = root_of(options)
        self.cipher: Cipher | None = cipher_of(options.get("encryption"), source.kind)
        self.place: Place | None = place_of(options.get("storage"), self.name)
        self.timeout = seconds_of("command_timeout", options["command_timeout"])
        self.kind: Kind = kind_named(source.kind)
        self.rehearsal = self.kind.REHEARSAL.validate(options.get("rehearsal") or {}, "rehearsal")

    def folder(self, make: bool) -> Path:
        return catalog_folder(self.root, self.name, make)

    def known(self) -> Catalog:
        folder = self.folder(make=False)
        here = read_catalog(folder) if folder.is_dir() else Catalog([], [])
        return here if here.backups or self.place is None else self.place.catalog()


def back_up(
    source: Source, options: Mapping[str, Any], check_mode: bool, default_name: str, clock: Clock = time.time
) -> Result:
    """Make a backup of ``source`` and return the module's result.

    :param options: validated by MAKING. :param default_name: of the catalogue, when none is given.
    :raises OpsError: nothing was made; earlier backups are as they were.
    """
    run = _Run(source, options, default_name, clock)
    newest = next(iter(run.known().backups), None)
    if newest is not None and _is_whole(newest) and source.unchanged(newest.manifest):
        return Result(msg=f"{source.subject()}: unchanged since {newest.folder.name}", data=_told(newest))
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
    kept = _kept(run, backup)
    told = f"{manifest.level}, {manifest.size / 1e6:,.1f} MB in {show_duration(clock() - begin)}"
    data = {**_told(backup), **kept, "seconds": round(clock() - begin, 3)}
    return Result(
        changed=True,
        msg=f"{source.subject()}: backed up as {backup.folder.name} ({told})",
        data=data,
        diff={"before": _line(newest), "after": _line(backup)},
        warnings=list(made.warnings),
    )


def _is_whole(backup: Backup) -> bool:
    """Tell whether nothing is plainly wrong with a backup; of one that is in a storage only, no more is known."""
    return not backup.folder.is_dir() or not damage(backup)


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
        server=made.server,
        tools=made.tools,
        layout={**made.layout, **encryption},
        facts=made.facts,
    )
    backup = Opened(draft.folder, manifest, run.cipher, run.timeout, run.options.get("bin_dir"))
    level = run.options.get("verify") or proofs.highest_here(backup)
    proven = proofs.prove(backup, run.kind, level, run.rehearsal, run.clock)
    return replace(proven, finished_at=run.clock())


def _kept(run: _Run, backup: Backup) -> dict[str, Any]:
    """Send it to the storage and let old ones go; the new backup is there whatever fails here."""
    sent = {} if run.place is None else {"storage": {"where": run.place.where(), **run.place.send(backup.folder)}}
    removed = apply_retention(
        run.options.get("retention"), backup.folder.parent, run.place, run.options["keep_local"], run.clock()
    )
    return {**sent, "removed": removed}


def _planned(run: _Run) -> Result:
    plan = dict(run.source.plan())
    folder = run.folder(make=False)
    told = f"{run.source.subject()}: would be backed up into {folder}"
    data = {"path": str(folder), "name": run.name, "estimate": run.source.estimate(), "plan": plan}
    newest = next(iter(run.known().backups), None)
    return Result(changed=True, msg=told, data=data, diff={"before": _line(newest), "after": "a new backup\n"})


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
