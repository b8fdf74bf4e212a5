# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance window on the demo service: it ends well, or it ends with the ingress open and one line."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import await_drained, settle
from ansible_collections.day2.ops.tests.lab.demo.load import Load
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import ServiceFacts
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of

Step = dict[str, Any]
WELL = {"name": "well", "command": ["true"]}
FAILING_VERIFY = {"command": ["ls", "/nowhere"]}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def ingress_is_open(service: ServiceFacts) -> bool:
    with urllib.request.urlopen(f"{service['url']}/ingress", timeout=10) as answer:
        return bool(json.load(answer)["open"])


def announced(operator: Operator) -> list[str]:
    """Return what the webhook was told, and forget it."""
    file = Path(operator.lab.facts["webhook"]["file"])
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [json.loads(line)["body"]["text"] for line in lines]


def assert_one_line_and_open(operator: Operator, done: Done, line: str) -> None:
    assert done.status != 0
    assert f"{line} (the ingress is open again)" in done.of_task("Tell how the window ended")
    assert "Traceback" not in done.output
    assert ingress_is_open(operator.lab.facts["service"])
    assert (operator.journal()["state"], operator.journal()["outcome"]) == ("closed", "failed")


def test_a_window_under_load_loses_nothing_and_shows_no_secret(operator: Operator, service: ServiceFacts) -> None:
    announced(operator)
    token = "t0ken-of-the-webhook"
    webhook = {"webhook_url": f"{operator.lab.facts['webhook']['url']}/{token}"}
    with BackgroundLoad(operator.lab.home, rate=40) as load:
        done = operator.run("maintenance", "-vvv", day2_announce=webhook, day2_drain_settle=1)
    assert done.status == 0, done.output
    await_drained(operator.lab.facts)
    account = settle(operator.lab.facts, load.result)
    assert account.balanced, account.line()
    assert account.refused > 0
    assert account.errors == 0
    assert ingress_is_open(service)
    journal = operator.journal()
    assert (journal["state"], journal["outcome"]) == ("closed", "done")
    assert {name for name, step in journal["steps"].items() if step["status"] == "done"} == {
        "preflight",
        "ingress closed",
        "drained",
        "step: vacuum",
        "verified",
    }
    assert "WARNING" not in journal["steps"]["preflight"]["data"]["message"]  # as nothing is odd
    begin, end = announced(operator)
    assert begin.startswith(f"Maintenance of demo begins: vacuum of the orders table (window {journal['id']})")
    assert end == "Maintenance of demo ended: all steps done and verified, ingress open"
    (page,) = operator.reports.glob("maintenance-demo-*Z.html")
    assert "step: vacuum" in page.read_text(encoding="utf-8")
    assert leaks(operator, done, {*secrets_of(operator.lab.facts), token}) == []


def told_by(log: Path, name: str, **more: Any) -> Step:
    """Return a step that writes down that it was done, that it was verified, and that it was undone."""
    verify, undo = ({"command": ["sh", "-c", f"echo {what} {name} >> {log}"]} for what in ("verify", "undo"))
    return {
        "name": name,
        "command": ["sh", "-c", f"echo do {name} >> {log}"],
        "verify": verify,
        "undo": undo,
        "timeout": "10m",
        **more,
    }


def test_a_step_that_fails_and_the_next_window(operator: Operator, tmp_path: Path) -> None:
    """What was begun is undone, the last first; what cannot be undone keeps none before it from being undone."""
    log = tmp_path / "log"
    steps = [
        told_by(log, "one"),
        told_by(log, "two", undo={"command": ["ls", "/stuck"]}),
        WELL,
        told_by(log, "broken", verify=FAILING_VERIFY),
        told_by(log, "never"),
    ]
    done = operator.run("maintenance", day2_maintenance_steps=steps)
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "NOT UNDONE: step: two: Run the command: " in told
    assert "step: broken: verify: Run the command: " in told
    assert "No such file or directory (undone: broken, one; the ingress is open again)" in told
    assert "Traceback" not in done.output
    assert ingress_is_open(operator.lab.facts["service"])
    assert log.read_text(encoding="utf-8").splitlines() == [
        *("do one", "verify one", "do two", "verify two", "do broken", "undo broken", "undo one")
    ]
    failed = operator.journal()
    assert (failed["state"], failed["outcome"]) == ("closed", "failed")
    names = ("one", "two", "well", "broken")
    assert [failed["steps"][f"step: {name}"]["status"] for name in names] == ["undone", "failed", "done", "undone"]
    assert "step: never" not in failed["steps"]
    again = operator.run("maintenance", day2_maintenance_steps=[WELL])
    assert again.status == 0, again.output
    assert operator.journal()["id"] != failed["id"]
    assert operator.journal()["taken_over"] == []


@pytest.mark.long
def test_a_step_that_takes_too_long(operator: Operator, tmp_path: Path) -> None:
    slow = told_by(tmp_path / "log", "slow", command=["sleep", "120"], timeout="5s")
    slow["undo"]["timeout"] = "10m"
    done = operator.run("maintenance", day2_maintenance_steps=[slow])
    assert done.status != 0
    assert "the time-out of the step was over (undone: slow; the ingress is open again)" in done.text
    assert (tmp_path / "log").read_text(encoding="utf-8") == "undo slow\n"


@pytest.mark.long
def test_a_window_turns_back_before_the_point_of_no_return(operator: Operator, tmp_path: Path) -> None:
    """The first step has the time that is taken from the second."""
    log = tmp_path / "log"
    first = told_by(log, "first", command=["sh", "-c", f"echo do first >> {log}; sleep 31"], takes="1s")
    steps = [first, told_by(log, "second", takes="10m", no_return=True)]
    window = {"duration": "12m", "reserve": "90s", "backups": "none"}  # half a minute less than is left after the first
    done = operator.run("maintenance", day2_window=window, day2_drain_timeout=5, day2_maintenance_steps=steps)
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "turned back before step: second: 1" in told and "11 min 30 s are needed, 1 min 30 s of it in" in told
    assert "(undone: first; the ingress is open again)" in told
    assert "undo first" in log.read_text(encoding="utf-8")


@pytest.mark.long
def test_backups_and_payloads_come_first(operator: Operator, redis_server: Any, tmp_path: Path) -> None:
    backups = {"day2_backup_path": str(tmp_path / "backups"), "day2_backup_rpo": "1h"}
    window = {"duration": "2h", "backups": "required"}
    none = operator.run("maintenance", day2_window=window, **backups)
    told = none.of_task("Tell how the window ended")
    assert none.status != 0 and "orders-db: there is no backup" in told and "(nothing was touched)" in told
    made = operator.run("backup", **backups)
    assert made.status == 0, made.output
    done = operator.run("maintenance", day2_window=window, day2_maintenance_steps=[WELL], **backups)
    assert done.status == 0, done.output
    redis_server.rpush("later", "a")
    redis_server.set("payload:a", "x", ex=600)
    later = {"name": "later", "kind": "redis_list", "payload_key": "payload:{id}", "db": 9}
    short = operator.run("maintenance", day2_window=window, day2_queues__later=[later], **backups)
    assert short.status != 0
    assert "later: a payload lives for 9 min" in short.of_task("Tell how the window ended")
    assert "(nothing was touched)" in short.text


def test_what_is_worse_than_before_is_not_verified(operator: Operator, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    done = operator.run(
        "maintenance",
        day2_gate_timeout=2,
        day2_checks__flag=[{"name": "flag", "kind": "file_age", "path": str(flag)}],
        day2_maintenance_steps=[{"name": "lose it", "command": ["rm", str(flag)]}],
    )
    line = f"critical flag: fail: no such file: {flag}"
    assert_one_line_and_open(operator, done, line)
    assert re.search("Tell what does not pass: failed: [78] of 9 checks pass", done.text)  # one only observes the load
    assert "verified" not in operator.journal()["steps"]


@pytest.fixture
def orders_that_wait(lab: Lab) -> Iterator[None]:
    """Two orders in the queue, and no worker that takes them."""
    lab.break_server("service", "worker-kill")
    accepted = Load(lab.facts["service"]["url"], rate=100, seconds=10, count=2).run(connections=1).accepted
    assert len(accepted) == 2
    yield
    lab.mend("service", "worker-kill")
    await_drained(lab.facts)


@pytest.mark.long
@pytest.mark.usefixtures("orders_that_wait")
def test_a_queue_that_does_not_drain(operator: Operator) -> None:
    done = operator.run("maintenance", day2_checks__worker=[], day2_drain_timeout=1)
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "Wait until the queues are drained, what is in flight included: " in told
    assert "orders: not drained: ready 2, in flight 0, no consumers after" in told
    assert_one_line_and_open(operator, done, "")
    assert "step: vacuum" not in operator.journal()["steps"]


@pytest.mark.long
def test_neither_a_webhook_nor_a_report_is_worth_a_window(operator: Operator, tmp_path: Path) -> None:
    operator.lab.break_server("webhook", "stop")
    (tmp_path / "file").touch()
    done = operator.run("maintenance", day2_maintenance_steps=[], day2_report_dir=str(tmp_path / "file" / "reports"))
    assert done.status == 0, done.output
    assert done.text.count("WARNING: not told: webhook (Connection refused); the work goes on") == 2
    assert "cannot make the folder (Not a directory)" in done.text
    assert operator.journal()["outcome"] == "done"


def test_check_mode_changes_nothing(operator: Operator, service: ServiceFacts) -> None:
    announced(operator)
    done = operator.run("maintenance", "--check")
    assert done.status == 0, done.output
    assert "changed: [demo]" in done.of_task("Close the ingress and see it closed from outside")
    assert "all steps would be done and verified" in done.text and "ingress open" not in done.text
    assert ingress_is_open(service)
    assert operator.written() == []
    assert announced(operator) == []


def test_a_service_that_is_not_well_is_not_touched(operator: Operator) -> None:
    operator.lab.break_server("service", "dlq-add")
    announced(operator)
    done = operator.run("maintenance", day2_gate_timeout=1)
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "critical orders queue: fail: dead is 1, expected at most 0 (nothing was touched)" in told
    assert (operator.journal()["state"], operator.journal()["outcome"]) == ("closed", "refused")
    assert announced(operator) == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"day2_ingress": None}, "day2_ingress"),
        ({"day2_queues__orders": []}, "no queue is described for demo: day2_queues and day2_queues__* are empty"),
        (
            {"day2_maintenance_steps": [WELL, {**WELL, "hosts": "moon"}, {"name": "idle"}]},
            "two maintenance steps have one name, among well, well, idle; the journal tells steps apart by it;"
            " maintenance step well: no group moon in the inventory;"
            " maintenance step idle has nothing to do; expected one of tasks",
        ),
        (
            {"day2_window": {"ends_at": "2026-03-01T04:00:00Z"}},
            "the window has ended, 2026-03-01T04:00:00Z is in the past",
        ),
        ({"day2_servce": "demo"}, "unknown variable day2_servce; expected one of "),
        ({"day2_service": "../up"}, "not a usable service name: ../up; expected letters"),
    ],
)
def test_an_inventory_that_is_wrong_opens_no_window(operator: Operator, variables: dict[str, Any], words: str) -> None:
    done = operator.run("maintenance", **variables)
    assert done.status != 0
    assert words in done.text
    assert "Traceback" not in done.output
    assert operator.written() == []
    assert ingress_is_open(operator.lab.facts["service"])
