# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The options of a restore, looked at before the cluster is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from . import connection
from .health import GREEN, STATUSES
from .names import check_index, check_indices, check_repository
from .restore_choice import NEWEST, checked
from .restore_naming import Renaming

NEW, IN_PLACE, ALIAS = "new", "in_place", "alias"
RED, DISK, SHARDS = "red", "disk", "shards"
ACCEPT, REFUSE = "accept", "refuse"
_REPLICAS = "index.number_of_replicas"
_TOLERANCE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*\Z")

CHOICE = ArgSpec(
    options={
        "repository": {"type": "str", "required": True},
        "snapshot": {"type": "str", "default": NEWEST},
        "name": {"type": "str", "default": "*"},
        "indices": {"type": "list", "elements": "str", "default": ["*"]},
    }
)
SPEC = (
    connection.SPEC
    + CHOICE
    + ArgSpec(
        options={
            "mode": {"type": "str", "choices": [NEW, IN_PLACE, ALIAS], "default": NEW},
            "force": {"type": "bool", "default": False},
            "rename_pattern": {"type": "str"},
            "rename_replacement": {"type": "str"},
            "aliases": {"type": "dict"},
            "undo": {"type": "dict"},
            "include_aliases": {"type": "bool"},
            "include_global_state": {"type": "bool", "default": False},
            "index_settings": {"type": "dict"},
            "ignore_index_settings": {"type": "list", "elements": "str"},
            "replicas": {"type": "int"},
            "partial": {"type": "bool", "default": False},
            "min_status": {"type": "str", "choices": list(reversed(STATUSES)), "default": GREEN},
            "wait_timeout": {"type": "raw", "default": "1h"},
            "tolerance": {"type": "str", "default": "0"},
            "unverified": {"type": "str", "choices": [ACCEPT, REFUSE]},
            "despite": {"type": "list", "elements": "str", "choices": [RED, DISK, SHARDS], "default": []},
        },
        required_together=[("rename_pattern", "rename_replacement")],
    )
)


@dataclass(frozen=True)
class Options:
    """What was asked for.

    :param seconds: to wait. :param settings: those that each index gets.
    :param unverified: whether documents that nobody can compare are accepted.
    """

    repository: str
    snapshot: str
    name: str
    indices: list[str]
    mode: str
    renaming: Renaming | None
    aliases: Mapping[str, str]
    include_aliases: bool | None
    global_state: bool
    settings: Mapping[str, Any]
    ignored: list[str]
    partial: bool
    status: str
    seconds: float
    tolerance: Tolerance
    unverified: bool
    despite: frozenset[str]

    @property
    def copies(self) -> int:
        """How many copies of each shard there will be at least; 0 when nobody says."""
        told = str(self.settings.get(_REPLICAS, "0"))
        return int(told) if told.isdigit() else 0


@dataclass(frozen=True)
class Tolerance:
    """How many documents may be missing: a number, or a part of what was recorded."""

    number: float
    part: bool

    def allows(self, missing: int, recorded: int | None) -> bool:
        """Return whether that many fewer are accepted."""
        if self.part:
            return recorded is not None and missing <= recorded * self.number / 100
        return missing <= self.number


def options_of(params: Mapping[str, Any]) -> Options:
    """Return what was asked for. :raises InputError: something cannot be meant so."""
    check_repository(params["repository"])
    checked(params["snapshot"], params["name"])
    mode = params["mode"]
    pattern = params["rename_pattern"]
    renaming = None if pattern is None else Renaming(pattern, params["rename_replacement"])
    if renaming is not None:
        renaming.namer()
    _require_sense(params, mode, renaming)
    settings = _settings(params)
    return Options(
        repository=params["repository"],
        snapshot=params["snapshot"],
        name=params["name"],
        indices=some_indices(params["indices"]),
        mode=mode,
        renaming=renaming,
        aliases=_aliases(params["aliases"] or {}),
        include_aliases=params["include_aliases"],
        global_state=params["include_global_state"],
        settings=settings,
        ignored=list(params["ignore_index_settings"] or []),
        partial=params["partial"],
        status=params["min_status"],
        seconds=seconds_of("wait_timeout", params["wait_timeout"]),
        tolerance=tolerance_of(params["tolerance"]),
        unverified=(params["unverified"] or (REFUSE if mode == ALIAS else ACCEPT)) == ACCEPT,
        despite=frozenset(params["despite"]),
    )


def some_indices(patterns: list[str]) -> list[str]:
    """Return names and patterns. :raises InputError: there is none, or one can mean nothing."""
    if not patterns:
        raise InputError("indices is empty", advice="expected names or patterns, * for all")
    return check_indices(patterns)


def _require_sense(params: Mapping[str, Any], mode: str, renaming: Renaming | None) -> None:
    if mode == IN_PLACE and not params["force"]:
        raise InputError("mode: in_place replaces what the indices hold", advice="to have that, say force: true")
    if mode == IN_PLACE and renaming is not None:
        raise InputError("mode: in_place gives no new names", advice="leave rename_pattern out, or take mode: new")
    if mode == ALIAS and params["include_aliases"]:
        raise InputError("include_aliases: mode: alias sets the aliases itself", advice="leave it out")
    if mode != ALIAS and params["aliases"]:
        raise InputError("aliases are for mode: alias")


def _settings(params: Mapping[str, Any]) -> dict[str, Any]:
    settings = dict(params["index_settings"] or {})
    if params["replicas"] is None:
        return settings
    if params["replicas"] < 0:
        raise InputError(f"replicas is {params['replicas']}", advice="expected 0 or more")
    if {_REPLICAS, "number_of_replicas", "index"} & set(settings):
        raise InputError("replicas is given, and index_settings may say it too", advice="give one of them")
    # copies that follow the number of nodes would undo it
    return {"index.auto_expand_replicas": "false", **settings, _REPLICAS: params["replicas"]}


def _aliases(given: Mapping[str, Any]) -> dict[str, str]:
    return {str(index): check_index(str(alias), f"the alias of {index}") for index, alias in given.items()}


def tolerance_of(told: str) -> Tolerance:
    """Return how many documents may be missing, ``10`` or ``0.1%``. :raises InputError: it is neither."""
    match = _TOLERANCE.match(told)
    if match is None:
        raise InputError(f"tolerance {told!r} cannot be read", advice="expected a number of documents, or such as 0.1%")
    return Tolerance(float(match[1]), bool(match[2]))
