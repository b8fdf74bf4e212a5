# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front of the demo service: it refuses orders with a clear 503, and what else goes wrong is told apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.demo.account import await_drained, settle
from ansible_collections.day2.ops.tests.lab.demo.load import Load, Result
from ansible_collections.day2.ops.tests.lab.front import NAME, Front
from ansible_collections.day2.ops.tests.lab.lab import Lab


@pytest.fixture
def front(lab: Lab) -> Iterator[Front]:
    if Front.missing():
        pytest.skip(Front.missing())
    made = Front(lab.home, lab.facts["service"]["url"])
    made.start()
    yield made
    lab.home.stop(NAME)
    del lab.facts["processes"][NAME]
    lab.home.save()


def orders(front: Front) -> Result:
    return Load(front.url, rate=200, seconds=20, count=5).run(connections=2)


def turn(front: Front, state: str) -> None:
    operate(SPEC.validate({"state": state, "switch": front.switch()}, "test"), False)


def test_what_became_of_orders(front: Front, lab: Lab) -> None:
    first = orders(front)
    assert (len(first.accepted), first.refused, first.errors) == (5, 0, 0)
    turn(front, "closed")
    refused = orders(front)
    assert (len(refused.accepted), refused.refused, refused.other) == (0, 5, {})
    lab.break_server("api", "stop")
    assert orders(front).refused == 5  # whether the service is there or not
    lab.mend("api")
    turn(front, "open")
    lab.break_server("api", "stop")
    gone = orders(front)
    assert (gone.accepted, gone.refused, gone.other) == ([], 0, {"502": 5})
    lab.mend("api")
    await_drained(lab.facts)
    assert settle(lab.facts, first).balanced
    lab.home.stop(NAME)
    assert orders(front).other == {"ConnectionRefusedError": 5}
