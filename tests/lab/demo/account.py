# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether every accepted order was processed, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import redis

from ..errors import LabError
from ..state import Facts
from ..waiting import wait_for
from . import names
from .intake import Order
from .load import Result
from .stores import open_postgres, open_redis


@dataclass(frozen=True)
class Account:
    """Numbers of orders. lost: accepted, and nowhere. doubled: processed more than once."""

    accepted: int
    processed: int
    queued: int
    in_flight: int
    dead: int
    lost: int
    doubled: int
    refused: int
    errors: int
    missing: tuple[str, ...] = ()  # ids of the lost

    @property
    def balanced(self) -> bool:
        """Tell whether each accepted order was processed exactly once."""
        return self.accepted == self.processed and not self.lost and not self.doubled

    def line(self) -> str:
        """Return the account in one line."""
        sign = "=" if self.accepted == self.processed else "!="
        parts = [f"accepted {self.accepted} {sign} processed {self.processed}", f"refused with 503: {self.refused}"]
        parts += [f"lost {self.lost}", f"doubled {self.doubled}"]
        waiting = {"queued": self.queued, "in flight": self.in_flight, "dead": self.dead, "errors": self.errors}
        return ", ".join(parts + [f"{name} {number}" for name, number in waiting.items() if number])


def settle(facts: Facts, result: Result) -> Account:
    """Compare what the load was told with the database and what still waits in Redis."""
    client = open_redis(facts["redis"], seconds=5)
    places = {
        "queued": _ids(client, [names.QUEUE]),
        "in_flight": _ids(client, [str(key) for key in client.scan_iter(match=f"{names.PROCESSING}*")]),
        "dead": _ids(client, [names.DEAD]),
    }
    times = _times_processed(facts, result.run)
    accepted = set(result.accepted)
    somewhere = set(times).union(*places.values())
    return Account(
        accepted=len(result.accepted),
        processed=len(accepted & set(times)),
        lost=len(accepted - somewhere),
        doubled=sum(1 for number in times.values() if number > 1),
        refused=result.refused,
        errors=result.errors,
        missing=tuple(sorted(accepted - somewhere)),
        **{place: len(accepted & ids) for place, ids in places.items()},
    )


def await_drained(facts: Facts, seconds: float = 30.0) -> None:
    """Return once no order waits or is in a worker's hand; raises LabError after the seconds."""
    client = open_redis(facts["redis"], seconds=5)

    def left() -> int:
        # in the direction in which orders go: what leaves the queue after the first look is seen by the second
        waiting = cast("int", client.llen(names.QUEUE))
        return waiting + sum(cast("int", client.llen(key)) for key in client.scan_iter(match=f"{names.PROCESSING}*"))

    try:
        wait_for("the end of the queue", lambda: left() == 0, seconds)
    except LabError as error:
        raise LabError(f"{error}; orders left: {left()}") from error


def _ids(client: redis.Redis, keys: list[str]) -> set[str]:
    items = [item for key in keys for item in cast("list[str]", client.lrange(key, 0, -1))]
    return {Order.parse(item).id for item in items}


def _times_processed(facts: Facts, run: str) -> dict[str, int]:
    with open_postgres(facts["postgres"]) as connection:
        rows = connection.execute("SELECT id, times FROM orders WHERE starts_with(id, %s)", (f"{run}-",)).fetchall()
    return dict(rows)
