# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind queues: each queue that exists on a Redis server, whether anybody described it or not. Needs redis-py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from .._core.argspec import ArgSpec
from .._core.redis_connection import SPEC as CONNECTION
from .._core.redis_connection import where
from .._queues.description import described
from .._queues.discovery import discover
from .._queues.look import OK, Observer, Reading
from .base import PASS, UNKNOWN, Condition, Context, Options, Values
from .limits import COUNT, Limit, limit_conditions, limits_spec

# Queues that are measured and returned; a server with more of them needs `match`.
MOST = 200

LIMITS = (Limit("min_queues", COUNT, "count", "ge"), Limit("max_queues", COUNT, "count"))

SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "match": {"type": "str", "default": "*"},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "max_keys": {"type": "int", "default": 10000},
            "max_ready": {"type": "int", "default": 1000},
            "max_dead": {"type": "int", "default": 0},
        }
    )
    + limits_spec(LIMITS)
)
LIBRARIES: Sequence[str] = ("redis",)


def probe(options: Options, context: Context) -> Values:
    """Find queues by the types and names of keys, and measure each; see docs/checks/queues.md for the values.

    :raises OpsError: no connection, no permission, or one of its kinds.
    """
    with context.few_at_once(where(options)):
        found = discover(options, options["match"], options["max_keys"])
        wanted = [one for one in found["queues"] if not _ignored(one["name"], options["ignore"])]
        readings = _measured(wanted[:MOST], options)
    return {
        "queues": dict(_named(readings)),
        "count": len(wanted),
        "looked_at": found["looked_at"],
        "complete": found["complete"] and len(wanted) <= MOST,
    }


def _ignored(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _measured(found: Sequence[Mapping[str, Any]], options: Options) -> list[Reading]:
    """Measure what was found; a queue that was emptied meanwhile is one that is empty."""
    connection = {name: options[name] for name in CONNECTION.options}
    gone = {"missing": "empty"}
    queues = [queue for one in found for queue in described([{**(gone if "key" in one else {}), **one}], connection)]
    with Observer(queues) as observer:
        return observer.look()


def _named(readings: Sequence[Reading]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each reading under its name, with its kind before it where two kinds use the same.

    :raises OpsError: a queue that could not be measured.
    """
    names = [reading.queue.name for reading in readings]
    for reading in readings:
        if reading.error:
            raise reading.error
        name, kind, depth = reading.queue.name, reading.queue.kind, reading.depth
        numbers = {"ready": depth.ready, "in_flight": depth.in_flight, "delayed": depth.delayed, "dead": depth.dead}
        key = name if names.count(name) == 1 else f"{kind} {name}"
        yield key, {"kind": kind, "exists": reading.status == OK, **numbers}


def conditions(options: Options) -> list[Condition]:
    """Hold each queue against the limits; what was not looked at to the end is not known.

    A server without any queue holds, unless ``min_queues`` says otherwise: Redis removes what is empty.
    """
    return [
        Condition("complete", "eq", True, otherwise=UNKNOWN),
        Condition("queues.*.ready", "le", options["max_ready"], missing_is=PASS),
        # a kind of queue that has no dead letters, or of which none could be found, has none to count
        Condition("queues.*.dead", "le", options["max_dead"], null_is=PASS, missing_is=PASS),
        *limit_conditions(LIMITS, options),
    ]
