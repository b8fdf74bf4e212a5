# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window whose journal meets a full disk, and one that more than one run wants."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.figures.disks import mounted
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.privileges import lacking
from ansible_collections.day2.ops.tests.lab.state import ServiceFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import SECONDS, Done, Operator

from .test_playbooks_maintenance import assert_one_line_and_open, ingress_is_open, told_by

_HOLDER = r"\S+@\S+ \(process \d+\)"


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def other_than(operator: Operator) -> Operator:
    """Return somebody else with the same journals."""
    folder = operator.folder / "other"
    folder.mkdir()
    other = Operator(operator.lab, folder)
    other.state = operator.state
    return other


def demo_switch(service: ServiceFacts) -> dict[str, Any]:
    """Return how the demo's ingress is switched, but for how it is seen from outside."""
    return {
        "kind": "http",
        "url": f"{service['url']}/ingress",
        "token_header": "X-Admin-Token",
        "token": service["admin_token"],
        "state_path": "open",
        "open": {"body": {"open": True}},
        "close": {"body": {"open": False}},
    }


def _ended(*runs: subprocess.Popen[str]) -> list[Done]:
    """Wait for the end of runs, each of whose output is read meanwhile."""
    with ThreadPoolExecutor(len(runs)) as pool:
        outputs = list(pool.map(lambda run: run.communicate(timeout=SECONDS)[0], runs))
    return [Done(run.returncode, output) for run, output in zip(runs, outputs, strict=True)]


@pytest.mark.skipif(bool(lacking(("SYS_ADMIN",))), reason="a disk of its own: root with SYS_ADMIN mounts it")
@pytest.mark.usefixtures("service")
def test_a_disk_that_is_full_leaves_no_ingress_closed(operator: Operator, tmp_path: Path) -> None:
    """The step that fills it cannot be noted as done; its end, and the window's, still are."""
    fill = f"dd if=/dev/zero of={operator.state}/filler bs=4k 2> /dev/null; true"
    step = told_by(tmp_path / "log", "fill", command=["sh", "-c", fill])
    with mounted(operator.state, 1 << 20):
        done = operator.run("maintenance", day2_maintenance_steps=[step])
        journal = operator.journal()
        full = operator.run("maintenance", day2_maintenance_steps=[])
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "(No space left on device)" in told and "(undone: fill; the ingress is open again)" in told, done.output
    assert ingress_is_open(operator.lab.facts["service"])
    assert (journal["state"], journal["outcome"]) == ("closed", "failed")
    assert journal["steps"]["step: fill"]["status"] == "undone"
    assert full.status != 0 and "no room for the journal (No space left on device)" in full.text
    assert ingress_is_open(operator.lab.facts["service"])


def test_an_ingress_that_turns_and_is_not_seen_so_is_opened_again(operator: Operator, service: ServiceFacts) -> None:
    outside = {"url": f"{service['url']}/orders", "method": "POST", "body": {}, "open_status": [400], "within": 1}
    switch = {**demo_switch(service), "outside": {**outside, "closed_status": [418]}}
    done = operator.run("maintenance", day2_ingress=switch, day2_maintenance_steps=[], day2_announce={})
    told = done.of_task("Tell how the window ended")
    assert "the ingress was turned to closed, but clients meet: " in told, done.output
    assert_one_line_and_open(operator, done, "")


@pytest.mark.long
@pytest.mark.usefixtures("service")
def test_of_two_at_once_one_is_refused_by_name(operator: Operator) -> None:
    steps = [{"name": "well", "command": ["sleep", "1"]}]
    with (
        operator.start("maintenance", day2_maintenance_steps=steps) as one,
        other_than(operator).start("maintenance", day2_maintenance_steps=steps) as two,
    ):
        both = sorted(_ended(one, two), key=lambda done: done.status)
    well, refused = both
    assert well.status == 0, well.output
    assert refused.status != 0
    held = rf"a window on demo is held by {_HOLDER} since \S+: \S+; wait for it, or take it over once it is seen dead"
    assert re.search(held, refused.text), refused.output
    assert operator.journal()["taken_over"] == []


@pytest.mark.long
@pytest.mark.usefixtures("service")
def test_a_holder_that_lost_its_window_touches_nothing_any_more(operator: Operator, tmp_path: Path) -> None:
    log = tmp_path / "log"
    wait = ["sh", "-c", f"echo do slow >> {log}; while [ ! -e {tmp_path}/go ]; do sleep 0.1; done"]
    slow = told_by(log, "slow", command=wait)
    other = other_than(operator)
    with operator.start("maintenance", day2_maintenance_steps=[slow]) as first:
        wait_for("the step", log.exists, 120)
        with other.start("maintenance", day2_takeover=True, day2_maintenance_steps=[slow]) as second:
            wait_for("the takeover", lambda: bool(operator.journal()["taken_over"]), 120)
            (tmp_path / "go").touch()
            lost, won = _ended(first, second)
    assert lost.status != 0
    words = rf"the window was taken over by {_HOLDER}: demo; this run stops here, and leaves all as it is"
    assert re.search(words, lost.of_task("Tell how the window ended")), lost.output
    assert "undo slow" not in log.read_text(encoding="utf-8")
    assert "Open the ingress and see it open" not in lost.text
    assert won.status == 0, won.output
    assert ingress_is_open(operator.lab.facts["service"])
