# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What an inventory says of the snapshots of Elasticsearch or OpenSearch, as options of the modules for them.

The cluster writes its snapshots itself, into a repository that it knows by name: what holds for files of backups, their
folder, their storage and their encryption, does not hold here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._search.connection import SPEC as CONNECTION

# A repository without a type is one that somebody else registers.
REPOSITORY = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "type": {"type": "str"},
        "settings": {"type": "dict"},
        "verify": {"type": "bool", "default": True},
    },
    required_by={"settings": ["type"]},
)
# The cluster compares checksums of what it has written; higher levels restore.
LEVEL = "L1"
_NOT_HERE = ("path", "storage", "encryption", "keep_local", "verify", "command_timeout")
# What the playbooks say themselves, so that it cannot be said twice.
_OURS: Mapping[str, Sequence[str]] = {
    "options": ("retention", "state"),
    "restore": ("repository", "name", "snapshot"),
    "rehearsal": ("repository", "name", "snapshot", "level", "objectives"),
}

Options = dict[str, Any]


def search_plan(
    plan: Options, job: Mapping[str, Any], given: Mapping[str, Any], login: Mapping[str, Any], where: str
) -> Options:
    """Return ``plan`` with the options of modules and, beside those that every kind has, of

    - ``register``, those of ``es_repository``; empty when the repository is somebody else's to register;
    - ``look``, those of ``es_snapshot_info``;
    - ``rehearsed``, as ``read``, without how the cluster is reached: for another one that has the repository;
    - ``keep_old``, whether what is replaced is kept as a snapshot first.

    :param job: all that holds for the backup, ``given`` what it says itself. :param login: how to reach the cluster.
    :raises InputError: an option that is wrong, missing, or of another kind.
    """
    _refuse(given, where)
    options, restore = dict(job["options"]), dict(job["restore"])
    repository = _repository(options.pop("repository", None), f"{where}: options: repository")
    pattern = str(options.pop("name", "") or f"{job['name'].lower()}-{{now/d}}")
    connection = {**login, **_connection_of(options)}
    if not connection.get("url"):
        raise InputError(f"{where}: no url of the cluster", advice="set day2_search")
    chosen = {"repository": repository["name"], "name": pattern}
    snapshots = {**connection, **chosen}
    keep_old = restore.pop("keep_old", True)
    rehearsed = job.get("rehearsal") or {}
    making = {name: value for name, value in options.items() if name not in CONNECTION.options}
    retention = {"retention": job["retention"]} if job.get("retention") else {}
    register = {**connection, **repository} if repository["type"] else {}
    make = {**making, **snapshots, **retention}
    return {
        **plan,
        "level": given.get("level") or LEVEL,
        "make": make,
        "register": register,
        "look": snapshots,
        "read": {**snapshots, **rehearsed},
        "rehearsed": {**chosen, **rehearsed},
        "restore": {**snapshots, **restore},
        "keep_old": bool(keep_old),
        "schedule_options": {**make, "register": repository} if register else make,
    }


def _refuse(given: Mapping[str, Any], where: str) -> None:
    """:raises InputError: an option that does not hold for search clusters, or stands in the wrong place."""
    others = [name for name in _NOT_HERE if given.get(name)]
    if others:
        raise InputError(f"{where}: {', '.join(others)}: not for search clusters", advice="their repository says where")
    for place, ours in _OURS.items():
        doubled = [name for name in given.get(place) or {} if name in ours]
        if doubled:
            raise InputError(
                f"{where}: {', '.join(doubled)} stands in {place}", advice="give it beside it, or to the playbook"
            )


def _repository(said: Any, where: str) -> Options:
    if not said:
        raise InputError(
            f"{where}: which one", advice="give its name, or name, type and settings to have it registered"
        )
    named = {"name": said} if isinstance(said, str) else said
    if not isinstance(named, Mapping):
        raise InputError(f"{where}: expected a name or a dictionary")
    valid = REPOSITORY.validate(named, where)
    return {**valid, "settings": valid["settings"] or {}}


def _connection_of(options: Mapping[str, Any]) -> Options:
    return {name: value for name, value in options.items() if name in CONNECTION.options}
