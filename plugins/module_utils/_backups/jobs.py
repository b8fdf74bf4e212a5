# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What an inventory says of a service's backups, as the options of the modules that make, read and restore them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from .jobs_search import search_plan
from .jobs_wal import wal_plan
from .manifest import LEVELS
from .options import catalog_name

# What is backed up, and what makes it. The write-ahead log is archived without a pause, by pgBackRest; a search cluster
# writes its snapshots itself, into a repository of its own.
MAKERS: Mapping[str, str] = {
    "config": "config_backup",
    "postgres": "pg_backup",
    "redis": "redis_backup",
    "search": "es_snapshot",
    "wal": "pgbackrest",
}
SEARCH, WAL = "search", "wal"
DURATIONS = ("rpo", "rto")
_PLACE = ("path", "storage", "encryption", "command_timeout")
_MAKING = ("verify", "retention", "keep_local", "rehearsal")

_SHARED = ArgSpec(
    options={
        "path": {"type": "path"},
        "storage": {"type": "dict"},
        "encryption": {"type": "dict"},
        "retention": {"type": "dict"},
        "run_from": {"type": "str", "choices": ["host", "controller"], "default": "host"},
        "level": {"type": "str", "choices": list(LEVELS)},
        "rpo": {"type": "raw"},
        "rto": {"type": "raw"},
    }
)
SPEC = _SHARED + ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "required": True, "choices": sorted(MAKERS)},
        "run_from": {"type": "str", "choices": ["host", "controller"]},
        "command_timeout": {"type": "raw"},
        "verify": {"type": "str", "choices": list(LEVELS)},
        "keep_local": {"type": "bool"},
        "rehearsal": {"type": "dict"},
        "options": {"type": "dict", "default": {}},
        "restore": {"type": "dict", "default": {}},
        "schedule": {"type": "raw"},
    }
)
# What the playbooks say themselves, so that it cannot be said twice.
_OURS = ("name", "backup", *_PLACE, *_MAKING)

Job = dict[str, Any]


def backup_jobs(
    backups: Sequence[Mapping[str, Any]],
    shared: Mapping[str, Any],
    connections: Mapping[str, Mapping[str, Any]],
) -> list[Job]:
    """Return for each backup its ``name``, ``kind``, ``run_from``, ``level``, ``rpo``, ``rto`` and ``schedule``.

    ``module`` is the one that makes it and ``make`` its options, ``read`` those of one that reads it, ``restore`` those
    of the module that restores it; where the host makes it by a schedule, ``job`` is what ``backup_jobs`` takes. What
    search clusters have besides, :func:`~.jobs_search.search_plan` says.

    :param shared: what holds for all unless a backup says otherwise, each as a whole.
    :param connections: options of connections by kind.
    :raises InputError: an unknown or wrong option, two of one name.
    """
    defaults = {name: value for name, value in _SHARED.validate(shared, "day2_backups").items() if value is not None}
    valid = [SPEC.validate(one, f"day2_backups ({one.get('name', number)})") for number, one in enumerate(backups, 1)]
    names = [one["name"] for one in valid]
    if len(set(names)) != len(names):
        raise InputError(f"day2_backups: two have one name, among {', '.join(names)}")
    return [_job(_given(one), defaults, connections) for one in valid]


def _given(backup: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in backup.items() if value is not None}


def _job(given: Mapping[str, Any], defaults: Mapping[str, Any], connections: Mapping[str, Mapping[str, Any]]) -> Job:
    where = f"day2_backups ({given['name']})"
    for own in ("options", "restore"):
        doubled = [name for name in given[own] if name in _OURS and given["kind"] not in (SEARCH, WAL)]
        if doubled:
            raise InputError(f"{where}: {', '.join(doubled)} stands in {own}", advice="give it beside it")
    job = {**defaults, **given}
    for name in DURATIONS:
        if name in job:
            seconds_of(f"{where}: {name}", job[name])
    plan = {name: job.get(name) for name in ("name", "kind", "run_from", "level", "rpo", "rto", "schedule")}
    plan["module"] = MAKERS[job["kind"]]
    if job["kind"] == WAL:  # pgBackRest's own configuration says where and how
        archived = wal_plan(job["options"], job["restore"], job.get("rehearsal") or {}, where)
        plan = {**plan, "make": archived["make"], "read": archived["read"], "restore": archived["restore"]}
        return _scheduled(plan, options=archived["schedule_options"], user=archived["user"])
    if job["kind"] == SEARCH:
        cluster = search_plan(plan, job, given, connections.get(SEARCH) or {}, where)
        return _scheduled(cluster, options=cluster.pop("schedule_options"))
    if "path" not in job:
        raise InputError(f"{where}: no path", advice="set day2_backup_path")
    login = dict(connections.get(job["kind"]) or {})
    catalog_name(job["name"], "")
    # an empty dictionary says that this one is not encrypted, or not stored elsewhere, though others are
    place = {"name": job["name"], **_given_of(job, _PLACE)}
    making = _given_of(job, _MAKING)
    return _scheduled(
        {
            **plan,
            "make": {**login, **job["options"], **place, **making},
            "read": {**place, **({"rehearsal": making["rehearsal"]} if "rehearsal" in making else {})},
            "restore": {**_elsewhere(job["kind"], login), **job["restore"], **place},
        }
    )


def _scheduled(plan: Job, **others: Any) -> Job:
    """Add, where the host makes it by a schedule, the ``job`` as ``backup_jobs`` takes it; ``others`` win."""
    if not plan["schedule"] or plan["run_from"] != "host":
        return plan
    job = {**{name: plan[name] for name in ("name", "module", "schedule")}, "options": plan["make"], **others}
    return {**plan, "job": job}


def _elsewhere(kind: str, login: Mapping[str, Any]) -> dict[str, Any]:
    """Return the login of who restores: not into the database that is to be replaced, while somebody is in it."""
    return {name: value for name, value in login.items() if (kind, name) != ("postgres", "login_db")}


def _given_of(job: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: job[name] for name in names if job.get(name) not in (None, {})}
