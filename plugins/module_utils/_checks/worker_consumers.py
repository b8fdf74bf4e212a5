# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sign of life: as many consumers as expected are seen at the queue, in the way that its kind shows them."""

from __future__ import annotations

from .._core.argspec import ArgSpec
from .._core.redis_connection import where
from .._queues.look import Observer
from .base import Condition, Context, Options, Values
from .limits import COUNT, Limit, limit_conditions, limits_spec
from .worker_queue import described_queue, look_at

LIMITS = (
    Limit("min_consumers", COUNT, "consumers.alive", "ge", null_means="this queue, as described, cannot tell them"),
)

SPEC: ArgSpec = limits_spec(LIMITS) + ArgSpec(required_by={"min_consumers": ["queue_kind"]})


def look(options: Options, context: Context) -> Values:
    """Return how many consumers are alive, and the note of the queue's kind on them.

    :raises NotThere: no such queue. :raises OpsError: it could not be measured.
    """
    with context.few_at_once(where(options)), Observer([described_queue(options)]) as observer:
        depth = look_at(observer).depth
    return {"consumers": {"alive": depth.consumers, "note": depth.note}}


def conditions(options: Options) -> list[Condition]:
    """Expect as many as were asked for."""
    return limit_conditions(LIMITS, options)
