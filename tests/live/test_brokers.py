# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same for all kinds of queues: filled by the broker's own client, failed at by its own worker, redriven by us, and
then done by its own worker, once each. What is special to a kind is in `test_redrive_KIND.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letter_options import redrivable
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import (
    ATTEMPTS,
    COUNTS_REDRIVES,
    DROP,
    DROPS,
    KEEP,
    MOVE,
    ORDERS,
    PARK,
    PARKS,
    RESTORES,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.kinds import KINDS
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.rules import TRIED_ENOUGH

from .broker_places.place import Place, RedisPlace
from .broker_places.places import PLACES
from .passing import archive, begun, ids_of, looked_at, measured, peeked, queue_depth, reprocess, settle_all, some_of
from .snapshot import Snapshot

ITEMS = 30
EACH = list(range(ITEMS))


@pytest.fixture(scope="module", params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of queue."""
    return str(request.param)


@pytest.fixture(scope="module")
def snapshots() -> dict[str, Snapshot]:
    """What Redis held, by kind, when the worker had failed at all items: to start one takes seconds."""
    return {}


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest) -> Place:
    """A queue of the kind, empty."""
    return PLACES[kind](request)


@pytest.fixture
def died(place: Place, snapshots: dict[str, Snapshot]) -> Place:
    """A queue whose worker has failed at all items; the cause is still there."""
    if not isinstance(place, RedisPlace):
        place.die(ITEMS)
        return place
    if place.kind in snapshots:
        place.server.flushdb()
        snapshots[place.kind].restore(place.server)
    else:
        place.die(ITEMS)
        snapshots[place.kind] = Snapshot()
        snapshots[place.kind].take(place.server)
    return place


def traits(place: Place) -> frozenset[str]:
    """Return what the kind, with the queue's options, is able to do with dead letters."""
    (queue,) = described([place.queue], {}, "queue")
    return redrivable(queue).TRAITS


def sizes(place: Place) -> tuple[int | None, int | None]:
    """Return what queue_depth says is ready and dead."""
    found = measured(place.queue)
    return found["ready"], found["dead"]


def test_what_died_is_seen_redriven_and_done_once_each(died: Place) -> None:
    empty = 0 if died.tells_ready else None
    assert sizes(died) == (empty, ITEMS)
    seen = looked_at(died.queue)
    assert some_of(seen, "dead", "looked", "complete") == {"dead": ITEMS, "looked": ITEMS, "complete": True}
    errors = seen.data["by_error"]
    assert all(re.fullmatch(died.error or "not known", error) for error in errors), errors
    plan = reprocess(died.queue, check_mode=True)
    assert plan.changed
    assert (plan.data["plan"]["move"], died.dead()) == (ITEMS, ITEMS)
    died.mend()
    result = reprocess(died.queue)
    assert some_of(result, "moved", "left", "stop_reason") == {"moved": ITEMS, "left": 0, "stop_reason": "end"}
    assert (result.changed, result.failed) == (True, False)
    again = reprocess(died.queue)
    assert (again.changed, again.data["moved"]) == (False, 0)
    died.work_off(ITEMS)
    assert sorted(died.processed()) == EACH
    if died.tells_ready:
        drained = queue_depth(died.queue, wait="drained", wait_timeout=20, wait_settle=0.1)
        assert not drained.failed, drained.msg


def test_bounds_hold_while_the_cause_is_not_mended(died: Place) -> None:
    able = traits(died)
    limited = reprocess(died.queue, limit=4)
    assert some_of(limited, "moved", "stop_reason") == {"moved": 4, "stop_reason": "limit"}
    with died.working():
        died.await_dead(ITEMS)
        result = reprocess(died.queue, canary=5, canary_wait=30)
        assert result.failed
        assert some_of(result, "moved", "stop_reason") == {"moved": 5, "stop_reason": "canary"}
        assert result.msg.endswith("the cause is not fixed")
        died.await_dead(ITEMS)
        if COUNTS_REDRIVES in able:
            for limit, moved in ((4, 4), (None, ITEMS - 4)):
                result = reprocess(died.queue, max_attempts=1, limit=limit, stop_when_returning=1)
                assert result.data["moved"] == moved, result.msg
                died.await_dead(ITEMS)
            assert result.data["skipped_for"] == {TRIED_ENOUGH: 4}
    assert died.processed() == []
    if {COUNTS_REDRIVES, PARKS} <= able:
        parked = reprocess(died.queue, max_attempts=1, park=True)
        assert some_of(parked, "moved", "parked", "left") == {"moved": 0, "parked": ITEMS, "left": 0}


def test_each_verdict_and_a_canary_that_stays_away(died: Place) -> None:
    able = traits(died)
    verdicts = [MOVE, KEEP, *([PARK] if PARKS in able else []), *([DROP] if DROPS in able else [])]
    fate: dict[str, str] = {}

    def verdict(letter: Letter) -> str:
        return fate.setdefault(letter.id, verdicts[len(fate) % len(verdicts)])

    died.mend()
    with begun(died.queue) as letters:
        passed = settle_all(letters, verdict)
        parking = letters.parking()
    each = {one: list(fate.values()).count(one) for one in (MOVE, PARK, DROP, KEEP)}
    wanted = {"moved": each[MOVE], "parked": each[PARK], "dropped": each[DROP], "kept": each[KEEP]}
    assert passed.sums == {name: number for name, number in wanted.items() if number}
    died.await_dead(each[KEEP])
    assert set(ids_of(peeked(died.queue))) == {one for one, verdict in fate.items() if verdict == KEEP}
    if each[PARK]:
        assert died.parked(parking) == each[PARK]
    with died.working():
        died.await_processed(each[MOVE])
        result = reprocess(died.queue, canary=3, canary_wait=2)
        assert not result.failed, result.msg
        assert result.data["moved"] == each[KEEP]
        died.await_processed(each[MOVE] + each[KEEP])
    assert len(set(died.processed())) == len(died.processed()) == each[MOVE] + each[KEEP]


def test_what_a_kind_is_not_able_to_is_refused_before_anything_is_touched(died: Place, tmp_path: Path) -> None:
    able = traits(died)
    asked: dict[str, tuple[str, Callable[[], object]]] = {
        PARKS: ("park", lambda: reprocess(died.queue, park=True)),
        COUNTS_REDRIVES: ("max_attempts", lambda: reprocess(died.queue, max_attempts=3)),
        ORDERS: ("order: newest", lambda: reprocess(died.queue, order="newest")),
        ATTEMPTS: ("attempts: reset", lambda: reprocess(died.queue, attempts="reset")),
        RESTORES: ("dlq_archive", lambda: archive(died.queue, "export", tmp_path / "letters.gz")),
    }
    for trait, (option, ask) in asked.items():
        if trait not in able:
            with pytest.raises(InputError, match=f"^{option}: the kind {died.kind} cannot do that: "):
                ask()
    assert died.dead() == ITEMS
    assert not (tmp_path / "letters.gz").exists()
    if RESTORES in able:
        _out_and_back(died, tmp_path / "letters.gz")
    if ORDERS in able:
        _the_newest_first(died)


def _out_and_back(died: Place, path: Path) -> None:
    before = [(letter.id, letter.body, letter.error) for letter in peeked(died.queue)]
    out = archive(died.queue, "export", path)
    assert some_of(out, "exported", "removed") == {"exported": ITEMS, "removed": ITEMS}
    assert died.dead() == 0
    assert archive(died.queue, "import", path).data["restored"] == ITEMS
    assert archive(died.queue, "import", path).data["restored"] == 0
    assert [(letter.id, letter.body, letter.error) for letter in peeked(died.queue)] == before


def _the_newest_first(died: Place) -> None:
    oldest_first = ids_of(peeked(died.queue))
    assert ids_of(peeked(died.queue, order="newest")) == oldest_first[::-1]
    assert reprocess(died.queue, order="newest", limit=10).data["moved"] == 10
    assert ids_of(peeked(died.queue)) == oldest_first[: ITEMS - 10]


def test_a_run_in_parts_moves_each_letter_once(died: Place) -> None:
    died.mend()
    first = reprocess(died.queue, limit=10)
    assert first.data["moved"] == 10
    run: dict[str, Any] = {"run": first.data["run"], "position": first.data["progress"]["position"]}
    with begun(died.queue, **run) as letters:
        taken = letters.take(6)
        done = letters.settle(taken, [MOVE, KEEP] * 3)
        assert (done.moved, done.kept) == (3, 3)
        run["position"] = json.loads(json.dumps(letters.position()))
    kept = ids_of(taken)[1::2]
    with begun(died.queue, **run) as letters:
        rest = settle_all(letters, lambda letter: KEEP if letter.id in kept else MOVE)  # some see them again
    assert rest.moved == ITEMS - 16
    died.await_dead(3)
    died.work_off(ITEMS - 3)
    assert len(set(died.processed())) == len(died.processed()) == ITEMS - 3
