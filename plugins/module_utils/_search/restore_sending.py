# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking the server to restore, seeing that what was planned is what it makes, and taking that away again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import OpsError, Unreachable
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from .answers import Unavailable
from .connection import Client, part
from .documents import portions
from .restore_present import present
from .snapshots import Snapshot

_LONG = 120.0  # seconds: the server reads the repository and writes the state of the cluster before it answers
_APPEARS = 20.0
_SHOWN = 5


class Unclear(OpsError):
    """Nobody knows whether the server restores."""


@dataclass(frozen=True)
class Order:
    """What the server is asked for. :param targets: the indices that are to be there then, open."""

    repository: str
    snapshot: str
    body: Mapping[str, Any]
    targets: Sequence[str]

    @property
    def on(self) -> str:
        """What is restored, fit for a message."""
        return f"{self.repository}/{self.snapshot}"


def send(client: Client, order: Order, clock: Clock = SYSTEM_CLOCK) -> bool:
    """Have the server begin to restore, and see that the indices that were planned are there.

    Returns whether the server has said so; when its answer is lost they may, however unlikely, be somebody else's.

    :raises Unclear: nobody answers, and they do not appear; or the server has given other names. :raises OpsError: it
        refuses, and has made nothing.
    """
    path = f"_snapshot/{part(order.repository)}/{part(order.snapshot)}/_restore"
    query = {client.product.master_timeout: "60s"}
    lost: OpsError | None = None
    try:
        client.ask("POST", path, query, dict(order.body), within=max(_LONG, client.timeout))
    except (Unreachable, Unavailable) as error:
        lost = error
    # a busy server that answers has made nothing, but one before it may have answered in its place
    patience = 0.0 if isinstance(lost, Unavailable) else _APPEARS
    seen = wait_until(lambda: _absent(client, order.targets), lambda absent: absent == [], patience, clock=clock)
    if seen.done or (lost is None and seen.last is None):
        return lost is None  # of one that accepted and then answers no more, the wait for the shards tells
    if isinstance(lost, Unavailable):
        raise lost
    if lost is not None:
        raise Unclear(
            f"nobody knows whether the restore has begun: {lost.failed}",
            on=order.on,
            advice="look at GET _cat/recovery?active_only=true before it is tried again",
        )
    raise Unclear(
        f"the server restores, and not under the names that were planned: {_some(seen.last or [])} are not there",
        on=order.on,
        advice="see GET _cat/recovery; nothing was removed; rename_pattern is read otherwise by the server",
    )


def _absent(client: Client, targets: Iterable[str]) -> list[str] | None:
    """Return those that are not there, or are closed; None when nobody can say now."""
    try:
        there = present(client).indices
    except (Unreachable, Unavailable):
        return None
    return [name for name in targets if name not in there or not there[name].open]


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def removed(client: Client, indices: Sequence[str], streams: Sequence[str] = ()) -> None:
    """Remove indices, those that are there of them, and data streams with all that is behind them.

    :raises OpsError: they are not removed.
    """
    for some in portions(streams):
        client.ask("DELETE", f"_data_stream/{','.join(map(part, some))}")
    for some in portions(indices):
        client.ask("DELETE", ",".join(map(part, some)), {"ignore_unavailable": True}, within=max(_LONG, client.timeout))


def restored_from(client: Client, repository: str, snapshot: Snapshot, targets: Mapping[str, str]) -> bool:
    """Return whether indices that are there came from the snapshot, as the servers recall until they are started anew.

    :param targets: names by those in the snapshot.
    """
    sources = {target: source for source, target in targets.items()}
    fields = ",".join(
        f"*.shards.{one}"
        for one in ("primary", "type", "start_time_in_millis", "source.repository", "source.snapshot", "source.index")
    )
    ended = snapshot.ended_at or 0.0
    proven: set[str] = set()
    for some in portions(list(sources)):
        found = client.ask("GET", f"{','.join(map(part, some))}/_recovery", {"filter_path": fields})
        for name, index in found.items():
            primaries = [shard for shard in index.get("shards") or () if shard.get("primary")]
            wanted = {"repository": repository, "snapshot": snapshot.name, "index": sources.get(name)}
            if primaries and all(_is_from(shard, wanted, ended) for shard in primaries):
                proven.add(name)
    return proven == set(sources)


def _is_from(shard: Mapping[str, Any], wanted: Mapping[str, Any], ended: float) -> bool:
    # one that began before the snapshot ended is of another snapshot, which had the same name
    began = int(shard.get("start_time_in_millis") or 0) / 1000
    source = shard.get("source") or {}
    same = all(source.get(name) == value for name, value in wanted.items())
    return same and shard.get("type") == "SNAPSHOT" and began >= ended
