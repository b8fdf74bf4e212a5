# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind queue: what waits, is being worked on or was given up in a queue of any kind that the collection measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._core.argspec import ArgSpec
from .._core.redis_connection import where
from .._queues.description import made
from .._queues.kinds import KINDS
from .._queues.operation import measure_one, queue_spec
from .._queues.thresholds import THRESHOLDS
from .base import COMMON, Condition, Context, Options, Values

_OPERATORS = {"at most": "le", "at least": "ge"}
# Options of a queue that a check has too: the check's are its own, these go by another name.
_RENAMED = {"name": "queue", "kind": "queue_kind"}


class _OfQueue(ArgSpec):
    """The options of a check of a queue; which others there are depends on the kind of queue."""

    def for_options(self, given: Mapping[str, Any]) -> ArgSpec:
        """Return them with those of the kind of queue that ``given`` names, and import no other kind's file."""
        if given.get("queue_kind") not in KINDS:
            return self  # its choices say so
        spec = queue_spec(given["queue_kind"])
        own = {name: option for name, option in spec.options.items() if name not in COMMON.options}
        return replace(spec, options=own) + self


SPEC: ArgSpec = _OfQueue(
    options={
        "queue": {"type": "str", "required": True},
        "queue_kind": {"type": "str", "required": True, "choices": list(KINDS)},
    }
)
LIBRARIES: Sequence[str] = ("redis",)


def probe(options: Options, context: Context) -> Values:
    """Return the queue's name and kind and its depth; see docs/queues.md for what each number means.

    :raises NotThere: no such queue, and it may not be taken for an empty one.
    :raises OpsError: or one of its kinds, when it could not be measured.
    """
    queue = _queue_options(options)
    with context.few_at_once(_server(queue)):
        depth = measure_one(queue)
    return {_RENAMED.get(name, name): value for name, value in depth.items()}


def _server(queue: Mapping[str, Any]) -> str:
    """Return what queues of one server have in common; only those in Redis have a database's number."""
    return where(queue) if "db" in queue else repr(made(queue).place())


def _queue_options(options: Options) -> Mapping[str, Any]:
    """Return the options of the queue itself, under the names that ``queue_depth`` has for them."""
    return {name: options[_RENAMED.get(name, name)] for name in queue_spec(options["queue_kind"]).options}


def conditions(options: Options) -> list[Condition]:
    """Hold the limits given; without any, a queue that is there and can be measured is the proof."""
    queue = _queue_options(options)
    return [
        Condition(limit.field, _OPERATORS[limit.words], queue[name], limit.unit.strip(), "this queue cannot tell")
        for name, limit in THRESHOLDS.items()
        if queue.get(name) is not None
    ]
