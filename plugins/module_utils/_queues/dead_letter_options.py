# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The options that all modules on dead letters share, and the queue that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .base import Queue
from .dead_letters import Redrivable
from .description import described
from .letter_filter import ASKS_FOR, Filter

# The connection's options are defaults for the queue, as with queue_depth.
QUEUE = redis_connection.SPEC + ArgSpec(options={"queue": {"type": "dict", "required": True}})

SAMPLES = ArgSpec(
    options={
        "samples": {"type": "int", "default": 5},
        "show_payload": {"type": "bool", "default": False},
        "mask": {"type": "list", "elements": "str", "default": []},
    }
)


def described_queue(params: Mapping[str, Any]) -> Redrivable:
    """Return the queue whose dead letters are meant.

    :raises InputError: a wrong description; a kind that has no dead letters.
    """
    defaults = {name: params[name] for name in redis_connection.SPEC.options}
    (queue,) = described([params["queue"]], defaults, "queue")
    return redrivable(queue)


def redrivable(queue: Queue) -> Redrivable:
    """Return the queue as one with dead letters.

    :raises InputError: its kind has none.
    """
    if not hasattr(queue, "dead_letters"):
        raise InputError(f"the kind {queue.kind} knows no dead letters", on=queue.name)
    return cast("Redrivable", queue)


def meant_by(params: Mapping[str, Any], queue: Redrivable) -> Filter:
    """Return the filter that the options give.

    :raises InputError: a wrong filter; one that asks for what the letters of this queue can never tell.
    """
    item = queue.options.get("item") or {}
    unknown = {field for field in getattr(queue, "told_by_item", ()) if not item.get(field)}
    for option, value in (params["filter"] or {}).items():
        field = ASKS_FOR.get(option)
        if value is not None and field in unknown:
            raise InputError(
                f"filter: {option} asks for what no letter of this queue tells, as its kind is {queue.kind}",
                on=queue.name,
                advice=f"say where a letter has it: item: {{{field}: PATH}}",
            )
    return Filter(params["filter"])


def need(queue: Redrivable, trait: str, what: str) -> None:
    """Refuse what the kind is not able to do.

    :param what: the option that asks for it, for the message.
    :raises InputError: it is not.
    """
    if trait not in queue.TRAITS:
        raise InputError(f"{what}: the kind {queue.kind} cannot do that", on=queue.name)
