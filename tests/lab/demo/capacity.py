# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many orders the workers take on this machine as it is now."""

from __future__ import annotations

import time

from ..state import Facts
from .account import await_drained
from .load import Load

_ORDERS = 150


def orders_taken(facts: Facts) -> float:
    """Return how many orders a second the workers take; sends some, and waits until they are done."""
    began = time.monotonic()
    sent = Load(facts["service"]["url"], rate=1000, seconds=30, count=_ORDERS).run(connections=4)
    await_drained(facts)
    return len(sent.accepted) / (time.monotonic() - began)


def more_than_taken(facts: Facts) -> float:
    """Return a rate of orders of which a few wait, so that there is a queue to drain."""
    return max(5.0, 1.1 * orders_taken(facts))
