# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window with a silence: what fires meanwhile is muted, and heard afterwards."""

from __future__ import annotations

import functools
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import UrlFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Operator

OWNER = "day2.ops/demo maintenance"
# What a step of the window does: an alert begins in the middle of it, and must be muted.
FIRES = """
import json, sys, time, urllib.parse, urllib.request
url, run = sys.argv[1:]
alert = [{"labels": {"alertname": "InTheWindow", "run": run}}]
head = {"Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(url + "/api/v2/alerts", json.dumps(alert).encode(), head), timeout=5)
query = urllib.parse.urlencode({"filter": 'run="' + run + '"'})
states = []
until = time.monotonic() + 10
while states != ["suppressed"] and time.monotonic() < until:
    found = json.load(urllib.request.urlopen(url + "/api/v2/alerts?" + query, timeout=5))
    states = [one["status"]["state"] for one in found if one["labels"]["alertname"] == "InTheWindow"]
sys.exit(states != ["suppressed"])
"""


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def silences(url: str) -> list[dict[str, Any]]:
    found = requests.get(f"{url}/api/v2/silences", timeout=5).json()
    return [one for one in found if one["createdBy"] == OWNER and one["status"]["state"] != "expired"]


def state_of(url: str, run: str, name: str) -> str | None:
    query = {"filter": [f'run="{run}"', f'alertname="{name}"']}
    found = requests.get(f"{url}/api/v2/alerts", params=query, timeout=5).json()
    return next((str(one["status"]["state"]) for one in found), None)


def is_heard(url: str, run: str, name: str) -> bool:
    return state_of(url, run, name) == "active"


@pytest.mark.usefixtures("service")
def test_what_fires_in_the_window_is_muted_and_heard_after_it(operator: Operator, alertmanager: UrlFacts) -> None:
    url, run = alertmanager["url"], uuid.uuid4().hex
    ends = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    before = {"labels": {"alertname": "Before", "run": run}, "endsAt": ends}
    requests.post(f"{url}/api/v2/alerts", json=[before], timeout=5).raise_for_status()
    given: dict[str, Any] = {
        "day2_alertmanager": {"url": url},
        "day2_silence": {"matchers": [f"run={run}"], "duration": "10m", "grace": "3s"},
        "day2_maintenance_steps": [{"name": "fires", "command": [sys.executable, "-c", FIRES, url, run]}],
    }
    planned = operator.run("maintenance", "--check", **given)
    assert planned.status == 0, planned.output
    assert not silences(url)
    done = operator.run("maintenance", **given)
    assert done.status == 0, done.output
    assert "1 alerts that fire now are muted, Before" in done.text
    assert operator.journal()["steps"]["silenced"]["data"]["muted"] == 1
    for name in ("Before", "InTheWindow"):
        wait_for(f"{name} to be heard", functools.partial(is_heard, url, run, name), 20)
    assert not silences(url)


@pytest.mark.long
@pytest.mark.usefixtures("service")
def test_a_silence_that_cannot_be_made_keeps_the_window_from_touching_anything(operator: Operator) -> None:
    nobody = {"url": "http://127.0.0.1:1"}
    wanted = {"matchers": ["service=orders"]}
    done = operator.run("maintenance", day2_alertmanager=nobody, day2_silence=wanted, day2_check_defaults={})
    assert done.status != 0
    assert "Silence alerts for as long as the window may last: no answer" in done.of_task("Tell how the window ended")
    assert "(nothing was touched)" in done.of_task("Tell how the window ended")
    refused = operator.run("maintenance", day2_alertmanager=nobody, day2_silence={"grace": "1m"})
    assert refused.status != 0 and "the silence lacks matchers" in refused.text
