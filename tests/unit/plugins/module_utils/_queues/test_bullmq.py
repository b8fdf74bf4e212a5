# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers among a server's clients, and the walk through a sorted set that others change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.bullmq import workers_among
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import KEEP, MOVE, Settled, Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_walk import Entry, SortedSetLetters

CLIENTS = b"""\
id=1 addr=127.0.0.1:1 name=bull:am9icw== age=1 db=9 sub=0
id=2 addr=127.0.0.1:2 name=bull:am9icw==:w:first age=1 db=9 sub=0
id=3 addr=127.0.0.1:3 name=bull:am9icw==:qe age=1 db=9 sub=0
id=4 addr=127.0.0.1:4 name=bull:am9icw== age=1 db=0 sub=0
id=5 addr=127.0.0.1:5 name= age=1 db=9 sub=0
id=6 addr=127.0.0.1:6 name=bull:am9icw age=1 db=9 sub=0
"""


def test_workers_are_known_by_name_and_database() -> None:
    assert workers_among(CLIENTS, 9, "bull", "jobs") == 2
    assert workers_among(CLIENTS, 0, "bull", "jobs") == 1
    assert workers_among(CLIENTS, 9, "shop", "jobs") == 0
    assert workers_among(b"", 9, "bull", "jobs") == 0


class _Walk(SortedSetLetters):
    """A walk through a set that is held here; odd members are no letters of the queue."""

    def __init__(self, members: dict[bytes, float], **terms: Any) -> None:
        (queue,) = described([{"name": "jobs", "kind": "bullmq"}], {})
        made: Any = queue
        super().__init__(made, Terms(run="test", **terms), "bull:jobs:failed")
        self.members = members
        self.asked = 0

    def count(self) -> int | None:
        return len(self.members)

    def letters(self, page: Sequence[Entry]) -> list[Letter]:
        return [Letter(id=one.member.decode(), handle=one) for one in page if one.member != b"odd"]

    def settle_page(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        for letter, verdict in zip(letters, verdicts):
            if verdict == MOVE:
                del self.members[letter.handle.member]
        return Settled(moved=list(verdicts).count(MOVE), kept=list(verdicts).count(KEEP))

    def ask(self, *commands: tuple[Any, ...], doing: str = "") -> list[Any]:
        self.asked += len(commands)
        return [self._answer(command) for command in commands]

    def _answer(self, command: tuple[Any, ...]) -> Any:
        ranked = sorted((score, member) for member, score in self.members.items())
        if command[0] == "TYPE":
            return b"zset" if ranked else b"none"
        if command[0] == "ZRANGE":
            return _flat(ranked[-1:])
        if command[0] == "EVAL":  # the place of a member among those of its score
            score, member = float(command[4]), command[5]
            return sum(1 for one in ranked if one[0] == score and one[1] <= member)
        low, high = (float(text) for text in command[2:4])
        if command[0] == "ZREVRANGEBYSCORE":
            low, high = high, low
            ranked.reverse()
        within = [one for one in ranked if low <= one[0] <= high]
        if command[0] == "ZCOUNT":
            return len(within)
        offset, most = command[-2:]
        page = within[offset : offset + most]
        return _flat(page) if "WITHSCORES" in command else [member for _score, member in page]


def _flat(ranked: Sequence[tuple[float, bytes]]) -> list[bytes]:
    return [text for score, member in ranked for text in (member, repr(score).encode())]


def _names(count: int) -> list[bytes]:
    return [b"%03d" % number for number in range(count)]


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("verdict", [MOVE, KEEP])
def test_each_letter_is_seen_once_though_all_have_one_score(order: str, verdict: str) -> None:
    walk = _Walk(dict.fromkeys(_names(100), 5.0), order=order)
    assert walk.begin() == 100
    seen: list[str] = []
    while letters := walk.take(7):
        seen += [letter.id for letter in letters]
        walk.settle(letters, [verdict] * len(letters))
    assert sorted(seen) == [name.decode() for name in _names(100)]
    assert seen == sorted(seen, reverse=order == "newest")


def test_what_dies_meanwhile_does_not_belong_to_the_pass() -> None:
    walk = _Walk({name: float(number) for number, name in enumerate(_names(10))})
    assert walk.begin() == 10
    seen: list[str] = []
    while letters := walk.take(3):
        seen += [letter.id for letter in letters]
        walk.settle(letters, [MOVE] * len(letters))
        walk.members.update({letter.handle.member: 1000.0 for letter in letters})
    assert len(seen) == 10
    assert len(walk.members) == 10


def test_clocks_that_go_wrong_do_not_keep_a_pass_from_ending() -> None:
    walk = _Walk({name: float(number) for number, name in enumerate(_names(10))})
    walk.begin()
    seen = 0
    while letters := walk.take(3):
        seen += len(letters)
        walk.settle(letters, [MOVE] * len(letters))
        walk.members.update({letter.handle.member: 8.5 for letter in letters})
    assert seen <= 10


def test_what_is_not_settled_is_taken_again_and_others_are_passed_over() -> None:
    walk = _Walk({b"odd": 1.0, **{name: float(number + 2) for number, name in enumerate(_names(3))}})
    assert walk.begin() == 4
    first = walk.take(1)
    assert [letter.id for letter in first] == [letter.id for letter in walk.take(1)] == ["000"]


def test_a_position_is_small_and_leads_back() -> None:
    walk = _Walk({name: float(number) for number, name in enumerate(_names(10))})
    walk.begin()
    walk.settle(walk.take(4), [KEEP] * 4)
    assert walk.position() == {"last": "9.0", "reached": "3.0", "passed": 1}
    again = _Walk(walk.members, position=walk.position())
    assert again.begin() == 6
    assert [letter.id for letter in again.take(3)] == ["004", "005"]
    with pytest.raises(InputError, match="position of the earlier run cannot be read"):
        _Walk(walk.members, position={"last": "x"}).begin()


def test_a_walk_that_only_looks() -> None:
    walk = _Walk(dict.fromkeys(_names(5), 1.0), dry=True)
    walk.begin()
    seen = [letter.id for _each in range(5) for letter in walk.take(2)]
    assert seen == ["000", "001", "002", "003", "004"]
