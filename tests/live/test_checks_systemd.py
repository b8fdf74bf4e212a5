# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind systemd against a systemd that runs, in the lab's host; healthy and broken in each way.

The probe runs here, and its systemctl is the host's: a program on PATH hands each call on into the container.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.tests.lab.state import SystemdHostFacts
from ansible_collections.day2.ops.tests.lab.systemctl import write_systemctl
from ansible_collections.day2.ops.tests.lab.systemd_host_server import run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt

_SECONDS = 20


@pytest.fixture
def host(systemd_host: SystemdHostFacts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SystemdHostFacts:
    """The host whose systemctl is the one on PATH."""
    write_systemctl(systemd_host, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return systemd_host


def check(**options: object) -> Outcome:
    return attempt("systemd", **{"timeout": 20, **options})


Unit = Callable[..., None]


@pytest.fixture
def unit(host: SystemdHostFacts, request: pytest.FixtureRequest) -> Unit:
    """Write a unit's file and start it; it is stopped and removed after the test."""

    def make(name: str, content: str, start: bool = True) -> None:
        request.addfinalizer(lambda: _remove(host, name))
        _in(host, f"printf %s {shlex.quote(content)} >/etc/systemd/system/{name} && systemctl daemon-reload")
        if start:
            run_in(host, ["systemctl", "start", name])

    return make


def _remove(host: SystemdHostFacts, name: str) -> None:
    run_in(host, ["sh", "-c", f"systemctl stop {name}; systemctl reset-failed {name}"])
    _in(host, f"rm /etc/systemd/system/{name} && systemctl daemon-reload")


def _in(host: SystemdHostFacts, command: str) -> None:
    status, said = run_in(host, ["sh", "-c", command])
    assert status == 0, said


def until(host: SystemdHostFacts, name: str, shown: str) -> None:
    """Wait until ``systemctl show`` prints a line for a unit that matches the regular expression."""

    def there() -> bool:
        lines = run_in(host, ["systemctl", "show", name])[1].splitlines()
        return any(re.fullmatch(shown, line) for line in lines)

    wait_for(f"{shown} of {name}", there, _SECONDS)


RUNS = "[Service]\nExecStart=/bin/sleep 600\n[Install]\nWantedBy=multi-user.target\n"
FAILS = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 3'\n"
SUCCEEDS = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
RESTARTS = "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=50ms\nStartLimitIntervalSec=0\n"


def test_a_service_that_runs(unit: Unit, host: SystemdHostFacts) -> None:
    unit("day2-runs.service", RUNS)
    _in(host, "systemctl enable day2-runs")
    outcome = check(unit="day2-runs", sub_state="running", enabled=True, max_restarts=0, min_uptime=0)
    _in(host, "systemctl disable day2-runs")
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["unit"] == "day2-runs.service"
    assert 0 <= outcome.values["uptime"] < 600
    assert check(unit="day2-runs", enabled=True).reason == "enabled is false, expected one of [True]"
    assert "expected at least 1 h" in check(unit="day2-runs", min_uptime="1h").reason


def test_a_service_that_was_stopped(unit: Unit, host: SystemdHostFacts) -> None:
    unit("day2-runs.service", RUNS)
    _in(host, "systemctl stop day2-runs")
    outcome = check(unit="day2-runs", min_uptime=1)
    assert outcome.status == "fail"
    assert outcome.reason == ("active_state is 'inactive', expected 'active'; uptime is null (the unit is not active)")
    assert check(unit="day2-runs", state="inactive").status == "pass"


def test_a_service_that_failed(unit: Unit) -> None:
    unit("day2-fails.service", FAILS)
    outcome = check(unit="day2-fails")
    assert outcome.status == "fail"
    assert "active_state is 'failed', expected 'active'" in outcome.reason
    assert "result is 'exit-code', expected one of ['success']" in outcome.reason
    assert outcome.values["exit_status"] == 3


def test_a_service_that_restarts_again_and_again(unit: Unit, host: SystemdHostFacts) -> None:
    unit("day2-restarts.service", RESTARTS)
    until(host, "day2-restarts", r"NRestarts=([3-9]|\d\d+)")
    outcome = check(unit="day2-restarts", max_restarts=1)
    assert outcome.status == "fail"
    assert "restarts is " in outcome.reason
    assert ", expected at most 1" in outcome.reason


def test_failed_units(unit: Unit) -> None:
    before = check(failed_units=True).values["failed_units"]
    assert check(failed_units=True, ignore=before).status == "pass"
    unit("day2-fails.service", FAILS)
    outcome = check(failed_units=True, ignore=before)
    assert (outcome.status, outcome.reason) == ("fail", "failed_units is ['day2-fails.service'], expected []")
    assert check(failed_units=True, ignore=[*before, "day2-*"]).status == "pass"


def timer(service: str, when: str) -> str:
    return f"[Timer]\nUnit={service}\n{when}\nAccuracySec=1ms\n"


def test_a_timer_that_ran_well(unit: Unit, host: SystemdHostFacts) -> None:
    unit("day2-good.service", SUCCEEDS, start=False)
    unit("day2-good.timer", timer("day2-good.service", "OnActiveSec=50ms\nOnCalendar=yearly"))
    until(host, "day2-good.service", "ExecMainStatus=0")
    wait_for("the timer's run", lambda: check(timer="day2-good").status == "pass", _SECONDS)
    outcome = check(timer="day2-good.timer", max_age="1h")
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["service"] == "day2-good.service"
    assert outcome.values["next_run"] > outcome.values["last_run"]
    stale = check(timer="day2-good", max_age=0)
    assert stale.status == "fail"
    assert stale.reason.startswith("age is ")


def test_a_timer_whose_service_failed(unit: Unit, host: SystemdHostFacts) -> None:
    unit("day2-bad.service", FAILS, start=False)
    unit("day2-bad.timer", timer("day2-bad.service", "OnActiveSec=50ms\nOnCalendar=yearly"))
    until(host, "day2-bad.service", "Result=exit-code")
    outcome = check(timer="day2-bad", max_age="1h")
    assert (outcome.status, outcome.reason) == ("fail", "result is 'exit-code', expected one of ['success']")
    assert (outcome.values["service_state"], outcome.values["exit_status"]) == ("failed", 3)


def test_a_timer_that_has_not_run_and_one_that_is_stopped(unit: Unit, host: SystemdHostFacts) -> None:
    unit("day2-never.service", SUCCEEDS, start=False)
    unit("day2-never.timer", timer("day2-never.service", "OnCalendar=yearly"))
    outcome = check(timer="day2-never", max_age="1d")
    assert outcome.status == "unknown"
    assert "age is null (it has not run since boot, or never)" in outcome.reason
    assert "result is null (it has not run since boot, or never)" in outcome.reason
    _in(host, "systemctl stop day2-never.timer")
    stopped = check(timer="day2-never")
    assert stopped.status == "fail"
    assert stopped.reason.startswith("active_state is 'inactive', expected 'active'")


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("what", ["unit", "timer"])
def test_no_such_unit(what: str) -> None:
    outcome = check(**{what: "day2-nowhere"})
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("no such unit: day2-nowhere")


@pytest.mark.usefixtures("host")
def test_a_target_has_no_result() -> None:
    outcome = check(unit="multi-user.target")
    assert (outcome.status, outcome.values["result"]) == ("pass", None)


@pytest.mark.usefixtures("host")
def test_a_user_without_a_session() -> None:
    outcome = check(failed_units=True, scope="user")
    assert outcome.status == "unknown"
    assert "no systemd of that scope runs here" in outcome.reason
