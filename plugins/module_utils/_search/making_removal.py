# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Removing a snapshot, with an end: the cluster may take minutes for one, and goes on when nobody waits."""

from __future__ import annotations

from .._core.errors import Unreachable
from .._core.waiting import Clock
from .answers import Answer
from .connection import Client, part
from .snapshots import MISSING, Snapshot, one

_SECONDS = 600.0
_PAUSE = 0.5


def remove(client: Client, repository: str, name: str, clock: Clock, seconds: float = _SECONDS, uuid: str = "") -> bool:
    """Remove the snapshot; one that runs is aborted. Return whether it was there.

    A question without an answer is asked again, of the next node: the cluster goes on with a removal that it has begun,
    and a second one waits for its end. Before that it is looked whether the one of that name is still the same:
    somebody else may have made another one since.

    :param seconds: how long to wait for that. :param uuid: which one is meant; empty where it has none.
    :raises Unavailable: it is being restored, or the cluster is busy.
    :raises Unreachable: it is not seen to be gone. :raises OpsError: it cannot be removed.
    """
    deadline = clock.monotonic() + seconds
    asked_before = False
    while True:
        answer = _asked(client, repository, name, deadline, clock, uuid if asked_before else "")
        if answer is None:
            asked_before = True
            clock.sleep(_PAUSE)
        elif answer.status == 404 and answer.type == MISSING:
            return asked_before
        else:
            answer.result()
            return True


def _asked(client: Client, repository: str, name: str, deadline: float, clock: Clock, uuid: str) -> Answer | None:
    """Return the answer, None when there is none yet.

    :param uuid: which one must still be there for it to be asked. :raises Unreachable: there is none, and time is up.
    """
    try:
        if uuid and not _same(one(client, repository, name, brief=True), uuid):
            return Answer(404, {"error": {"type": MISSING}}, client.where)
        answer = client.tried("DELETE", f"_snapshot/{part(repository)}/{part(name)}")
        if isinstance(answer.error(), Unreachable):  # of a proxy
            raise answer.error()
        return answer
    except Unreachable as error:
        if clock.monotonic() < deadline:
            return None
        raise Unreachable(
            f"the removal is not seen to end ({error.failed})",
            on=f"{repository}/{name}",
            advice="the cluster may still be at it: see es_snapshot_info",
        ) from error


def _same(there: Snapshot | None, uuid: str) -> bool:
    return there is not None and there.uuid == uuid
