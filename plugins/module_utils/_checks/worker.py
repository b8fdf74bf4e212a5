# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind worker: workers are alive and get on with the work, whatever a readiness endpoint says. Needs redis-py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.redis_connection import SPEC as CONNECTION
from .._queues.kinds import KINDS
from . import worker_consumers, worker_heartbeat, worker_progress
from .base import Condition, Context, Options, Values
from .worker_queue import options_of_kind
from .worker_sign import Sign

# Where to look for a sign of life. Each is looked for when its option is given.
SIGNS: dict[str, Sign] = {
    "heartbeat_key": worker_heartbeat,
    "min_consumers": worker_consumers,
    "window": worker_progress,
}


class _OfWorker(ArgSpec):
    """The options of a check of workers; those that describe a queue depend on its kind."""

    def for_options(self, given: Mapping[str, Any]) -> ArgSpec:
        """Return them with those of the kind of queue that ``given`` names, and import no other kind's file."""
        kind = given.get("queue_kind")
        return options_of_kind(str(kind)) + self if kind in KINDS else self


_ALL = (
    CONNECTION
    + worker_heartbeat.SPEC
    + worker_consumers.SPEC
    + worker_progress.SPEC
    + ArgSpec(
        options={"queue": {"type": "str"}, "queue_kind": {"type": "str", "choices": list(KINDS)}},
        required_one_of=[tuple(SIGNS)],
        required_together=[("queue", "queue_kind")],
    )
)
SPEC: ArgSpec = _OfWorker(**vars(_ALL))
LIBRARIES: Sequence[str] = ("redis",)


def _signs(options: Options) -> list[Sign]:
    return [sign for option, sign in SIGNS.items() if options.get(option) is not None]


def probe(options: Options, context: Context) -> Values:
    """Look for each sign of life that was asked for; see docs/checks/worker.md for the values.

    :raises OpsError: or one of its kinds, when one could not be looked for.
    """
    values: Values = {}
    for sign in _signs(options):
        values.update(sign.look(options, context))
    return values


def conditions(options: Options) -> list[Condition]:
    """Expect each sign of life that was asked for.

    :raises InputError: options that make no sense together.
    """
    return [condition for sign in _signs(options) for condition in sign.conditions(options)]
