# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service loses nothing and lies about nothing: what is shown on it is worth something."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.tests.lab import process, redis_server, state
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo import names
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle
from ansible_collections.day2.ops.tests.lab.demo.load import Load
from ansible_collections.day2.ops.tests.lab.demo.stores import open_redis
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for


@pytest.fixture(autouse=True)
def _empty_queue(facts: Facts) -> Iterator[None]:
    yield
    open_redis(facts["redis"], seconds=5).delete(names.QUEUE, names.DEAD, names.INGRESS, names.BUG)


def _call(facts: Facts, method: str, path: str, body: object, token: str = "") -> tuple[int, dict[str, object]]:
    headers = {"X-Admin-Token": token} if token else {}
    text = body if isinstance(body, str) else json.dumps(body)
    url = f"{facts['service']['url']}{path}"
    request = urllib.request.Request(url, data=text.encode(), headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _wait_for_processed(facts: Facts, more: int) -> None:
    client = open_redis(facts["redis"], seconds=5)

    def processed() -> int:
        return int(str(client.hget(names.COUNTERS, "processed") or 0))

    goal = processed() + more
    wait_for(f"{more} more processed orders", lambda: processed() >= goal, seconds=30)


def _settled(lab: Lab, load: BackgroundLoad) -> Account:
    await_drained(lab.facts)
    return settle(lab.facts, load.result)


def test_a_quiet_run_is_in_balance(facts: Facts) -> None:
    result = Load(facts["service"]["url"], rate=200, seconds=30, count=100).run(connections=4)
    await_drained(facts)
    account = settle(facts, result)
    assert account.balanced
    assert (account.accepted, account.processed, account.errors) == (100, 100, 0)
    assert account.line() == "accepted 100 = processed 100, refused with 503: 0, lost 0, doubled 0"


def test_nothing_is_lost_when_workers_are_killed(lab: Lab) -> None:
    with BackgroundLoad(lab.home, rate=80) as load:
        for worker in ("worker-1", "worker-2", "worker-1"):
            _wait_for_processed(lab.facts, 20)
            process.kill(lab.home.process(worker))
            lab.mend(worker, "start")
        _wait_for_processed(lab.facts, 20)
    account = _settled(lab, load)
    assert (account.lost, account.errors, account.dead) == (0, 0, 0)
    assert account.accepted == account.processed > 80
    # An order that was in the database, and in the hand of the killed worker, is processed again.
    assert account.doubled <= 3


@pytest.mark.parametrize("how", ["stop", "kill", "hang"])
def test_nothing_is_lost_when_redis_goes_and_comes_back(lab: Lab, how: str) -> None:
    with BackgroundLoad(lab.home, rate=80) as load:
        _wait_for_processed(lab.facts, 20)
        lab.break_server("redis", how)
        lab.mend("redis", how)
        _wait_for_processed(lab.facts, 20)
    account = _settled(lab, load)
    assert account.lost == 0
    assert account.accepted == account.processed


@pytest.mark.parametrize("how", ["stop", "read-only", "wrong-password"])
def test_orders_wait_while_the_database_is_away(lab: Lab, how: str) -> None:
    client = open_redis(lab.facts["redis"], seconds=5)
    with BackgroundLoad(lab.home, rate=80) as load:
        lab.break_server("postgres", how)
        wait_for("a queue", lambda: int(str(client.llen(names.QUEUE))) > 20)
        lab.mend("postgres", how)
        _wait_for_processed(lab.facts, 20)
    account = _settled(lab, load)
    assert (account.lost, account.dead, account.errors) == (0, 0, 0)
    assert account.accepted == account.processed


def test_what_another_command_has_started_meanwhile_is_known(lab: Lab) -> None:
    with BackgroundLoad(lab.home, rate=20) as load:
        other = Lab(lab.folder)  # as a playbook does through the lab's command
        other.end_process("worker-1", kill=False)
        other.run_process("worker-1")
    assert lab.home.runs("worker-1")
    assert other.facts["processes"]["worker-1"] == state.read(lab.folder)["processes"]["worker-1"]
    assert _settled(lab, load).balanced


def test_an_item_in_hand_is_seen_in_flight(lab: Lab) -> None:
    lab.break_server("postgres", "hang")
    result = Load(lab.facts["service"]["url"], rate=200, seconds=5, count=2).run(connections=1)
    client = redis_server.connect(lab.facts["redis"])
    taken = [f"{names.PROCESSING}{worker}" for worker in ("worker-1", "worker-2")]
    wait_for("two orders in hand", lambda: sum(int(str(client.llen(key))) for key in taken) == 2)
    assert client.llen(names.QUEUE) == 0
    lab.mend("postgres")
    await_drained(lab.facts)
    assert settle(lab.facts, result).processed == 2


def test_after_closing_the_ingress_nothing_more_gets_in(lab: Lab) -> None:
    facts = lab.facts
    client = open_redis(facts["redis"], seconds=5)
    load = Load(facts["service"]["url"], rate=1000, seconds=60, count=0)
    sender = threading.Thread(target=load.run, args=(8,))
    sender.start()
    try:
        for _round in range(5):
            wait_for("orders that get in", lambda: _accepted(facts) > 0)
            status, body = _call(facts, "PUT", "/ingress", {"open": False}, facts["service"]["admin_token"])
            at_close = _accepted(facts)
            assert (status, body) == (200, {"open": False})
            refused = load.result.refused
            wait_for("orders that are refused", lambda seen=refused: load.result.refused >= seen + 50)  # type: ignore[misc]
            assert _accepted(facts) == at_close
            _call(facts, "PUT", "/ingress", {"open": True}, facts["service"]["admin_token"])
            wait_for("orders that get in again", lambda before=at_close: _accepted(facts) > before)  # type: ignore[misc]
    finally:
        load.stopping.set()
        sender.join()
    assert load.result.errors == 0
    assert load.result.first_refused is not None
    client.delete(names.QUEUE)


def _accepted(facts: Facts) -> int:
    return int(str(open_redis(facts["redis"], seconds=5).hget(names.COUNTERS, "accepted") or 0))


def test_a_closed_ingress_refuses_bad_orders_too(lab: Lab) -> None:
    before = _metrics(lab.facts)["demo_orders_refused_total"]
    lab.break_server("service", "close-ingress")
    assert _call(lab.facts, "POST", "/orders", {})[0] == 503
    lab.mend("service")
    assert _call(lab.facts, "POST", "/orders", {})[0] == 400
    assert _metrics(lab.facts)["demo_orders_refused_total"] == before + 1


def test_a_closed_ingress_survives_a_restart_and_says_when_to_come_back(lab: Lab) -> None:
    lab.break_server("service", "close-ingress")
    lab.break_server("api", "kill")
    lab.mend("api")
    request = urllib.request.Request(f"{lab.facts['service']['url']}/orders", data=b'{"id": "late", "amount": 1}')
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 503
    assert refused.value.headers["Retry-After"] == "5"


def test_the_bug_sends_some_orders_to_the_dead_and_only_those(lab: Lab) -> None:
    lab.break_server("service", "enable-bug")
    result = Load(lab.facts["service"]["url"], rate=200, seconds=30, count=20).run(connections=2)
    await_drained(lab.facts)
    account = settle(lab.facts, result)
    assert (account.processed, account.dead, account.lost, account.balanced) == (18, 2, 0, False)
    client = open_redis(lab.facts["redis"], seconds=5)
    letters = [json.loads(letter) for letter in client.lrange(names.DEAD, 0, -1)]  # type: ignore[union-attr]
    assert sorted(letter["amount"] for letter in letters) == [3, 13]
    for letter in letters:
        assert set(letter) == {"id", "amount", "error", "failed_at", "attempts"}
        assert letter["error"] == f"cannot handle an amount that ends in 3: {letter['amount']}"
        assert letter["attempts"] == 1


def test_counters_hold_across_a_restart_of_everything(lab: Lab) -> None:
    Load(lab.facts["service"]["url"], rate=200, seconds=30, count=5).run(connections=1)
    await_drained(lab.facts)
    before = _metrics(lab.facts)
    for name in ("service", "redis"):
        lab.break_server(name, "stop")
    lab.mend_all()
    assert _metrics(lab.facts) == before
    assert before["demo_orders_accepted_total"] >= 5


def _metrics(facts: Facts) -> dict[str, int]:
    with urllib.request.urlopen(f"{facts['service']['url']}/metrics", timeout=5) as answer:
        lines = [line.split() for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: int(value) for name, value in lines}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/orders", "what", 400, "expected a JSON object with id and amount, got no JSON"),
        ("POST", "/orders", [], 400, "expected an object with id, a text that is not empty"),
        ("POST", "/orders", {"id": "", "amount": 1}, 400, "expected an object with id, a text that is not empty"),
        ("POST", "/orders", {"id": "a", "amount": "1"}, 400, "expected an object with amount, a whole number"),
        ("POST", "/orders", {"id": "a", "amount": True}, 400, "expected an object with amount, a whole number"),
        ("PUT", "/ingress", {"open": False}, 401, "expected the admin token in the header X-Admin-Token"),
        ("PUT", "/bug", {"enabled": True}, 401, "expected the admin token in the header X-Admin-Token"),
        ("POST", "/nowhere", {}, 404, "no POST /nowhere here"),
    ],
)
def test_bad_requests_get_one_line(facts: Facts, method: str, path: str, body: object, status: int, says: str) -> None:
    answered, said = _call(facts, method, path, body)
    assert answered == status
    assert str(said["error"]).startswith(says)


def test_a_switch_wants_a_truth(facts: Facts) -> None:
    status, said = _call(facts, "PUT", "/ingress", {"open": "no"}, facts["service"]["admin_token"])
    assert (status, said) == (400, {"error": 'expected {"open": true} or {"open": false}'})


def test_load_counts_what_it_got_no_answer_for(lab: Lab) -> None:
    lab.break_server("api", "stop")
    result = Load(lab.facts["service"]["url"], rate=100, seconds=5, count=3).run(connections=1)
    assert (result.accepted, len(result.unknown), result.errors) == ([], 3, 3)
    assert "Connection refused" in result.last_error
