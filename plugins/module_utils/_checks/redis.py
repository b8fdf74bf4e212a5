# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind redis: a Redis-compatible server answers, has saved, and keeps within limits. Needs redis-py."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._core.argspec import ArgSpec
from .._core.redis_connection import SPEC as CONNECTION
from .._core.redis_connection import connect, explained, where
from .base import Condition, Context, Options, Values
from .facts import details_spec, fact_conditions, limits_of, read_facts
from .limits import BYTES, MAX_LATENCY, SECONDS, limit_conditions, limits_spec
from .redis_facts import FACTS, Server
from .redis_info import LIMITS as INFO_LIMITS
from .redis_info import info_conditions, info_values

LIMITS = (MAX_LATENCY, *INFO_LIMITS)

SPEC = (
    # What is told is told of one server, so each node of a cluster is a check of its own.
    replace(CONNECTION, options={name: option for name, option in CONNECTION.options.items() if name != "cluster"})
    + ArgSpec(
        options={
            "role": {"type": "str", "choices": ["master", "replica"]},
            "queue_safe": {"type": "bool", "default": False},
            "max_fragmentation_ratio": {"type": "float"},
            "fragmentation_from": {"type": BYTES, "default": 100 * 1024 * 1024},
            "slowlog_window": {"type": SECONDS, "default": 3600.0},
            "slowlog_min_duration": {"type": SECONDS, "default": 0.0},
            "slowlog_arguments": {"type": "bool", "default": False},
        }
    )
    + details_spec("slowlog", "clients", "keyspace")
    + limits_spec((*LIMITS, *limits_of(FACTS)))
)
LIBRARIES: Sequence[str] = ("redis",)


def probe(options: Options, context: Context) -> Values:
    """Log in afresh, read INFO, time one PING, ask for what options want; see the kind's page for the values.

    :raises MissingLibrary: redis-py. :raises OpsError: or one of its kinds, as the connection does.
    """
    on = where(options)
    with context.few_at_once(on), connect(options) as client:
        with explained("check the server", on):
            info: Mapping[str, Any] = client.info()
            started = time.monotonic()
            client.ping()
            latency = time.monotonic() - started
        facts = read_facts(FACTS, Server(client, info, on), options)
    return {"latency": round(latency, 4), **info_values(info, options), **facts}


def conditions(options: Options) -> list[Condition]:
    """Expect a server that is loaded, saves and, as a replica, is linked; the role and limits given."""
    return [*info_conditions(options), *limit_conditions(LIMITS, options), *fact_conditions(FACTS, options)]
