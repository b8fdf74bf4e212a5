# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``backup_info`` does: tell which backups there are, how old, how proven, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, NotThere
from .._core.moments import written_utc
from .._core.periods import AHEAD, Rules
from .._core.result import Result
from .catalog import damage
from .draft import is_busy
from .information_copies import ANY, LOCAL, STORAGE, Copies, Copy, catalog_names, copies_of
from .manifest import LEVELS, Manifest, described, failure
from .opening import NEWEST
from .options import catalog_name
from .retention_applying import foreseen

Clock = Callable[[], float]

SPEC = ArgSpec(
    options={
        "path": {"type": "path", "required": True},
        "name": {"type": "str"},
        "storage": {"type": "dict"},
        "backup": {"type": "str"},
        "rpo": {"type": "raw"},
        "retention": {"type": "dict"},
    }
)
MET, MISSED = "met", "missed"


def operate(params: Mapping[str, Any], check_mode: bool = False, clock: Clock = time.time) -> Result:
    """Do the work of the module; nothing is changed.

    :param params: validated by ``SPEC``. :raises InputError: a wrong option.
    :raises OpsError: a catalogue cannot be looked at, here or in the storage.
    """
    del check_mode
    if params.get("backup") is not None and params.get("name") is None:
        raise InputError("backup: give name too")
    rules = Rules.of(params.get("retention"))
    objectives = _Objectives(params.get("rpo"))
    now = clock()
    found = [copies_of(params, name) for name in catalog_names(params)]
    catalogs = [_catalog(one, objectives.of(one.name), rules, now) for one in found]
    data: dict[str, Any] = {"catalogs": catalogs, "totals": _totals(catalogs)}
    if params.get("backup") is not None:
        data["backup"] = _one(found[0], params["backup"], now)
    return Result(msg=_line(data["totals"]), data=data)


class _Objectives:
    """The recovery point objectives, seconds: one for all, or by name."""

    def __init__(self, given: Any) -> None:
        by_name = given if isinstance(given, Mapping) else {}
        self._by_name = {catalog_name(str(name), ""): _seconds(value) for name, value in by_name.items()}
        self._all = None if given is None or isinstance(given, Mapping) else _seconds(given)

    def of(self, name: str) -> float | None:
        return self._by_name.get(name, self._all)


def _seconds(value: Any) -> float:
    return seconds_of("rpo", value)


def _catalog(copies: Copies, rpo: float | None, rules: Rules | None, now: float) -> dict[str, Any]:
    rows = [_row(copies, copy, now) for copy in copies.of(ANY)]
    counted = [row for row in rows if row["usable"] and row["level"] != LEVELS[0] and row["age"] >= -AHEAD]
    age = max(0.0, counted[0]["age"]) if counted else None
    told: dict[str, Any] = {
        "name": copies.name,
        "path": str(copies.folder),
        "storage": None if copies.place is None else copies.place.where(),
        "kinds": sorted({row["kind"] for row in rows}),
        "count": len(rows),
        "newest": counted[0]["backup"] if counted else None,
        "newest_level": counted[0]["level"] if counted else None,
        "age": age,
        "rpo": rpo,
        "rpo_state": None if rpo is None else MET if age is not None and age <= rpo else MISSED,
        "size": sum(backup.manifest.size for backup in copies.here.backups),
        "storage_size": None if copies.place is None else sum(one.manifest.size for one in copies.there.backups),
        "backups": rows,
        "refused": _refused(copies),
        "next_removed": [],
        "running": is_busy(copies.folder),
    }
    if rules is not None:
        there = None if copies.place is None else copies.there
        outcome = foreseen(rules, copies.folder, copies.here, copies.place, there, True, now)
        told["next_removed"] = outcome.removed
    return told


def _row(copies: Copies, copy: Copy, now: float) -> dict[str, Any]:
    """Return what is told of each backup. Of one that is in a storage only, files are not looked at."""
    manifest = copy.backup.manifest
    wrong = damage(copy.backup) if copy.place is None else failure(manifest)
    other = copies.other(copy)
    return {
        "backup": copy.backup.folder.name,
        "kind": manifest.kind,
        "where": [LOCAL, STORAGE] if other is not None else [copy.where],
        "started_at": written_utc(manifest.started_at),
        "finished_at": written_utc(manifest.finished_at),
        "age": round(now - manifest.started_at, 1),
        "size": manifest.size,
        "level": manifest.level,
        "verified_at": None if manifest.verified_at is None else written_utc(manifest.verified_at),
        "encrypted": bool(manifest.layout.get("encryption")),
        "damage": wrong,
        "usable": not wrong or (other is not None and not other.damage()),
    }


def _refused(copies: Copies) -> list[dict[str, str]]:
    return [
        {"backup": one.name, "where": where, "why": one.why}
        for where, catalog in ((LOCAL, copies.here), (STORAGE, copies.there))
        for one in catalog.refused
    ]


def _one(copies: Copies, wanted: str, now: float) -> dict[str, Any]:
    """Return the whole manifest of a backup, and what is wrong with each of its copies. :raises NotThere: none such."""
    names = [copy for copy in copies.of(ANY) if wanted in (NEWEST, copy.backup.folder.name)]
    if not names:
        raise NotThere(f"there is no backup {wanted}", on=str(copies.folder))
    copy = names[0]
    both = [one for one in (copy, copies.other(copy)) if one is not None]
    return {
        **_row(copies, copy, now),
        "manifest": _without_list(copy.backup.manifest),
        "copies": [{"where": one.where, "damage": one.damage()} for one in both],
    }


def _without_list(manifest: Manifest) -> dict[str, Any]:
    """Return the fields of a manifest, of its files the first thousand."""
    fields = described(manifest)
    return {**fields, "files": fields["files"][:1000]}


def _totals(catalogs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "catalogs": len(catalogs),
        "backups": sum(one["count"] for one in catalogs),
        "size": sum(one["size"] for one in catalogs),
        "storage_size": sum(one["storage_size"] or 0 for one in catalogs),
        "damaged": sum(bool(row["damage"]) for one in catalogs for row in one["backups"]),
        "refused": sum(len(one["refused"]) for one in catalogs),
        "rpo_missed": [one["name"] for one in catalogs if one["rpo_state"] == MISSED],
        "oldest_newest": max((one["age"] for one in catalogs if one["age"] is not None), default=None),
    }


def _line(totals: Mapping[str, Any]) -> str:
    backups, things = _count(totals["backups"], "backup"), _count(totals["catalogs"], "thing")
    parts = [f"{backups} of {things}, {totals['size'] / 1e6:,.1f} MB here"]
    if totals["oldest_newest"] is not None:
        parts.append(f"the newest of each is at most {show_duration(totals['oldest_newest'])} old")
    parts += [f"{totals[key]} {word}" for key, word in (("damaged", "damaged"), ("refused", "refused")) if totals[key]]
    if totals["rpo_missed"]:
        parts.append(f"RPO missed: {', '.join(totals['rpo_missed'])}")
    return "; ".join(parts)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
