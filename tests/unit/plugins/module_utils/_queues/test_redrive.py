# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The algorithm of a redrive, over a queue in memory whose workers do as they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._queues.base import Depth
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import IDS, MOVE, PARK, SWEEPS, Settled
from ansible_collections.day2.ops.plugins.module_utils._queues.journal import Journal
from ansible_collections.day2.ops.plugins.module_utils._queues.letter_filter import Filter
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.look import Reading
from ansible_collections.day2.ops.plugins.module_utils._queues.progress import Progress, picked_up
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive import Bounds, Redrive
from ansible_collections.day2.ops.plugins.module_utils._queues.rules import TRIED_ENOUGH, Rules
from ansible_collections.day2.ops.plugins.module_utils._queues.stops import Stop
from ansible_collections.day2.ops.plugins.module_utils._queues.target import Target
from ansible_collections.day2.ops.plugins.module_utils._queues.token_bucket import TokenBucket

TRAITS = frozenset({SWEEPS})


class Clock:
    """Moves only while somebody sleeps; then the workers get their turn."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.work: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.work()


class Broker:
    """A queue, its dead letters and its parking place. It is a pass through the dead letters too."""

    def __init__(self, letters: Sequence[Letter], clock: Clock) -> None:
        self.kind, self.name = "memory", "orders"
        self.capabilities = frozenset({"consumers", "in_flight"})
        self.dead, self.ready, self.parked = list(letters), list[Letter](), list[Letter]()
        self.consumers = 1
        self.changes = 0
        self.breaks_after: int | None = None
        self._left = 0
        clock.work = self.work
        self.worker: Callable[[Letter], bool] | None = lambda _letter: True

    def work(self) -> None:
        """Let the workers take all that is ready."""
        if self.worker is None:
            return
        taken, self.ready = self.ready, []
        self.dead += [letter for letter in taken if not self.worker(letter)]

    # The queue

    def look(self) -> list[Reading]:
        depth = Depth(exists=True, ready=len(self.ready), in_flight=0, consumers=self.consumers)
        return [Reading(self, depth)]  # type: ignore[arg-type]

    # The pass

    def begin(self) -> int:
        self._left = len(self.dead)
        return self._left

    def count(self) -> int:
        return len(self.dead)

    def take(self, most: int) -> list[Letter]:
        return self.dead[: min(most, self._left, 50)]

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        if self.changes:
            self.changes -= 1
            return Settled(changed=True)
        if self.breaks_after is not None and len(self.ready) >= self.breaks_after:
            raise Unreachable("cannot settle dead letters: no connection")
        del self.dead[: len(letters)]
        self._left -= len(letters)
        lots = {MOVE: self.ready, PARK: self.parked}
        for letter, verdict in zip(letters, verdicts):
            lots.get(verdict, self.dead).append(letter)
        counts = {verdict: sum(one == verdict for one in verdicts) for verdict in (MOVE, PARK)}
        return Settled(counts[MOVE], counts[PARK], kept=len(letters) - sum(counts.values()))

    def sweep(self, most: int) -> Settled:
        letters = self.take(most)
        return self.settle(letters, [MOVE] * len(letters))

    def still_dead(self, ids: Sequence[str]) -> int:
        return sum(letter.id in ids for letter in self.dead)

    def parking(self) -> str:
        return "parked"

    def position(self) -> dict[str, Any]:
        return {"left": self._left}

    def account(self) -> dict[str, int]:
        return {}

    def notes(self) -> list[str]:
        return []

    def close(self) -> None:
        pass


def letters(number: int, **fields: Any) -> list[Letter]:
    return [Letter(id=str(at), body=b"{}", **fields) for at in range(number)]


class Bench:
    """A broker with letters, a clock, and a redrive that is made of what a test gives."""

    def __init__(self, dead: Sequence[Letter]) -> None:
        self.clock = Clock()
        self.broker = Broker(dead, self.clock)
        self.progress = Progress(run="a")
        self.doubts: list[str] = []

    def run(
        self, rules: Rules | None = None, sweeps: bool = False, traits: frozenset[str] = TRAITS, **given: Any
    ) -> Stop:
        wanted = {name: given.pop(name) for name in ("pause_above", "pause_timeout", "min_consumers") if name in given}
        target = Target(
            self.broker,  # type: ignore[arg-type]
            self.broker,  # type: ignore[arg-type]
            wanted.get("pause_above"),
            wanted.get("pause_timeout", 10.0),
            wanted.get("min_consumers", 0),
        )
        rate = given.pop("rate", None)
        redrive = Redrive(
            self.broker,
            traits,
            rules or Rules(Filter(None), None, False),
            Bounds(**given),
            target,
            TokenBucket(rate, self.clock),
            Journal(),
            self.progress,
            sweeps,
            self.clock,
        )
        stop = redrive.run()
        self.doubts = redrive.doubts
        return stop


@pytest.mark.parametrize("sweeps", [True, False])
def test_all_that_was_there_goes_back(sweeps: bool) -> None:
    bench = Bench(letters(120))
    stop = bench.run(sweeps=sweeps)
    assert (stop.reason, stop.good) == ("end", True)
    assert [int(letter.id) for letter in bench.broker.ready] == list(range(120))
    assert (bench.progress.moved, bench.progress.looked, bench.progress.returned) == (120, 120, 0)


@pytest.mark.parametrize("sweeps", [True, False])
def test_a_limit_is_kept_to_the_letter(sweeps: bool) -> None:
    bench = Bench(letters(120))
    assert bench.run(sweeps=sweeps, limit=77).reason == "limit"
    assert len(bench.broker.ready) == bench.progress.moved == 77


def test_a_canary_that_stays_away_lets_the_rest_go() -> None:
    bench = Bench(letters(120))
    assert bench.run(canary=5, canary_wait=30).reason == "end"
    assert bench.progress.canary
    assert bench.progress.moved == 120


def test_a_canary_that_comes_back_stops_the_run() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = lambda _letter: False
    stop = bench.run(canary=5, canary_wait=30)
    assert (stop.reason, stop.good) == ("canary", False)
    assert "5 letters came back, or others died, within 2.2 s after the first 5 went" in stop.sentence
    assert (bench.progress.moved, bench.progress.returned, len(bench.broker.dead)) == (5, 5, 120)


def test_letters_with_ids_are_known_when_they_come_back() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = lambda letter: letter.id != "3"
    stop = bench.run(canary=5, canary_wait=30, traits=frozenset({IDS}))
    assert "1 of the first 5 letters came back within" in stop.sentence


def test_letters_of_others_that_die_meanwhile_are_no_reason_where_ids_tell() -> None:
    bench = Bench(letters(120))

    def work_and_die() -> None:
        bench.broker.work()
        bench.broker.dead.append(Letter(id="other"))

    bench.clock.work = work_and_die
    assert bench.run(canary=5, canary_wait=30, traits=frozenset({IDS})).reason == "end"


def test_a_canary_keeps_to_the_room_that_is_left() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = None
    stop = bench.run(canary=50, canary_wait=30, pause_above=20, pause_timeout=5.0)
    assert (stop.reason, bench.progress.moved) == ("full", 20)


def test_a_canary_goes_on_in_the_next_part() -> None:
    bench = Bench(letters(120))
    assert bench.run(canary=30, canary_wait=30, rate=10.0, max_seconds=1.0).reason == "time"
    assert 0 < len(bench.progress.canary_ids) < 30
    assert bench.run(canary=30, canary_wait=30, rate=10.0).reason == "end"
    assert bench.progress.canary
    assert bench.progress.canary_ids == []


def test_a_canary_that_failed_is_sent_anew_by_the_next_part() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = lambda _letter: False
    assert bench.run(canary=5, canary_wait=30).reason == "canary"
    bench.broker.worker = lambda _letter: True
    assert bench.run(canary=5, canary_wait=30).reason == "end"


def test_a_busy_queue_leaves_a_doubt_about_the_canary() -> None:
    bench = Bench(letters(20))
    bench.broker.ready = letters(1000)

    def take_one() -> None:
        del bench.broker.ready[:1]

    bench.clock.work = take_one
    assert bench.run(canary=5, canary_wait=5.0).reason == "end"
    assert "may not have been tried yet" in bench.doubts[0]


def test_what_died_before_counting_began_anew_does_not_count() -> None:
    bench = Bench(letters(100))
    assert bench.run(limit=40).reason == "limit"
    bench.broker.ready = []
    bench.broker.dead += letters(60)
    bench.progress.base = {}
    assert bench.run(stop_when_returning=0.5).reason == "end"


def test_as_many_of_the_canary_may_come_back_as_is_said() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = lambda letter: letter.id != "3"
    assert bench.run(canary=5, canary_wait=30, canary_max_returns=1).reason == "end"
    assert bench.progress.returned == 1


def test_a_canary_that_nobody_takes_stops_the_run() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = None
    stop = bench.run(canary=5, canary_wait=30)
    assert (stop.reason, bench.progress.moved) == ("unproven", 5)
    assert "nobody works" in stop.sentence


def test_a_canary_is_no_larger_than_the_limit() -> None:
    bench = Bench(letters(120))
    assert bench.run(canary=50, canary_wait=30, limit=3).reason == "limit"
    assert bench.progress.moved == 3


def test_a_canary_is_sent_once_in_all_parts_of_a_run() -> None:
    bench = Bench(letters(120))
    bench.progress.canary = True
    bench.broker.worker = None
    assert bench.run(canary=5, canary_wait=30).reason == "end"


def test_letters_that_come_back_stop_the_run() -> None:
    bench = Bench(letters(1000))
    bench.broker.worker = lambda _letter: False
    stop = bench.run(rate=100.0, stop_when_returning=0.5)
    assert stop.reason == "returning"
    assert bench.progress.moved < 60


def test_letters_that_come_back_do_not_belong_to_the_run() -> None:
    bench = Bench(letters(1000))
    bench.broker.worker = lambda _letter: False
    assert bench.run(rate=1000.0).reason == "end"
    assert bench.progress.moved == 1000
    assert len(bench.broker.dead) + len(bench.broker.ready) == 1000


def test_a_rate_is_kept() -> None:
    bench = Bench(letters(300))
    bench.run(rate=100.0)
    assert bench.progress.seconds == pytest.approx(3.0, rel=0.1)


def test_the_queue_is_not_filled_above_what_is_said() -> None:
    bench = Bench(letters(300))
    most = 0

    def work_a_little() -> None:
        nonlocal most
        most = max(most, len(bench.broker.ready))
        del bench.broker.ready[:7]

    bench.clock.work = work_a_little
    assert bench.run(pause_above=20, pause_timeout=60.0).reason == "end"
    assert most == 20
    assert bench.progress.moved == 300


def test_a_queue_that_stays_full_stops_the_run() -> None:
    bench = Bench(letters(300))
    bench.broker.worker = None
    stop = bench.run(pause_above=20, pause_timeout=5.0)
    assert (stop.reason, bench.progress.moved) == ("full", 20)
    assert "20 items are ready, and were not below 20 for 5 s" in stop.sentence


def test_nothing_goes_without_workers() -> None:
    bench = Bench(letters(300))
    bench.broker.consumers = 0
    stop = bench.run(min_consumers=1)
    assert (stop.reason, bench.progress.moved) == ("consumers", 0)
    assert stop.sentence == "consumers alive: 0, at least 1 required"


def test_a_kind_that_cannot_tell_its_workers_cannot_require_any() -> None:
    bench = Bench(letters(3))
    bench.broker.capabilities = frozenset()
    with pytest.raises(InputError, match="require_consumers: the queue orders cannot tell its consumers"):
        bench.run(min_consumers=1)


def test_a_run_ends_when_its_time_is_over_and_goes_on_later() -> None:
    bench = Bench(letters(300))
    assert bench.run(rate=100.0, max_seconds=1.0).reason == "time"
    moved = bench.progress.moved
    assert 0 < moved < 300
    assert bench.run(rate=100.0).reason == "end"
    assert bench.progress.moved == 300
    assert bench.progress.seconds == pytest.approx(3.0, rel=0.15)


def test_what_is_left_and_parked_is_told_by_reason() -> None:
    dead = [
        Letter(id="late", error="timeout"),
        Letter(id="bad", error="no such customer"),
        Letter(id="gone", error="timeout", gone="its payload is gone"),
        Letter(id="often", error="timeout", redrives=3),
    ]
    bench = Bench(dead)
    assert bench.run(Rules(Filter({"error": "time"}), 3, True)).reason == "end"
    assert [letter.id for letter in bench.broker.ready] == ["late"]
    assert [letter.id for letter in bench.broker.parked] == ["gone", "often"]
    assert bench.progress.skipped == {"filtered out": 1}
    assert bench.progress.parked_for == {"its payload is gone": 1, TRIED_ENOUGH: 1}


def test_what_cannot_succeed_is_left_when_nothing_is_parked() -> None:
    bench = Bench([Letter(id="gone", gone="its payload is gone"), Letter(id="good")])
    bench.run(Rules(Filter(None), 3, False))
    assert [letter.id for letter in bench.broker.dead] == ["gone"]
    assert bench.progress.skipped == {"its payload is gone": 1}


def test_a_head_that_somebody_else_changed_is_taken_again() -> None:
    bench = Bench(letters(20))
    bench.broker.changes = 3
    assert bench.run().reason == "end"
    assert bench.progress.moved == 20
    assert bench.doubts == [
        "somebody else worked on the dead letters meanwhile, so some may not have been looked at; run it again"
    ]


def test_a_head_that_never_stays_as_it_is_ends_the_run() -> None:
    bench = Bench(letters(20))
    bench.broker.changes = 100_000
    stop = bench.run()
    assert (stop.reason, stop.good, bench.progress.moved) == ("contended", False, 0)


def test_a_connection_that_is_lost_leaves_the_account_of_what_was_done() -> None:
    bench = Bench(letters(300))
    bench.broker.breaks_after = 100
    with pytest.raises(Unreachable):
        bench.run()
    assert bench.progress.moved == 100


def in_parts(bench: Bench, **given: Any) -> tuple[Stop, int]:
    """Run in parts of half a second until there is another end; return it, and how many parts it took."""
    for parts in range(1, 200):
        stop = bench.run(max_seconds=0.5, **given)
        bench.progress = picked_up(json.loads(json.dumps(bench.progress.as_dict())), "progress")
        if stop.reason != "time":
            return stop, parts
    raise AssertionError("no end")


def test_a_rate_holds_over_all_parts_of_a_run() -> None:
    bench = Bench(letters(10))
    began = bench.clock.now
    stop, parts = in_parts(bench, rate=1)
    assert (stop.reason, bench.progress.moved) == ("end", 10)
    assert parts > 10
    assert 8.9 <= bench.clock.now - began <= 10


def test_a_queue_that_stays_full_over_many_parts_stops_the_run() -> None:
    bench = Bench(letters(120))
    bench.broker.worker = None
    stop, parts = in_parts(bench, pause_above=30, pause_timeout=3)
    assert (stop.reason, bench.progress.moved) == ("full", 30)
    assert 5 <= parts <= 8
    assert stop.sentence.endswith("for 3 s")


def test_the_pace_of_an_earlier_part_must_be_readable() -> None:
    with pytest.raises(InputError, match="is not the progress of a run"):
        picked_up({**Progress(run="a").as_dict(), "pace": {"allowance": 1}}, "continue_from")
