# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows that are killed, asked for twice, or done on several hosts of which one fails or is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Operator

NO_CHECKS: dict[str, Any] = {"day2_checks__app": [], "day2_checks__worker": [], "day2_checks__postgres": []}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def ingress_is_open(operator: Operator) -> bool:
    with urllib.request.urlopen(f"{operator.lab.facts['service']['url']}/ingress", timeout=10) as answer:
        return bool(json.load(answer)["open"])


class LongStep:
    """A step that tells when it runs and does not end before it is let go; `count` counts the one before it."""

    def __init__(self, folder: Path) -> None:
        self.count = folder / "count"
        self.begun = folder / "begun"
        self.gate = folder / "gate"
        os.mkfifo(self.gate)

    def steps(self) -> list[dict[str, Any]]:
        append = ["sh", "-c", f"echo done >> {self.count}"]
        hold = ["sh", "-c", f"echo begun >> {self.begun}; cat {self.gate}"]
        return [{"name": "first", "command": append}, {"name": "long", "command": hold}]

    def let_go(self) -> None:
        """Let the step end that waits now, and each later one at once."""
        gate = os.open(self.gate, os.O_RDWR)  # as reader too, so that nobody needs to wait on the other side
        self.gate.rename(self.gate.with_suffix(".used"))
        self.gate.touch()
        os.close(gate)


@pytest.fixture
def long_step(tmp_path: Path) -> Iterator[LongStep]:
    step = LongStep(tmp_path)
    yield step
    if step.gate.is_fifo():
        step.let_go()


@contextmanager
def in_the_middle(operator: Operator, step: LongStep) -> Iterator[subprocess.Popen[str]]:
    """Run a window as far as into its long step."""
    with operator.start("maintenance", day2_maintenance_steps=step.steps(), **NO_CHECKS) as running:
        try:
            wait_for("the long step", step.begun.exists, 60)
            yield running
        finally:
            running.kill()


def test_a_killed_window_is_taken_up_and_a_living_one_is_not(operator: Operator, long_step: LongStep, lab: Lab) -> None:
    with in_the_middle(operator, long_step) as running:
        assert not ingress_is_open(operator)
        before = operator.journal()
        second = Operator(lab, operator.folder).run("maintenance", day2_maintenance_steps=[], **NO_CHECKS)
        assert second.status != 0
        assert "a window on demo is held by " in second.text
        assert f"(process {running.pid}) since {before['opened_at']}" in second.text
        assert "Traceback" not in second.output
        assert operator.journal() == before
        assert not ingress_is_open(operator)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(60)
    long_step.let_go()
    assert not ingress_is_open(operator)

    planned = operator.run("maintenance", "--check", day2_maintenance_steps=long_step.steps(), **NO_CHECKS)
    assert planned.status == 0, planned.output
    assert f"all steps would be done and verified; window {before['id']} is not finished, done so far: " in planned.text
    assert not ingress_is_open(operator)

    checked = operator.run("daily_checks", **NO_CHECKS)
    left = f"window {before['id']} on demo (maintenance: vacuum of the orders table) was left by "
    assert checked.status == 2 and left in checked.of_task("Fail where something is wrong"), checked.output
    assert f"Daily checks: failed: {left}" in checked.text

    done = operator.run("maintenance", day2_maintenance_steps=long_step.steps(), **NO_CHECKS)
    assert done.status == 0, done.output
    assert f"taking up window {before['id']}, opened {before['opened_at']}; done already: drained, " in done.text
    assert long_step.count.read_text(encoding="utf-8") == "done\n"
    assert long_step.begun.read_text(encoding="utf-8") == "begun\n" * 2
    assert ingress_is_open(operator)
    after = operator.journal()
    assert (after["id"], after["state"], after["outcome"]) == (before["id"], "closed", "done")
    assert [entry["from"]["pid"] for entry in after["taken_over"]] == [before["owner"]["pid"]]


def undone_into(log: Path, step: dict[str, Any]) -> dict[str, Any]:
    return {**step, "undo": {"command": ["sh", "-c", f"echo {step['name']} >> {log}"]}}


@pytest.mark.long
def test_a_killed_window_is_aborted(operator: Operator, long_step: LongStep) -> None:
    log = operator.folder / "undone"
    steps = [undone_into(log, step) for step in long_step.steps()]
    with operator.start("maintenance", day2_maintenance_steps=steps, **NO_CHECKS) as running:
        try:
            wait_for("the long step", long_step.begun.exists, 60)
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(60)
        finally:
            running.kill()
    long_step.let_go()
    alone = operator.run("maintenance", "-e", "window_only=first", day2_maintenance_steps=steps, **NO_CHECKS)
    assert alone.status != 0
    assert "is not finished: " in alone.text and "or abort it: -e window_do=abort" in alone.text
    planned = operator.run("maintenance", "-e", "window_do=abort", "--check", day2_maintenance_steps=steps, **NO_CHECKS)
    assert planned.status == 0, planned.output
    assert "would be aborted (would be undone: long, first; the ingress would be opened again)" in planned.text
    assert not ingress_is_open(operator) and not log.exists()
    done = operator.run("maintenance", "-e", "window_do=abort", day2_maintenance_steps=steps, **NO_CHECKS)
    assert done.status == 0, done.output
    assert log.read_text(encoding="utf-8") == "long\nfirst\n"
    assert ingress_is_open(operator)
    journal = operator.journal()
    assert (journal["state"], journal["outcome"]) == ("closed", "aborted")
    assert journal["message"] == "aborted (undone: long, first; the ingress is open again)"
    (told,) = operator.reports.glob("maintenance-demo-*Z.json")
    assert json.loads(told.read_text(encoding="utf-8"))["status"] == "aborted"
    nothing = operator.run("maintenance", "-e", "window_do=abort", day2_maintenance_steps=steps, **NO_CHECKS)
    assert nothing.status != 0 and "no window is open, there is nothing to abort: demo" in nothing.text


@pytest.mark.long
def test_one_step_alone_without_a_drain(operator: Operator) -> None:
    log = operator.folder / "done"
    steps = [
        {"name": name, "drain": False, "command": ["sh", "-c", f"echo {name} >> {log}"]} for name in ("one", "two")
    ]
    done = operator.run("maintenance", "-e", "window_only=two", day2_maintenance_steps=steps, **NO_CHECKS)
    assert done.status == 0, done.output
    assert log.read_text(encoding="utf-8") == "two\n"
    assert set(operator.journal()["steps"]) == {"preflight", "step: two", "verified"}
    wrong = operator.run("maintenance", "-e", "window_only=tow", day2_maintenance_steps=steps, **NO_CHECKS)
    assert "window_only: no maintenance step tow; described are: one, two" in wrong.text
    both = operator.run("maintenance", "-e", "window_only=two", "-e", "window_do=abort", **NO_CHECKS)
    assert "give one of the two" in both.text


@pytest.fixture
def three_hosts(operator: Operator) -> str:
    """An inventory that adds two hosts to the demo's one."""
    hosts = {
        name: {
            "ansible_connection": f"{{{{ 'ssh' if '{operator.folder}/lost-{name}' is file else 'local' }}}}",
            "ansible_host": "127.0.0.1",
            "ansible_port": 1,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        for name in ("host_b", "host_c")
    }
    file = operator.folder / "more.yml"
    file.write_text(json.dumps({"all": {"children": {"app": {"hosts": hosts}, "worker": {"hosts": hosts}}}}), "utf-8")
    return str(file)


def ingress_that_opens_at(url: str) -> dict[str, Any]:
    """Return the demo's switch, opened elsewhere than it is closed."""
    return {
        "kind": "http",
        "url": "{{ lab.service.url }}/ingress",
        "token_header": "X-Admin-Token",
        "token": "{{ lab.service.admin_token }}",
        "state_path": "open",
        "open": {"url": f"{{{{ lab.service.url }}}}{url}", "body": {"open": True}},
        "close": {"body": {"open": False}},
        "outside": {"url": "{{ lab.service.url }}/orders", "method": "POST", "body": {}, "open_status": [400]},
    }


@pytest.mark.long
def test_an_ingress_that_stays_closed_is_said_loudly_and_the_next_run_opens_it(operator: Operator) -> None:
    once = operator.folder / "once"
    steps = [{"name": "count", "command": ["sh", "-c", f"echo done >> {once}"]}]
    stuck = operator.run(
        "maintenance", day2_ingress=ingress_that_opens_at("/nowhere"), day2_maintenance_steps=steps, **NO_CHECKS
    )
    assert stuck.status != 0
    told = stuck.of_task("Tell how the window ended")
    assert "THE INGRESS OF demo IS STILL CLOSED: cannot turn the ingress switch to open: status 404" in told
    assert "open it by hand or run this again" in told
    assert not ingress_is_open(operator)
    before = operator.journal()
    assert before["state"] == "open"

    done = operator.run(
        "maintenance", day2_ingress=ingress_that_opens_at("/ingress"), day2_maintenance_steps=steps, **NO_CHECKS
    )
    assert done.status == 0, done.output
    assert ingress_is_open(operator)
    assert (operator.journal()["id"], operator.journal()["outcome"]) == (before["id"], "done")
    assert once.read_text(encoding="utf-8") == "done\n"


def opened_once(operator: Operator, output: str) -> None:
    assert ingress_is_open(operator)
    assert "IS STILL CLOSED" not in output
    journal = operator.journal()
    assert (journal["state"], journal["outcome"]) == ("closed", "failed")


@pytest.mark.long
def test_one_host_that_fails_stops_all(operator: Operator, three_hosts: str) -> None:
    here = operator.folder / "after-{{ inventory_hostname }}"
    steps = [
        {"name": "uneven", "command": ["test", "{{ inventory_hostname }}", "!=", "host_b"]},
        {"name": "after", "command": ["touch", str(here)]},
    ]
    done = operator.run("maintenance", "-i", three_hosts, day2_maintenance_steps=steps, **NO_CHECKS)
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "host_b: step: uneven: Run the command: " in told
    assert "no message" not in told
    assert list(operator.folder.glob("after-*")) == []
    assert operator.journal()["steps"]["step: uneven"]["status"] == "started"
    assert done.of_task("Open the ingress and see it open from outside").count("changed: [") == 1
    opened_once(operator, done.text)


def test_hosts_that_are_lost_stop_all(operator: Operator, three_hosts: str) -> None:
    lost = ["host_b", "host_c"]
    files = [str(operator.folder / f"lost-{name}") for name in lost]
    steps = [
        {"name": "lose", "command": ["touch", *files], "hosts": "redis"},
        {"name": "next", "command": ["true"], "hosts": "app"},
    ]
    done = operator.run("maintenance", "-i", three_hosts, day2_maintenance_steps=steps, **NO_CHECKS)
    assert done.status != 0
    assert f"no answer from {', '.join(lost)} (the ingress is open again)" in done.of_task("Tell how the window ended")
    opened_once(operator, done.text)
