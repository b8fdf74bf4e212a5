# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a wait for a snapshot goes by a clock of its own, with answers that are written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Answer
from ansible_collections.day2.ops.plugins.module_utils._search.connection import Client
from ansible_collections.day2.ops.plugins.module_utils._search.making_options import Wanted
from ansible_collections.day2.ops.plugins.module_utils._search.making_waiting import Followed, follow, passed
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import IN_PROGRESS, Snapshot

URL = "http://search1.example.com:9200"
WANTED = Wanted("backup", "new", re.compile("new"), False, wait_timeout=60.0)
MISSING = {"error": {"type": "snapshot_missing_exception", "reason": "[backup:new] is missing"}}
BUSY = {"error": {"type": "master_not_discovered_exception"}}


class Clock:
    """Moves when somebody sleeps, and a hundredth of a second with each question."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Node:
    """Answers what ``said`` says at a moment: a state, a status with a body, or an error to raise."""

    timeout = 30.0
    where = URL

    def __init__(self, clock: Clock, said: Callable[[float], Any]) -> None:
        self.clock = clock
        self.said = said
        self.withins: list[float] = []

    def tried(self, method: str, path: str, *_query: Any, within: float | None = None) -> Answer:
        self.clock.now += 0.01
        if not path.startswith("_snapshot/backup/new"):
            return Answer(404, {"error": {"type": "repository_missing_exception"}}, f"{URL}/{path}")
        self.withins.append(within or self.timeout)
        said = self.said(self.clock.now - 100.0)
        if isinstance(said, Exception):
            raise said
        if isinstance(said, tuple):
            return Answer(said[0], said[1], f"{URL}/{path}")
        body = {
            "snapshots": [{"snapshot": "new", "state": said, "shards": {"total": 1, "failed": 0}, "indices": ["a"]}]
        }
        return Answer(200, body, URL)


def followed(said: Callable[[float], Any], seconds: float = 60.0) -> tuple[Followed, Node]:
    clock = Clock()
    node = Node(clock, said)
    known = Snapshot("new", "", IN_PROGRESS, 0.0)
    return follow(cast(Client, node), WANTED, known, 100.0 + seconds, clock, None), node


@pytest.mark.parametrize("ends", [0.0, 0.3, 2.0, 7.0, 50.0])
def test_the_end_is_noticed_within_half_a_second_and_by_few_questions(ends: float) -> None:
    seen, node = followed(lambda now: "SUCCESS" if now >= ends else IN_PROGRESS)
    assert seen.snapshot.indices == ("a",)
    assert node.clock.now - 100.0 - ends < min(0.5, 0.1 + ends / 10)
    assert len(node.withins) < 130 + ends * 3


def test_time_that_is_up_ends_the_wait_and_the_last_answer_gets_no_longer() -> None:
    seen, node = followed(lambda _now: IN_PROGRESS, 5.0)
    assert seen.snapshot.running
    assert 4.5 < node.clock.now - 100.0 <= 5.0
    assert max(node.withins) <= 5.0
    assert min(node.withins) >= 1.0


def test_what_is_lost_is_borne_and_told_at_the_end() -> None:
    lost = Unreachable("no answer (refused)", on=URL)

    def said(now: float) -> Any:
        return lost if 1 < now < 20 else (503, BUSY) if now < 30 else "FAILED"

    assert followed(said)[0].snapshot.state == "FAILED"
    seen, node = followed(lambda now: lost if now > 1 else IN_PROGRESS, 10.0)
    assert seen.snapshot.running
    told = passed(cast(Client, node), WANTED, seen)
    assert told.startswith(
        f"backup/new at {URL} is not done within 1 min, and goes on: the last look failed (no answer"
    )


def test_one_that_is_seen_to_be_gone_twice_is_gone() -> None:
    gone = (404, MISSING)
    looks = [IN_PROGRESS, gone, IN_PROGRESS, gone, gone]
    with pytest.raises(NotThere, match="the snapshot is gone before its end"):
        followed(lambda _now: looks.pop(0))
    assert looks == []


@pytest.mark.parametrize("said", [(200, None), (200, []), (403, {}), (404, {}), (500, {})])
def test_any_other_answer_ends_the_wait(said: tuple[int, Any]) -> None:
    with pytest.raises(OpsError) as caught:
        followed(lambda now: said if now > 1 else IN_PROGRESS)
    assert URL in str(caught.value)
