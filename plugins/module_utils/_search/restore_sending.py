# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking the server to restore, seeing that what was planned is what it makes, and taking that away again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import NotThere, OpsError, Unreachable
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from .answers import Unavailable
from .connection import Client, part
from .documents import portions
from .restore_origin import restored_from
from .restore_present import present
from .snapshots import Snapshot

_LONG = 120.0  # seconds: the server reads the repository and writes the state of the cluster before it answers
_APPEARS = 20.0
_SHOWN = 5


class Unclear(OpsError):
    """Nobody knows whether the server restores."""


@dataclass(frozen=True)
class Order:
    """What the server is asked for. :param targets: the indices that are to be there then, by their names in it."""

    repository: str
    snapshot: Snapshot
    body: Mapping[str, Any]
    targets: Mapping[str, str]

    @property
    def on(self) -> str:
        """What is restored, fit for a message."""
        return f"{self.repository}/{self.snapshot.name}"


def send(client: Client, order: Order, clock: Clock = SYSTEM_CLOCK) -> bool:
    """Have the server begin to restore, and see that the indices that were planned are there.

    When the answer is lost, those that have the names may be somebody else's: then it is asked where they came from.
    Returns whether the server has said itself that it restores.

    :raises Unclear: nobody answers, and they do not appear, or are not of this snapshot; or the server has given other
        names. :raises OpsError: it refuses, and has made nothing.
    """
    path = f"_snapshot/{part(order.repository)}/{part(order.snapshot.name)}/_restore"
    query = {client.product.master_timeout: "60s"}
    lost: OpsError | None = None
    try:
        client.ask("POST", path, query, dict(order.body), within=max(_LONG, client.timeout))
    except (Unreachable, Unavailable) as error:
        lost = error
    # a busy server that answers has made nothing, but one before it may have answered in its place
    patience = 0.0 if isinstance(lost, Unavailable) else _APPEARS
    seen = wait_until(
        lambda: _lacking(client, order, lost is not None), lambda lacking: lacking == [], patience, clock=clock
    )
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


def _lacking(client: Client, order: Order, lost: bool) -> list[str] | None:
    """Return those that are not there, or are closed; None when nobody can say now.

    :param lost: whether they count only when it can be seen that they are of this snapshot.
    """
    targets = list(order.targets.values())
    try:
        there = present(client).indices
        absent = [name for name in targets if name not in there or not there[name].open]
        if lost and not absent and not restored_from(client, order.repository, order.snapshot, order.targets):
            return targets
    except (Unreachable, Unavailable, NotThere):
        return None
    return absent


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
