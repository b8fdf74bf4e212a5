# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Restores that are at work: a shard is on no node until it is its turn, which is not that it is lost.

Both products tell in the routing table, ``_cluster/state/routing_table``, what a shard is recovered from, and why it is
on no node. One that a restore has given up is ``ALLOCATION_FAILED``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.durations import show_duration
from .._core.errors import OpsError
from .answers import Conflict
from .connection import Client, part
from .documents import portions
from .making_run import Run
from .making_target import Target, some, unassigned

_PAUSE = 0.5
_SHARDS = "routing_table.indices.*.shards.*"
_FIELDS = ("primary", "state", "recovery_source.type", "unassigned_info.reason")
_FROM = "SNAPSHOT"
_UNTIL_STARTED = ("UNASSIGNED", "INITIALIZING")
_GIVEN_UP = "ALLOCATION_FAILED"


def without_restores(run: Run, known: Target, check_mode: bool) -> list[str]:
    """Return which indices have a primary shard on no node, once no restore is to give it to them any more.

    Check mode does not wait.

    :raises Conflict: a restore runs, and is not to be waited for, or still runs at the end of the time.
    """
    # one that is restored is yellow or red, by the product and the moment
    unwell = sorted(one.name for one in known.inside if not one.green)
    while True:
        active = _active(run.client) & {one.name for one in known.inside}
        restored = sorted(active | set(restoring(run.client, unwell)))
        if not restored:
            return unassigned(run.client, known)
        told = f"a restore into {some(restored)} is running"
        if not run.wanted.queue:
            raise Conflict(told, on=run.client.where, advice="try again later, or wait: see when_busy")
        if check_mode:
            run.warnings.append(f"{told}, and would be waited for")
            return [name for name in unassigned(run.client, known) if name not in restored]
        if run.clock.monotonic() + _PAUSE > run.deadline:
            limit = show_duration(run.wanted.wait_timeout)
            told = f"{told}: longer than the {limit} of wait_timeout"
            raise Conflict(told, on=run.client.where, advice="nothing was made")
        run.clock.sleep(_PAUSE)


def restoring(client: Client, indices: Sequence[str]) -> list[str]:
    """Return those of which a primary shard is in a restore, or waits for its turn; none where nobody tells."""
    found: list[str] = []
    query = {"filter_path": ",".join(f"{_SHARDS}.{name}" for name in _FIELDS), "ignore_unavailable": True}
    for few in portions(indices):
        try:
            answer = client.ask("GET", f"_cluster/state/routing_table/{','.join(map(part, few))}", query)
        except OpsError:
            return []
        known = (answer.get("routing_table") or {}).get("indices") or {}
        found += [name for name, one in known.items() if any(map(_waits, _copies(one)))]
    return sorted(found)


def _active(client: Client) -> set[str]:
    """Return the indices of which a shard is being restored right now, which need not be red; none where nobody tells.

    A search waits for such a shard, and so would the count of documents.
    """
    try:
        found = client.ask("GET", "_recovery", {"active_only": True, "filter_path": "*.shards.type"})
    except OpsError:
        return set()
    return {name for name, one in found.items() if any(shard.get("type") == _FROM for shard in one["shards"])}


def _copies(index: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [copy for copies in (index.get("shards") or {}).values() for copy in copies]


def _waits(copy: Mapping[str, Any]) -> bool:
    source, why = copy.get("recovery_source") or {}, copy.get("unassigned_info") or {}
    begun = copy.get("primary") and copy.get("state") in _UNTIL_STARTED
    return bool(begun) and source.get("type") == _FROM and why.get("reason") != _GIVEN_UP
