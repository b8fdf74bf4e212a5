# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind queue: what waits, is being worked on or was given up in a queue of any kind that the collection measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.redis_connection import where
from .._queues.kinds import KINDS
from .._queues.operation import measure_one, queue_spec
from .._queues.thresholds import THRESHOLDS
from .base import COMMON, Condition, Context, Options, Values

_OPERATORS = {"at most": "le", "at least": "ge"}
# Options of a queue that a check has too: the check's are its own, these go by another name.
_RENAMED = {"name": "queue", "kind": "queue_kind"}


def _options_of_queues() -> dict[str, dict[str, Any]]:
    """Return every option that any kind of queue has, less what is particular to one: its default, being required."""
    every = {name: option for kind in KINDS for name, option in queue_spec(kind).options.items()}
    plain = {name: {**option, "default": None, "required": False} for name, option in every.items()}
    return {name: option for name, option in plain.items() if name not in COMMON.options}


SPEC = ArgSpec(
    options={
        "queue": {"type": "str", "required": True},
        "queue_kind": {"type": "str", "required": True, "choices": list(KINDS)},
        **_options_of_queues(),
    }
)
LIBRARIES: Sequence[str] = ("redis",)


def probe(options: Options, context: Context) -> Values:
    """Return the queue's name and kind and its depth; see docs/queues.md for what each number means.

    :raises NotThere: no such queue, and it may not be taken for an empty one.
    :raises OpsError: or one of its kinds, when it could not be measured.
    """
    queue = _queue_options(options)
    with context.few_at_once(where(queue)):
        depth = measure_one(queue)
    return {_RENAMED.get(name, name): value for name, value in depth.items()}


def _queue_options(options: Options) -> Mapping[str, Any]:
    """Return the options of the queue itself, validated as ``queue_depth`` does.

    :raises InputError: an option that this kind of queue does not have, or that is wrong.
    """
    spec = queue_spec(options["queue_kind"])
    given = {name: options.get(_RENAMED.get(name, name)) for name in (*SPEC.options, *_RENAMED, "timeout")}
    wanted = {name: value for name, value in given.items() if value is not None and name not in _RENAMED.values()}
    return spec.validate(wanted, f"check {options['name']}")


def conditions(options: Options) -> list[Condition]:
    """Hold the limits given; without any, a queue that is there and can be measured is the proof.

    :raises InputError: an option that this kind of queue does not have.
    """
    queue = _queue_options(options)
    return [
        Condition(limit.field, _OPERATORS[limit.words], queue[name], limit.unit.strip(), "this queue cannot tell")
        for name, limit in THRESHOLDS.items()
        if queue.get(name) is not None
    ]
