# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``backup_verify`` does: prove backups now, and hold time and age against objectives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.moments import moment
from .._core.result import Result
from . import objectives
from .catalog import Catalog
from .information_copies import ANY, LOCAL, STORAGE, Copies, Copy, catalog_names, copies_of
from .manifest import FAILED, LEVELS, Manifest
from .opening import chosen, newer_not_taken
from .options import READING, root_of
from .verification_drill import RESTORED, Clock, Drill, Run, drilled

SPEC = READING + ArgSpec(
    options={
        "level": {"type": "str", "choices": list(LEVELS)},
        "all": {"type": "bool", "default": False},
        "source": {"type": "str", "default": ANY, "choices": [ANY, LOCAL, STORAGE]},
        "rehearsal": {"type": "dict"},
        "objectives": {"type": "dict"},
    }
)

_MEASURABLE = 10**6  # bytes: of less, time per size tells nothing


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = time.time) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``. :raises InputError: a wrong option. :raises NotThere: no such backup.
    :raises OpsError: a catalogue cannot be looked at, or the proof of the one backup cannot be tried.
    """
    run = Run(params, check_mode, clock)
    if params["all"]:
        return _all(run)
    if params.get("name") is None:
        raise InputError("name: which backups; or give all")
    copies = copies_of(params, catalog_names(params)[0])
    copy, warnings = _wanted(copies, run)
    return _one(run, copies, copy, warnings)


def _wanted(copies: Copies, run: Run) -> tuple[Copy, list[str]]:
    """Return the copy that is meant, and what is newer and was not taken."""
    known = copies.of(run.source)
    refused = [] if run.source == STORAGE else copies.here.refused
    refused = refused if run.source == LOCAL else [*refused, *copies.there.refused]
    where = str(copies.folder) if run.source != STORAGE or copies.place is None else copies.place.where()
    catalog = Catalog([copy.backup for copy in known], refused)
    backup = chosen(catalog, run.options["backup"], where, run.clock())
    copy = next(copy for copy in known if copy.backup is backup)
    return copy, newer_not_taken(catalog, run.options["backup"], backup, run.clock())


def _one(run: Run, copies: Copies, copy: Copy, warnings: list[str]) -> Result:
    drill = drilled(run, copies, copy)
    data = _told(run, copies, drill)
    missed = objectives.missed(data["objectives"])
    return Result(
        changed=not drill.failed or drill.marked,
        failed=bool(drill.failed or missed),
        msg=_line(copies, drill, data),
        data=data,
        diff={"before": _state(copy.backup.manifest), "after": _state(drill.manifest)},
        warnings=[*warnings, *drill.warnings],
    )


def _all(run: Run) -> Result:
    """Prove every backup; one that fails does not end the work."""
    told: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    warnings: list[str] = []
    for name in catalog_names(run.options):
        copies = copies_of(run.options, name)
        for copy in copies.of(run.source):
            drill = drilled(run, copies, copy, alone=False)
            told.append(_told(run, copies, drill))
            warnings += drill.warnings
        refused += _refused(copies, run.source)
    broken = [f"{one['name']}/{one['backup']}: {one['failed_why']}" for one in told if one["failed_why"]]
    bad = [*broken, *(f"{one['name']}/{one['backup']}: {one['why']}" for one in refused)]
    good = len(told) - len(broken)
    word = "would be proven" if run.check_mode else "proven"
    line = f"{good} of {len(told)} backups {word}" + (f"; not so: {'; '.join(bad[:5])}" if bad else "")
    nothing = not told and not bad
    return Result(
        changed=bool(told),
        failed=bool(bad) or nothing,
        msg=f"there is no backup to prove: {root_of(run.options)}" if nothing else line,
        data={"verified": told, "broken": broken, "refused": refused},
        warnings=warnings,
    )


def _refused(copies: Copies, source: str) -> list[dict[str, str]]:
    """Return what only looks like a backup. In a storage one without a manifest may be on its way."""
    here = [] if source == STORAGE else copies.here.refused
    there = [] if source == LOCAL else [one for one in copies.there.refused if one.why != "it has no manifest"]
    return [{"name": copies.name, "backup": one.name, "why": one.why} for one in (*here, *there)]


def _told(run: Run, copies: Copies, drill: Drill) -> dict[str, Any]:
    manifest = drill.manifest
    restored = not run.check_mode and drill.reached is not None and run.level in LEVELS[RESTORED:]
    rto = round(drill.reached - drill.began, 3) if restored and drill.reached is not None else None
    rpo = objectives.age(drill.began, _held_at(manifest))
    return {
        "name": copies.name,
        "backup": drill.name,
        "kind": manifest.kind,
        "where": drill.copy.where,
        "level": manifest.level,
        "level_failed": drill.level_failed,
        "failed_why": drill.failed,
        "size": manifest.size,
        "proofs": [
            {"level": one.level, "seconds": one.seconds, "found": dict(one.found)}
            for one in manifest.proofs
            if one.at >= drill.began  # those of now
        ],
        "fetch_seconds": None if drill.fetched is None else round(drill.fetched, 3),
        "rto_seconds": rto,
        "rto_seconds_per_gb": None
        if rto is None or manifest.size < _MEASURABLE
        else round(rto / manifest.size * 1e9, 3),
        "rpo_seconds": rpo,
        "objectives": objectives.held(run.objectives, {"rto": rto, "rpo": rpo}, run.check_mode),
        "seconds": round(run.clock() - drill.began, 3),
    }


def _held_at(manifest: Manifest) -> float:
    """Return the moment whose data a backup holds, seconds since the epoch."""
    snapshot = moment(manifest.facts.get("snapshot_at"))
    return manifest.started_at if snapshot is None else snapshot


def _line(copies: Copies, drill: Drill, data: Mapping[str, Any]) -> str:
    subject = f"{copies.name}/{drill.name}"
    if drill.failed:
        return f"{subject}: {drill.failed}"
    return "; ".join([f"{subject}: {drill.manifest.level} holds", *objectives.told(data["objectives"])])


def _state(manifest: Manifest) -> str:
    proven = ", ".join(f"{proof.level} {'failed' if FAILED in proof.found else 'held'}" for proof in manifest.proofs)
    return f"{manifest.level} ({proven or 'never proven'})\n"
