# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking an order in: the look at the ingress switch and the push are one step on the server.

So once closing the ingress has been answered, nothing more gets in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import redis

from . import names

_TAKE = """\
if redis.call('GET', KEYS[1]) == 'closed' then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('HINCRBY', KEYS[2], 'accepted', 1)
return 1
"""


@dataclass(frozen=True)
class Order:
    """One order: its id, not empty, and an amount of at least 0."""

    id: str
    amount: int
    attempts: int = 0

    @classmethod
    def parse(cls, text: bytes | str) -> Order:
        """Return the order of a JSON text; raises ValueError with one line for any other text."""
        try:
            fields = json.loads(text)
        except ValueError as error:
            raise ValueError("expected a JSON object with id and amount, got no JSON") from error
        if not isinstance(fields, dict) or not isinstance(fields.get("id"), str) or not fields["id"]:
            raise ValueError("expected an object with id, a text that is not empty")
        amount = fields.get("amount")
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
            raise ValueError("expected an object with amount, a whole number of at least 0")
        attempts = fields.get("attempts", 0)
        return cls(fields["id"], amount, attempts if isinstance(attempts, int) else 0)

    def text(self) -> str:
        """Return the order as it waits in the queue."""
        return json.dumps({"id": self.id, "amount": self.amount})


def is_open(client: redis.Redis) -> bool:
    """Tell whether orders are taken in."""
    return bool(client.get(names.INGRESS) != "closed")


def count_refused(client: redis.Redis) -> None:
    """Count one order that was not taken in."""
    client.hincrby(names.COUNTERS, "refused", 1)


def take_in(client: redis.Redis, order: Order) -> bool:
    """Put the order into the queue; returns False when the ingress is closed."""
    return bool(client.eval(_TAKE, 3, names.INGRESS, names.COUNTERS, names.QUEUE, order.text()))
