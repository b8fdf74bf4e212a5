# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking for a snapshot once: behind others that run, and sure of it when the answer is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.durations import show_duration
from .._core.errors import OpsError, Unreachable
from .._core.moments import written_utc
from .._core.waiting import Clock
from .answers import Answer, Conflict, Unavailable
from .connection import Client, part
from .making_options import Wanted
from .snapshots import one

_PAUSE = 0.4
_RUNNING = "snapshots.repository,snapshots.snapshot,snapshots.stats.start_time_in_millis,error,status"


@dataclass(frozen=True)
class Running:
    """A snapshot that is being made. :param since: seconds since the epoch."""

    place: str
    since: float

    def told(self) -> str:
        """Return it for a message."""
        return f"{self.place} is being made, since {written_utc(self.since)}"


def others(client: Client, wanted: Wanted) -> list[Running]:
    """Return the snapshots that are being made in the cluster, in all repositories, but for the one that is wanted."""
    body = client.ask("GET", "_snapshot/_status", {"filter_path": _RUNNING})
    known = [_running(found) for found in (body.get("snapshots") or [])]
    return [found for found in known if found.place != wanted.place]


def _running(found: Mapping[str, Any]) -> Running:
    begun = (found.get("stats") or {}).get("start_time_in_millis") or 0
    return Running(f"{found.get('repository')}/{found.get('snapshot')}", int(begun) / 1000)


def await_turn(client: Client, wanted: Wanted, deadline: float, clock: Clock) -> None:
    """Wait until no other snapshot is being made. :raises Conflict: one is, and still at the end of the time."""
    while True:
        busy = others(client, wanted)
        if not busy:
            return
        if not wanted.queue:
            raise Conflict(busy[0].told(), on=client.where, advice="try again later, or wait: see when_busy")
        if clock.monotonic() + _PAUSE > deadline:
            told = f"{busy[0].told()}: longer than the {show_duration(wanted.wait_timeout)} of wait_timeout"
            raise Conflict(told, on=client.where, advice="nothing was made")
        clock.sleep(_PAUSE)


def start(client: Client, wanted: Wanted, metadata: Mapping[str, Any], deadline: float, clock: Clock) -> bool:
    """Have the cluster begin. Return whether it is ours; False when somebody else has just begun it.

    When no answer comes, it is looked whether the snapshot is there, and else asked for again: a name has one at most.

    :raises OpsError: it is refused; nobody knows whether it was begun.
    """
    lost = False
    while True:
        try:
            answer = client.tried("PUT", _path(wanted), {"wait_for_completion": False}, _body(wanted, metadata))
            if answer.good:
                return True
            if one(client, wanted.repository, wanted.name, brief=True) is not None:
                return lost
            _bear(answer, wanted)
        except Unreachable as error:
            lost = True
            if clock.monotonic() > deadline:
                raise Unreachable(
                    f"nobody knows whether the snapshot was begun ({error.failed})",
                    on=f"{wanted.place} at {error.on}",
                    advice="run the task again, which goes on with it",
                ) from error
        except Unavailable:
            if clock.monotonic() > deadline:
                raise
        clock.sleep(_PAUSE)


def _bear(answer: Answer, wanted: Wanted) -> None:
    """:raises Unavailable: it may be asked for again. :raises OpsError: it is refused."""
    error = answer.error()
    if isinstance(error, Unavailable) and not wanted.queue:
        raise OpsError(error.failed, on=error.on, advice=error.advice)
    raise error


def _path(wanted: Wanted) -> str:
    return f"_snapshot/{part(wanted.repository)}/{part(wanted.name)}"


def _body(wanted: Wanted, metadata: Mapping[str, Any]) -> dict[str, Any]:
    body = {
        "indices": ",".join(wanted.indices),
        "ignore_unavailable": wanted.ignore_unavailable,
        "include_global_state": wanted.global_state,
        "partial": wanted.partial,
    }
    return {**body, **({"metadata": dict(metadata)} if metadata else {})}
