# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Waiting until the shards of some indices are where they belong, and why one is not, in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import OpsError, Unreachable, one_line
from .._core.waiting import SYSTEM_CLOCK, Clock
from .answers import Unavailable
from .connection import Client, part
from .documents import portions

GREEN, YELLOW, RED = "green", "yellow", "red"
STATUSES = (GREEN, YELLOW)
_RANK: Mapping[str, int] = {RED: 0, YELLOW: 1, GREEN: 2}
_FIELDS = ("status", "indices.*.status", "indices.*.unassigned_shards", "indices.*.initializing_shards")
_EVERY = 0.25  # seconds between two looks
_EXPLAIN_EVERY = 2.0
# A disk may be freed, a node come back: so many seconds, by what allocation says, before we say that nobody will take a
# shard. Restores end with the cluster's state of them: when all nodes that may be elected start anew, no copy is left.
_PATIENCE: Mapping[str, float] = {"no": 30.0, "no_valid_shard_copy": 120.0}
# Of its shards a restore itself says when there is nothing more to wait for.
_FINAL = "restore_in_progress"
# A node that has just begun answers before it knows of any index.
_GONE = 20.0


class Stuck(OpsError):
    """A shard will not be assigned. ``status`` is that of the worst index."""

    status = RED


class Late(OpsError):
    """The deadline has passed. ``moving`` says whether the work goes on in the cluster."""

    moving = True


@dataclass(frozen=True)
class Health:
    """How some indices are.

    :param by_index: the status of each that is there. :param unassigned: shards. :param initializing: shards.
    """

    by_index: Mapping[str, str]
    missing: tuple[str, ...] = ()
    unassigned: int = 0
    initializing: int = 0

    @property
    def status(self) -> str:
        """That of the worst; one that is not there is red."""
        if self.missing:
            return RED
        return min(self.by_index.values(), key=_rank, default=GREEN)

    def below(self, wanted: str) -> list[str]:
        """Return those that are not as well as wanted, the worst first."""
        poor = [name for name, status in self.by_index.items() if _rank(status) < _RANK[wanted]]
        return [*self.missing, *sorted(poor, key=lambda name: (_rank(self.by_index[name]), name))]


def _rank(status: str) -> int:
    return _RANK.get(status, 0)


def health(client: Client, names: Sequence[str]) -> Health:
    """Return how these indices are. :raises OpsError: nobody can say."""
    statuses: dict[str, str] = {}
    unassigned = initializing = 0
    # without a name both products tell of all
    for some in portions(names):
        query = {"level": "indices", "timeout": "0s", "filter_path": ",".join(_FIELDS)}
        answer = client.tried("GET", f"_cluster/health/{','.join(map(part, some))}", query)
        # 408 says that one of them is not there, or that the time is up, which is none here
        found = answer.body if answer.status == 408 and isinstance(answer.body, Mapping) else answer.result()
        for name, one in (found.get("indices") or {}).items():
            statuses[str(name)] = str(one["status"])
            unassigned += int(one["unassigned_shards"])
            initializing += int(one["initializing_shards"])
    gone = tuple(name for name in names if name not in statuses)
    return Health(statuses, gone, unassigned, initializing)


def cluster_health(client: Client) -> tuple[str, list[str]]:
    """Return the status of the cluster and the names of the indices that are red."""
    query = {"level": "indices", "timeout": "0s", "filter_path": "status,indices.*.status"}
    answer = client.tried("GET", "_cluster/health", query)
    found = answer.body if answer.status == 408 and isinstance(answer.body, Mapping) else answer.result()
    red = [str(name) for name, one in (found.get("indices") or {}).items() if one["status"] == RED]
    return str(found["status"]), sorted(red)


@dataclass(frozen=True)
class Explained:
    """Why a shard is not assigned. :param patience: seconds after which no node will take it; None for nobody knows."""

    why: str
    patience: float | None = None


def explained(client: Client, index: str) -> Explained | None:
    """Return why a shard of the index is not assigned, the primary of one before its copies; None if none is such."""
    query = {"format": "json", "h": "shard,prirep,state"}
    rows = client.ask("GET", f"_cat/shards/{part(index)}", query)
    waiting = sorted((row["prirep"] != "p", int(row["shard"])) for row in rows if row["state"] == "UNASSIGNED")
    if not waiting:
        return None
    replica, shard = waiting[0]
    body = {"index": index, "shard": shard, "primary": not replica}
    found = client.ask("POST", "_cluster/allocation/explain", body=body)
    final, why = _decided(found)
    told = f"{'a copy' if replica else 'the primary'} of {index}[{shard}] is not assigned: {why}"
    return Explained(one_line(told, 400), 0.0 if final else _PATIENCE.get(str(found.get("can_allocate"))))


def _decided(found: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether that is the last word, and the reason, from what a node's deciders say."""
    for node in found.get("node_allocation_decisions") or ():
        refusing = [one for one in node.get("deciders") or () if one.get("decision") == "NO"]
        for one in sorted(refusing, key=lambda one: one.get("decider") != _FINAL):
            return one.get("decider") == _FINAL, _innermost(str(one.get("explanation") or one.get("decider")))
    unassigned = found.get("unassigned_info") or {}
    return False, one_line(found.get("allocate_explanation") or unassigned.get("details") or "nobody says why", 300)


def _innermost(why: str) -> str:
    """Return the cause that helps of a chain such as ``shard has failed because of [.. nested: A[..]; nested: B]``."""
    cause = why.rpartition("nested: ")[2] if "nested: " in why else why
    return one_line(cause.partition("; ] - manually")[0], 260)


def await_shards(
    client: Client, names: Sequence[str], wanted: str, seconds: float, clock: Clock = SYSTEM_CLOCK
) -> Health:
    """Wait until the indices are at least ``wanted``, and return how they are then.

    :raises Stuck: a shard will never be assigned. :raises Late: that long it is not so. :raises OpsError: one of the
        indices is gone.
    """
    until = clock.monotonic() + seconds
    stuck = _Stuck(clock)
    gone_since: float | None = None
    while True:
        began = clock.monotonic()
        seen = _seen(client, names, until, clock)
        if _RANK[wanted] <= _rank(seen.status):
            return seen
        gone_since = None if not seen.missing else (began if gone_since is None else gone_since)
        if gone_since is not None and began - gone_since >= _GONE:
            raise OpsError(f"{len(seen.missing)} of {len(names)} indices are gone", on=", ".join(seen.missing[:5]))
        explanation = stuck.look(client, seen, wanted)
        if clock.monotonic() >= until:
            raise _late(client, seen, names, wanted, explanation)
        # with thousands of indices a look takes a while, and the cluster has other work
        pause = max(_EVERY, clock.monotonic() - began)
        clock.sleep(min(pause, max(until - clock.monotonic(), 0.01)))


def _seen(client: Client, names: Sequence[str], until: float, clock: Clock) -> Health:
    """Return how they are; a node that does not answer for a while ends no wait."""
    while True:
        try:
            return health(client, names)
        except (Unreachable, Unavailable):
            if clock.monotonic() >= until:
                raise
            clock.sleep(_EVERY)


class _Stuck:
    """Sees from look to look whether shards are in the way that nobody will take."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._explain_at = clock.monotonic()
        self._since: float | None = None
        self._last: Explained | None = None

    def look(self, client: Client, seen: Health, wanted: str) -> Explained | None:
        """Return the reason as it is known. :raises Stuck: there is no more to wait for."""
        now = self._clock.monotonic()
        if seen.initializing or not seen.unassigned:
            self._since = self._last = None
            return None
        if now < self._explain_at:
            return self._last
        self._explain_at = now + _EXPLAIN_EVERY
        self._last = _explained_if_possible(client, seen.below(wanted)[0])
        if self._last is None or self._last.patience is None:
            self._since = None
            return self._last
        self._since = now if self._since is None else self._since
        if now - self._since >= self._last.patience:
            stuck = Stuck(self._last.why)
            stuck.status = seen.status
            raise stuck
        return self._last


def _explained_if_possible(client: Client, index: str) -> Explained | None:
    try:
        return explained(client, index)
    except OpsError as error:  # the shard was assigned meanwhile, or the login may not ask
        return Explained(f"a shard of {index} is not assigned ({error.failed})")


def _late(client: Client, seen: Health, names: Sequence[str], wanted: str, why: Explained | None) -> Late:
    poor = seen.below(wanted)
    told = f"{len(poor)} of {len(names)} indices are not {wanted}"
    advice = why.why if why is not None else f"{progress(client, poor)}; follow it with GET _recovery?active_only=true"
    late = Late(told, on=", ".join(poor[:5]), advice=advice)
    late.moving = why is None
    return late


def progress(client: Client, names: Sequence[str]) -> str:
    """Return how far the restore of the indices is: ``1200 of 5000 bytes``."""
    done = total = 0
    fields = ",".join(f"*.shards.index.size.{one}" for one in ("total_in_bytes", "recovered_in_bytes"))
    try:
        for some in portions(names):
            found = client.ask("GET", f"{','.join(map(part, some))}/_recovery", {"filter_path": fields})
            sizes = [shard["index"]["size"] for index in found.values() for shard in index["shards"]]
            done += sum(int(one["recovered_in_bytes"]) for one in sizes)
            total += sum(int(one["total_in_bytes"]) for one in sizes)
    except (OpsError, KeyError, TypeError):
        return "how far it is cannot be seen"
    return f"{done} of {total} bytes are there"
