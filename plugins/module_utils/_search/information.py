# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``es_snapshot_info`` does: tell which snapshots there are, which count, how old the last one is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError
from .._core.result import Result
from . import snapshots
from .connection import SPEC as CONNECTION
from .connection import Client, connected
from .counts import recorded
from .information_overview import Overview, found, wanted
from .information_sizes import progress, sizes
from .information_unreadable import named, unreadable
from .names import check_repository
from .snapshots import Snapshot

Clock = Callable[[], float]
MET, MISSED = "met", "missed"
_EXPLAINED = 5  # of those that do not count, so many are asked for one by one
_MOST_NAMES = 1000
_AHEAD = "dated ahead of this host's clock"

SPEC = CONNECTION + ArgSpec(
    options={
        "repository": {"type": "str", "required": True},
        "name": {"type": "str", "default": "*"},
        "rpo": {"type": "raw"},
        "limit": {"type": "int", "default": 100},
        "sizes": {"type": "bool", "default": True},
    }
)


def operate(params: Mapping[str, Any], check_mode: bool = False, clock: Clock = time.time) -> Result:
    """Do the work of the module; nothing is changed.

    :param params: validated by ``SPEC``. :raises InputError: a wrong option. :raises NotThere: no such repository.
    :raises OpsError: the cluster does not answer, or the repository cannot be read.
    """
    del check_mode
    repository, which = check_repository(params["repository"]), wanted(params["name"])
    rpo = None if params.get("rpo") is None else seconds_of("rpo", params["rpo"])
    if params["limit"] < 1:
        raise InputError(f"limit is {params['limit']}", advice="expected 1 or more")
    with connected(params) as client:
        names = named(client, repository, which)
        seen = Overview(found(client, repository, which), params["limit"], clock())
        lost = unreadable(client, repository, which, names, seen.names)
        looking = _Looking(client, repository, bool(params["sizes"]))
        data = {**client.product.told(), "repository": repository, **looking.told(seen)}
    data.update(judged(seen, rpo))
    data["unreadable"] = [{"snapshot": name, "why": why} for name, why in list(lost.items())[:_MOST_NAMES]]
    return Result(
        msg="; ".join([about_last(repository, seen, rpo), *_others(data)]),
        data=data,
        warnings=[*looking.warnings, *_ahead(seen), *_lost(lost)],
    )


def judged(seen: Overview, rpo: float | None) -> dict[str, Any]:
    """Return age and objective, seconds, and whether it is met. Without a successful snapshot it is missed."""
    met = seen.age is not None and rpo is not None and seen.age <= rpo
    return {"age_seconds": seen.age, "rpo": rpo, "rpo_state": None if rpo is None else MET if met else MISSED}


class _Looking:
    """Turns what was seen into what is told; some of it is asked for. What cannot be had is None, with a warning."""

    def __init__(self, client: Client, repository: str, with_sizes: bool) -> None:
        self._client, self._repository, self._sizes = client, repository, with_sizes
        self._asked: dict[str, Snapshot] = {}  # by name, as what follows: none is asked for twice
        self._details: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []

    def told(self, seen: Overview) -> dict[str, Any]:
        """Return the part of the result that is about snapshots."""
        shown, last = seen.shown.all(), seen.last_success
        return {
            "count": seen.total,
            "states": dict(sorted(seen.states.items())),
            "snapshots": [entry(one) for one in shown],
            "newest": self._detailed(shown[0]) if shown else None,
            "last_success": None if last is None else self._detailed(last),
            "running": self._running(seen),
            "not_counted": [*self._wrong(seen), *({**entry(one), "why": _AHEAD, "newer": True} for one in seen.ahead)],
        }

    def _whole(self, one: Snapshot) -> Snapshot:
        """Return the snapshot with its indices and the faults of its shards, which a list leaves out."""
        if one.name not in self._asked:
            self._asked[one.name] = snapshots.one(self._client, self._repository, one.name) or one
        return self._asked[one.name]

    def _detailed(self, one: Snapshot) -> dict[str, Any]:
        if one.name not in self._details:
            whole = self._whole(one)
            names = whole.indices
            self._details[one.name] = {
                **entry(whole),
                "indices": None if names is None else list(names[:_MOST_NAMES]),
                "indices_count": None if names is None else len(names),
                **self._sized(whole),
            }
        return self._details[one.name]

    def _sized(self, one: Snapshot) -> dict[str, int | None]:
        unknown: dict[str, int | None] = {"size": None, "size_added": None}
        if one.running or not self._sizes:
            return unknown
        try:
            return {**unknown, **sizes(self._client, self._repository, one.name)}
        except OpsError as error:
            self.warnings.append(f"the size of {one.name} is not known: {error}")
            return unknown

    def _wrong(self, seen: Overview) -> list[dict[str, Any]]:
        found = [*map(self._whole, seen.wrong[:_EXPLAINED]), *seen.wrong[_EXPLAINED:]]
        return [{**entry(one), "why": one.wrong(), "newer": seen.is_newer(one)} for one in found]

    def _running(self, seen: Overview) -> list[dict[str, Any]]:
        if not seen.running:
            return []
        try:
            far = progress(self._client, self._repository)
        except OpsError as error:
            self.warnings.append(f"how far the snapshots are is not known: {error}")
            far = {}
        return [{**entry(one), "progress": far.get(one.name)} for one in seen.running]


def entry(one: Snapshot) -> dict[str, Any]:
    """Return a snapshot as a list has it, with the documents that its maker has counted; None when it has not."""
    counted = recorded(one.metadata)
    return {**one.told(), "documents": None if counted is None else counted.documents}


def about_last(repository: str, seen: Overview, rpo: float | None = None) -> str:
    """Return in a line what is to be said of the last successful snapshot. :param rpo: seconds."""
    last, age = seen.last_success, seen.age
    if last is None or age is None:
        return f"there is no successful snapshot in {repository}"
    late = f", more than {show_duration(rpo)}" if rpo is not None and age > rpo else ""
    return f"the last successful snapshot is {show_duration(age)} old{late}: {last.name} in {repository}"


def _others(data: Mapping[str, Any]) -> list[str]:
    """Return how many there are of each state, and what is newer and does not count."""
    told = [f"{number} {state}" for state, number in data["states"].items()]
    newer = [one for one in data["not_counted"] if one["newer"]]
    return [*told, *(f"newer and not counted: {one['snapshot']}, {one['why']}" for one in newer[:1])]


def _ahead(seen: Overview) -> list[str]:
    if not seen.ahead:
        return []
    names = ", ".join(one.name for one in seen.ahead[:3])
    return [f"dated ahead of this host's clock and so not counted: {names}; compare the clocks"]


def _lost(lost: Mapping[str, str]) -> list[str]:
    if not lost:
        return []
    told = "; ".join(f"{name}: {why}" for name, why in list(lost.items())[:3])
    return [f"the repository is damaged, it cannot tell of {len(lost)} of its snapshots any more ({told})"]
