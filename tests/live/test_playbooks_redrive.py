# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dead letters of the demo service, made by its own workers, put back by the playbook, and then done once each."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.demo import names
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle
from ansible_collections.day2.ops.tests.lab.demo.load import Load, Result
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.own_plays import play
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of

TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
ORDERS = 200
DEAD = ORDERS // 10  # each tenth order is one that the bug strikes
ORDERS_QUEUE = {
    "name": "orders",
    "kind": "redis_list",
    "dead": names.DEAD,
    "heartbeat": f"{names.HEARTBEAT}*",
    "in_flight": [f"{names.PROCESSING}*"],
    "missing": "empty",
    "item": {"id": "id", "error": "error", "failed_at": "failed_at"},
}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


@pytest.fixture
def demo_redis(lab: Lab) -> Iterator[redis.Redis]:
    """An administrator's client of the demo's own database."""
    with connect(lab.facts["redis"]) as client:
        yield client


@pytest.fixture
def dead_orders(lab: Lab, demo_redis: redis.Redis) -> Iterator[Result]:
    """Orders of which a tenth died of a bug, which is still there."""
    lab.break_server("service", "enable-bug")
    result = Load(lab.facts["service"]["url"], rate=500, seconds=20, count=ORDERS).run(connections=4)
    assert len(result.accepted) == ORDERS
    await_drained(lab.facts)
    assert demo_redis.llen(names.DEAD) == DEAD
    yield result
    lab.mend("service", "fix-bug")
    await_drained(lab.facts)
    demo_redis.delete(names.DEAD)


def all_done_once(lab: Lab, result: Result) -> Account:
    await_drained(lab.facts)
    account = settle(lab.facts, result)
    assert account.balanced, account.line()
    return account


def changed(done: Done) -> int:
    """Return how many tasks changed something, by the recap."""
    line = next(line for line in done.output.splitlines() if line.startswith("demo ") and "changed=" in line)
    return int(line.partition("changed=")[2].split()[0])


def report_of(operator: Operator) -> dict[str, Any]:
    """Return the newest report."""
    found: dict[str, Any] = json.loads((operator.reports / "reprocess-dlq-latest.json").read_text(encoding="utf-8"))
    return found


def test_a_plan_then_a_cause_that_is_not_fixed_then_one_that_is(
    operator: Operator, dead_orders: Result, demo_redis: redis.Redis
) -> None:
    before = demo_redis.lrange(names.DEAD, 0, -1)
    plan = operator.run("reprocess_dlq", "--check", "--diff")
    assert plan.status == 0, plan.output
    assert f"orders: {DEAD} dead letters (" in plan.of_task("Show what is dead")
    assert f"would move {DEAD} of {DEAD} dead letters, the first 10 as canary" in plan.text
    assert f"-dead letters: {DEAD} -put back to work: 0 +dead letters: 0 +put back to work: {DEAD}" in plan.text
    assert demo_redis.lrange(names.DEAD, 0, -1) == before
    assert operator.written() == []

    failed = operator.run("reprocess_dlq", "-vvv")
    assert failed.status == 2
    sentence = "10 of the first 10 letters came back within"
    assert sentence in failed.of_task("Fail where something is wrong")
    assert "the cause is not fixed" in failed.of_task("Fail where something is wrong")
    assert f"demo: orders: moved 10, 10 dead again or newly, {DEAD} dead letters left; {sentence}" in failed.text
    assert demo_redis.llen(names.DEAD) == DEAD
    assert leaks(operator, failed, secrets_of(operator.lab.facts)) == []
    (row,) = report_of(operator)["sections"][0]["rows"]
    assert (row[:4], row[6:8], row[9]) == (["demo", "orders", DEAD, 10], [10, DEAD], "canary")

    operator.lab.mend("service", "fix-bug")
    done = operator.run("reprocess_dlq")
    assert done.status == 0, done.output
    assert changed(done) == 1
    assert f"put back {DEAD}, parked 0 dead letters" in done.text
    all_done_once(operator.lab, dead_orders)
    (row,) = report_of(operator)["sections"][0]["rows"]
    assert (row[:4], row[6:8], row[9]) == (["demo", "orders", DEAD, DEAD], [0, 0], "end")
    html = (operator.reports / "reprocess-dlq-latest.html").read_text(encoding="utf-8")
    assert "Dead letters" in html

    again = operator.run("reprocess_dlq")
    assert (again.status, changed(again)) == (0, 0), again.output
    assert "orders: 0 dead letters" in again.text
    assert "orders:" not in again.of_task("Put dead letters back")


@pytest.mark.long
def test_progress_shows_in_a_terminal(operator: Operator, dead_orders: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "AWX_ISOLATED_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    operator.lab.mend("service", "fix-bug")
    operator.within = [sys.executable, "-c", TERMINAL]
    done = operator.run("reprocess_dlq", day2_redrive={"canary": 0, "rate": 2.5})
    assert done.status == 0, done.output
    lines = done.of_task("Put dead letters back")
    assert " moved, " in lines, done.output
    assert " left, 2." in lines
    assert "/s, ETA " in lines
    assert f"orders: moved {DEAD}, 0 dead letters left; all dead letters that were there were looked at" in lines
    all_done_once(operator.lab, dead_orders)


def test_a_service_that_is_not_well_is_not_touched(
    operator: Operator, dead_orders: Result, demo_redis: redis.Redis, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    done = operator.run(
        "reprocess_dlq",
        day2_gate_timeout=0,
        day2_redrive_checks__flag=[{"name": "flag", "kind": "file_age", "path": str(flag)}],
    )
    assert (done.status, changed(done)) == (2, 0)
    told = done.of_task("Fail where something is wrong")
    assert "orders: nothing was put back, as the gate before is closed; the gate before is closed: " in told
    assert f"critical flag: fail: no such file: {flag}" in told
    assert demo_redis.llen(names.DEAD) == DEAD == ORDERS - settle(operator.lab.facts, dead_orders).processed


@pytest.mark.long
def test_nothing_goes_without_a_worker(operator: Operator, dead_orders: Result, demo_redis: redis.Redis) -> None:
    operator.lab.break_server("service", "worker-kill")
    done = operator.run("reprocess_dlq")
    assert done.status == 2
    assert "consumers alive: 0, at least 1 required" in done.of_task("Fail where something is wrong")
    assert demo_redis.llen(names.DEAD) == DEAD, dead_orders


@pytest.mark.long
def test_a_queue_that_fails_does_not_keep_the_others_from_being_done(operator: Operator, dead_orders: Result) -> None:
    operator.lab.mend("service", "fix-bug")
    broken = {"name": "broken", "kind": "redis_list", "dead": names.COUNTERS, "missing": "empty"}
    done = operator.run("reprocess_dlq", day2_queues=[broken], day2_redrive={"canary": 2})
    assert done.status == 2
    told = done.of_task("Fail where something is wrong")
    assert f"broken: the key {names.COUNTERS} holds a hash, a list was expected" in told
    assert "orders:" not in told.replace(names.COUNTERS, "")
    assert report_of(operator)["summary"] == f"put back {DEAD}, parked 0 dead letters; not well: broken"
    all_done_once(operator.lab, dead_orders)


@pytest.mark.long
def test_an_interrupted_run_is_gone_on_with(operator: Operator, dead_orders: Result, demo_redis: redis.Redis) -> None:
    operator.lab.mend("service", "fix-bug")
    slow = {"canary": 0, "rate": 2, "limit": DEAD - 2}
    with operator.start("reprocess_dlq", day2_redrive=slow) as running:
        wait_for("some letters to go", lambda: 0 < cast("int", demo_redis.llen(names.DEAD)) < DEAD - 3, 60)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate(timeout=60)
    (journal,) = operator.state.rglob("orders.jsonl")

    def at_rest() -> bool:
        """Tell whether the worker of the killed play has ended, which does not outlive it by more than a part."""
        done = operator.run("reprocess_dlq", day2_redrive={"canary": 0, "limit": DEAD - 2})
        return "another run is writing this journal" not in done.text

    wait_for("the end of the killed play", at_rest, 60, every=1)
    events = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines() if line]
    runs = {event["progress"]["run"] for event in events if event["event"] == "done"}
    assert len(runs) == 1
    assert events[-1]["event"] == "end"
    assert events[-2]["progress"]["moved"] == DEAD - 2
    # the limit holds for both parts together, so two letters are left
    assert demo_redis.llen(names.DEAD) == 2
    done = operator.run("reprocess_dlq")
    assert done.status == 0, done.output
    all_done_once(operator.lab, dead_orders)


@pytest.mark.long
@pytest.mark.parametrize("by_ids", [False, True], ids=["by_number", "by_ids"])
def test_the_same_through_the_services_own_api(operator: Operator, dead_orders: Result, by_ids: bool) -> None:
    service = operator.lab.facts["service"]
    base = f"{service['url']}/api/dlq"
    by_number = {"dead": {"url": base}, "redrive": {"url": f"{base}/reprocess?count={{count}}"}}
    named = {"dead": {"url": f"{base}/letters"}, "redrive": {"url": f"{base}/retry", "body": {"ids": "{ids}"}}}
    queue = {
        "name": "orders-api",
        "kind": "http",
        "headers": {"X-Admin-Token": service["admin_token"]},
        "redrive_options": {"canary_wait": 5},
        **({"item": {"id": "id", "error": "error"}} if by_ids else {}),
        **(named if by_ids else by_number),
    }
    chosen: dict[str, Any] = {"day2_queues__api": [queue], "day2_redrive_queues": "orders-api"}
    failed = operator.run("reprocess_dlq", **chosen)
    assert failed.status == 2
    assert "the cause is not fixed" in failed.of_task("Fail where something is wrong"), failed.output
    operator.lab.mend("service", "fix-bug")
    done = operator.run("reprocess_dlq", **chosen)
    assert done.status == 0, done.output
    all_done_once(operator.lab, dead_orders)
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"day2_redrive_queues": "orders,ordres"}, "no queue ordres is described; described are: orders"),
        ({"day2_redrive": {"cannary": 3}}, "day2_redrive: unknown option cannary"),
        (
            {"day2_queues__orders": [{**ORDERS_QUEUE, "redrive_options": {"rate": "fast"}}]},
            "redrive_options of the queue orders: argument 'rate'",
        ),
        (
            {"day2_queues__jobs": [{"name": "jobs", "kind": "arq"}], "day2_redrive_queues": ["jobs"]},
            "the queue jobs does not say where its service keeps them",
        ),
        ({"day2_redrive_queue": "orders"}, "unknown variable day2_redrive_queue; expected one of"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_touched(
    operator: Operator, variables: dict[str, Any], words: str
) -> None:
    done = operator.run("reprocess_dlq", **variables)
    assert done.status != 0
    assert words in done.text, done.output
    assert "Traceback" not in done.output
    assert operator.written() == []


# The action plugin

PLAY = """
- hosts: good
  gather_facts: false
  vars:
    queue: {name: jobs, kind: redis_list, dead: "jobs:dead", missing: empty}
  module_defaults:
    group/day2.ops.redis: "{{ login }}"
  tasks:
    - name: Plan
      day2.ops.dlq_reprocess: {queue: "{{ queue }}"}
      check_mode: true
      register: plan
    - name: Some
      day2.ops.dlq_reprocess: {queue: "{{ queue }}", canary: 0, limit: 10}
      register: some
    - name: In a loop
      day2.ops.dlq_reprocess: {queue: "{{ queue }}", canary: 0, limit: "{{ item }}"}
      loop: [1, 2]
      register: loop
    - name: In the background
      day2.ops.dlq_reprocess: {queue: "{{ queue }}", canary: 0, limit: 5}
      async: 60
      poll: 1
      register: background
    - name: By the module, in parts, within a time
      day2.ops.dlq_reprocess: {queue: "{{ queue }}", canary: 0, rate: 5, max_seconds: 7}
      environment: {SOME: thing}
      delegate_to: localhost
      register: timed
    - name: In secret
      day2.ops.dlq_reprocess: {queue: "{{ queue }}", canary: 0, rate: 5, max_seconds: 6}
      no_log: true
      register: secret
    - name: In parts by itself
      day2.ops.dlq_reprocess: {queue: "{{ queue }}", canary: 0, rate: 4, limit: 26}
      diff: true
      register: whole
    - name: Tell
      ansible.builtin.copy:
        dest: "{{ playbook_dir }}/told.json"
        content: >-
          {{ {'plan': plan, 'some': some, 'loop': loop, 'background': background, 'timed': timed, 'secret': secret,
              'whole': whole} | to_json }}
        mode: "0600"
      no_log: true
"""


@pytest.mark.long
def test_parts_loops_secrets_background_and_time(
    lab: Lab, redis_server: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    redis_server.rpush("jobs:dead", *(json.dumps({"number": number}) for number in range(200)))
    facts = lab.facts["redis"]
    login = {
        "login_host": facts["host"],
        "login_port": facts["port"],
        "login_user": facts["user"],
        "login_password": facts["password"],
        "db": 9,
    }
    (tmp_path / "login.json").write_text(json.dumps({"login": login}), encoding="utf-8")
    status, said = play(tmp_path, PLAY, "", "-e", f"@{tmp_path}/login.json", "-v", ANSIBLE_INJECT_INVOCATION="1")
    assert status == 0, said
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert (told["plan"]["plan"]["move"], told["plan"]["changed"]) == (200, True)
    assert (told["some"]["moved"], told["some"]["stop_reason"]) == (10, "limit")
    assert [result["moved"] for result in told["loop"]["results"]] == [1, 2]
    assert (told["background"]["moved"], told["background"]["changed"]) == (5, True)
    timed = told["timed"]
    assert (timed["stop_reason"], timed["changed"]) == ("time", True)
    assert 30 <= timed["moved"] <= 36
    assert 7 <= timed["duration"] < 8
    assert timed["msg"].endswith(" s were worked, as long as max_seconds allows")
    arguments = timed["invocation"]["module_args"]
    assert (arguments["max_seconds"], arguments["continue_from"], arguments["rate"]) == (7, None, 5)
    assert told["secret"]["stop_reason"] == "time"
    whole = told["whole"]
    assert (whole["moved"], whole["stop_reason"], whole["changed"]) == (26, "limit", True)
    assert whole["diff"]["after"].endswith("put back to work: 26\n")
    assert whole["duration"] > 6
    # no line of progress: this is no terminal, and none of it took half a minute
    assert "/s, ETA" not in said
    moved = 10 + 1 + 2 + 5 + timed["moved"] + told["secret"]["moved"] + 26
    assert [json.loads(item)["number"] for item in cast("list[bytes]", redis_server.lrange("jobs", 0, -1))] == list(
        range(moved)
    )
    assert cast("int", redis_server.llen("jobs:dead")) == 200 - moved
    assert facts["password"] not in said
