# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Waiting for a snapshot: by its own state, through lost connections, up to a deadline that ends the wait alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable, Optional

from .._core.durations import show_duration
from .._core.errors import NotThere, OpsError, Unreachable
from .._core.waiting import Clock
from .answers import Unavailable
from .connection import Client
from .information_sizes import progress
from .making_options import Wanted
from .repositories import found as repository_of
from .repository_verifying import verified
from .snapshots import Snapshot, one
from .snapshots import seen as look

# Takes a line on how it goes; None where nobody reads it.
Tell = Optional[Callable[[str], object]]

# The end is to be noticed within half a second, of which an answer takes some; of a short snapshot earlier, so that the
# wait adds a twentieth at most.
_SHORTEST, _LONGEST, _PART = 0.05, 0.2, 1 / 20
_TOLD_EVERY = 2.0


@dataclass(frozen=True)
class Followed:
    """How a wait ended. :param snapshot: as it was seen last. :param lost: why the last look failed; empty when not."""

    snapshot: Snapshot
    lost: str = ""


def follow(client: Client, wanted: Wanted, known: Snapshot, deadline: float, clock: Clock, tell: Tell) -> Followed:
    """Look at the snapshot until it has ended, with its indices then, or time is up, when it still runs.

    :param known: as seen before.
    :raises AccessDenied: the login may not see it any more. :raises NotThere: it is gone.
    :raises OpsError: an answer that cannot be read.
    """
    begun = told = clock.monotonic()
    seen, lost, gone = known, "", False
    while True:
        try:
            found = one(client, wanted.repository, wanted.name, brief=True, within=_left(client, deadline, clock))
            if found is None and gone:
                raise _gone(client, wanted)
            gone = found is None
            seen, lost = found or seen, ""
            if found is not None and not found.running:
                return Followed(look(client, wanted.repository, wanted.name) or found)
        except (Unreachable, Unavailable) as error:
            lost = f"{error.failed}: {error.on}"
        now = clock.monotonic()
        pause = min(max((now - begun) * _PART, _SHORTEST), _LONGEST)
        if now + pause > deadline:
            return Followed(seen, lost)
        if tell is not None and now - told >= _TOLD_EVERY:
            told = now
            tell(f"{wanted.place}: {lost or far(client, wanted)}")
        clock.sleep(pause)


def _left(client: Client, deadline: float, clock: Clock) -> float:
    """Return seconds for an answer; the last look gets as much as any."""
    return min(client.timeout, max(deadline - clock.monotonic(), 1.0))


def _gone(client: Client, wanted: Wanted) -> NotThere:
    """Return what to say when it is gone. The cluster keeps no trace of one that it could not write to the end.

    It keeps no reason either, but a verification fails of the same one: rights, a full disk.
    """
    why, advice = "somebody has removed it, or the cluster has lost the node that led it", "run the task again"
    try:
        repository = repository_of(client, wanted.repository)
        if repository is not None:
            verified(client, repository, {})
    except OpsError as error:
        why, advice = error.failed, error.advice
    return NotThere(
        f"the snapshot is gone before its end: {why}", on=f"{wanted.place} at {client.where}", advice=advice
    )


def far(client: Client, wanted: Wanted) -> str:
    """Return how far the snapshot is, for people; this alone is what ``_status`` is good for."""
    try:
        found = progress(client, wanted.repository).get(wanted.name)
    except OpsError as error:
        return f"nobody knows how far it is ({error.failed})"
    return "it is about to end" if found is None else _told(found)


def _told(found: Mapping[str, int]) -> str:
    done, size = found["bytes_done"] / 1e6, found["bytes"] / 1e6
    return f"{found['shards_done']} of {found['shards']} shards, {done:,.1f} of {size:,.1f} MB"


def passed(client: Client, wanted: Wanted, followed: Followed) -> str:
    """Return what to say when time is up: the snapshot goes on."""
    how_far = f"the last look failed ({followed.lost})" if followed.lost else far(client, wanted)
    limit = show_duration(wanted.wait_timeout)
    follow_it = "es_snapshot_info shows it, and this task run again goes on waiting"
    return f"{wanted.place} at {client.where} is not done within {limit}, and goes on: {how_far}; {follow_it}"
