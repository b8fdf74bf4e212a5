# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kinds of queues that can be paused. A kind's file is imported only when a queue of it is paused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

from .._core.errors import InputError

if TYPE_CHECKING:
    from .queue_pauser import Pauser

# Why the others cannot.
_UNABLE: Mapping[str, str] = {
    "arq": "arq knows no pause",
    "celery": "celery tells its workers to stop taking from a queue, and those that start later do not know of it",
    "sidekiq": "only its commercial editions know a pause",
    "rabbitmq": "the server stops publishers, not consumers",
    "sqs": "the service knows no pause",
}


def _asynq() -> type[Pauser]:
    from .queue_pauser_asynq import Asynq

    return Asynq


def _bullmq() -> type[Pauser]:
    from .queue_pauser_bullmq import BullMQ

    return BullMQ


def _rq() -> type[Pauser]:
    from .queue_pauser_rq import Rq

    return Rq


_PAUSERS: dict[str, Callable[[], type[Pauser]]] = {"asynq": _asynq, "bullmq": _bullmq, "rq": _rq}


def pauser_of(kind: str, on: str) -> type[Pauser]:
    """Return what pauses queues of a kind.

    :param on: the queue, for the message.
    :raises InputError: they cannot be paused.
    """
    if kind not in _PAUSERS:
        raise InputError(
            f"queues of the kind {kind} cannot be paused: {_UNABLE.get(kind, 'it knows no pause')}",
            on=on,
            advice=f"those of the kinds {', '.join(sorted(_PAUSERS))} can",
        )
    return _PAUSERS[kind]()
