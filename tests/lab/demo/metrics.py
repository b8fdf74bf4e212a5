# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's numbers for Prometheus. The counters live in Redis, so they hold across its processes."""

from __future__ import annotations

from typing import cast

import redis

from . import names
from .intake import is_open

_COUNTERS = {
    "accepted": "Orders put into the queue",
    "refused": "Orders refused because the ingress was closed",
    "processed": "Orders written to the database",
    "failed": "Orders put into the dead-letter list",
}


def metrics_text(client: redis.Redis) -> str:
    """Return all metrics as Prometheus text; raises redis.RedisError, rather than say 0, when Redis is away."""
    counted = cast("dict[str, str]", client.hgetall(names.COUNTERS))
    lines: list[str] = []
    for name, text in _COUNTERS.items():
        lines += _metric(f"demo_orders_{name}_total", "counter", text, int(counted.get(name, 0)))
    lines += _metric("demo_ingress_open", "gauge", "1 while orders are taken in", int(is_open(client)))
    alive = sum(1 for _key in client.scan_iter(match=f"{names.HEARTBEAT}*", count=1000))
    lines += _metric("demo_worker_up", "gauge", "Workers with a heartbeat in the last 3 s", alive)
    lines += _metric("demo_orders_waiting", "gauge", "Orders in the queue", cast("int", client.llen(names.QUEUE)))
    lines += _metric(
        "demo_orders_dead", "gauge", "Orders in the dead-letter list", cast("int", client.llen(names.DEAD))
    )
    return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, text: str, value: int) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
