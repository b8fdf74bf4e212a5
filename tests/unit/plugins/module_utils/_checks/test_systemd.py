# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemctl prints, by version, and what it comes to; a systemctl that fails, by a stand-in on PATH.

A systemd that really runs is asked in tests/live/test_checks_systemd.py.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.systemd import timer_values, unit_values
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.systemctl import (
    parse_properties,
    parse_time,
    parse_units,
)

if TYPE_CHECKING:
    from .conftest import Attempt

# systemctl show --property=... of a service that runs, and its like.
SHOWN = {
    "systemd 219": """\
Result=success
ExecMainStatus=0
Id=sshd.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
ActiveEnterTimestampMonotonic=7000000
""",
    "systemd 252": """\
Result=success
NRestarts=2
ExecMainStatus=0
Id=sshd.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
ActiveEnterTimestampMonotonic=7000000
""",
}
TIMER = """\
Unit=backup.service
NextElapseUSecRealtime=Mon 2026-03-02 02:00:00 UTC
LastTriggerUSec=Sun 2026-03-01 02:00:00 UTC
Result=success
Id=backup.timer
LoadState=loaded
ActiveState=active
SubState=waiting
UnitFileState=enabled
"""
SERVICE = """\
Result=exit-code
ExecMainStatus=3
Id=backup.service
LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=static
"""
AN_HOUR_LATER = 1772334000.0

LISTED = {
    "systemd 219": """\
\u25cf kdump.service loaded failed failed Crash recovery kernel arming
  user@1000.service loaded failed failed User Manager
""",
    "systemd 239": """\
backup.service     loaded failed failed nightly backup
user@1000.service  loaded failed failed User Manager for UID 1000
""",
    "systemd 252": "  x.service loaded failed failed a service named x\n",
    "none": "\n",
}


@pytest.mark.parametrize(("version", "restarts"), [("systemd 219", None), ("systemd 252", 2)])
def test_a_service(version: str, restarts: int | None) -> None:
    assert unit_values(parse_properties(SHOWN[version]), 100.0) == {
        "unit": "sshd.service",
        "load_state": "loaded",
        "active_state": "active",
        "sub_state": "running",
        "enabled": True,
        "result": "success",
        "restarts": restarts,
        "uptime": 93.0,
        "exit_status": 0,
    }


@pytest.mark.parametrize(("name", "value"), [("ActiveState", "failed"), ("ActiveEnterTimestampMonotonic", "0")])
def test_what_is_not_active_has_no_uptime(name: str, value: str) -> None:
    found = {**parse_properties(SHOWN["systemd 252"]), name: value}
    assert unit_values(found, 100.0)["uptime"] is None


@pytest.mark.parametrize(
    ("file_state", "enabled"),
    [("enabled", True), ("static", True), ("disabled", False), ("masked", False), ("", None)],
)
def test_what_starts_at_boot(file_state: str, enabled: bool | None) -> None:
    found = {**parse_properties(SHOWN["systemd 252"]), "UnitFileState": file_state}
    assert unit_values(found, 100.0)["enabled"] is enabled


def test_a_timer_and_the_last_run_of_its_service() -> None:
    values = timer_values(parse_properties(TIMER), parse_properties(SERVICE), AN_HOUR_LATER)
    assert (values["unit"], values["active_state"], values["sub_state"]) == ("backup.timer", "active", "waiting")
    assert (values["last_run"], values["age"]) == ("2026-03-01T02:00:00Z", 3600.0)
    assert values["next_run"] == "2026-03-02T02:00:00Z"
    assert (values["service"], values["service_state"]) == ("backup.service", "failed")
    assert (values["result"], values["exit_status"]) == ("exit-code", 3)


@pytest.mark.parametrize("never", ["n/a", ""])
def test_a_timer_that_never_ran_has_no_success_to_show(never: str) -> None:
    timer = {**parse_properties(TIMER), "LastTriggerUSec": never}
    service = {**parse_properties(SERVICE), "Result": "success", "ExecMainStatus": "0"}
    values = timer_values(timer, service, AN_HOUR_LATER)
    assert [values[name] for name in ("last_run", "age", "result", "exit_status")] == [None] * 4


@pytest.mark.parametrize("text", ["n/a", "", None, "Sun 2026-02-30 02:00:00 UTC", "yesterday"])
def test_times_that_are_none(text: str | None) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("systemd 219", ["kdump.service", "user@1000.service"]),
        ("systemd 239", ["backup.service", "user@1000.service"]),
        ("systemd 252", ["x.service"]),
        ("none", []),
    ],
)
def test_lists_of_units(version: str, names: list[str]) -> None:
    assert parse_units(LISTED[version]) == names


Standing = Callable[..., None]


@pytest.fixture
def systemctl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Standing:
    """Put a stand-in for systemctl on PATH that says something and ends; it keeps its arguments in a file."""

    def stand_in(stdout: str = "", stderr: str = "", status: int = 0) -> None:
        program = tmp_path / "systemctl"
        says = f"printf %s {shlex.quote(stdout)}; printf %s {shlex.quote(stderr)} >&2"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" "$TZ" "$XDG_RUNTIME_DIR" >{tmp_path}/asked\n{says}\nexit {status}\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return stand_in


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ("System has not been booted with systemd as init system (PID 1). Can't operate.\n"
         "Failed to connect to bus: Host is down\n", "unknown", "no systemd runs on this host"),
        ("Failed to connect to bus: No medium found\n", "unknown", "no systemd of that scope runs here"),
        ("Failed to connect to system scope bus via local transport: No such file", "unknown", "no systemd"),
        ("Failed to get D-Bus connection: Operation not permitted", "unknown", "no systemd of that scope runs here"),
        ("Failed to connect to bus: Permission denied", "unknown", "run the check as root"),
        ("Failed to get properties: Access denied", "unknown", "run the check as root"),
        ("Failed to get properties: Connection timed out", "fail", "systemd does not answer"),
        ("Failed to get properties: Unit name \x1b[31m is neither a valid invocation ID nor unit name.", "unknown",
         "expected a unit such as nginx.service"),
        ("Failed to do anything", "fail", "systemctl says 'Failed to do anything': systemctl --system"),
        ("", "fail", "systemctl fails and says nothing: systemctl --system"),
    ],
)  # fmt: skip
def test_what_systemctl_says(attempt: Attempt, systemctl: Standing, said: str, status: str, words: str) -> None:
    systemctl(stderr=said, status=1)
    outcome = attempt("systemd", unit="nginx")
    assert (outcome.status, words in outcome.reason) == (status, True), outcome.reason
    assert outcome.reason.isprintable()


def test_no_systemctl(attempt: Attempt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = attempt("systemd", failed_units=True)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("no systemd on this host: systemctl; cannot run the program (No such file")


def test_no_such_unit(attempt: Attempt, systemctl: Standing) -> None:
    systemctl("Id=nowhere.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n")
    outcome = attempt("systemd", unit="nowhere", state="inactive")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("no such unit: nowhere; ")


@pytest.mark.parametrize("said", ["", "garbage", "\x00\x01", "LoadState"])
def test_answers_that_make_no_sense_are_unknown(attempt: Attempt, systemctl: Standing, said: str) -> None:
    systemctl(said)
    assert attempt("systemd", unit="nginx").status == "unknown"


def test_a_unit_that_has_no_result(attempt: Attempt, systemctl: Standing) -> None:
    systemctl("Id=network.target\nLoadState=loaded\nActiveState=active\nSubState=active\nUnitFileState=static\n")
    assert attempt("systemd", unit="network.target").status == "pass"
    outcome = attempt("systemd", unit="network.target", max_restarts=1, min_uptime=1)
    assert outcome.status == "unknown"
    assert "restarts is null (not a service, or this systemd does not count them)" in outcome.reason


def test_failed_units_less_those_ignored(attempt: Attempt, systemctl: Standing) -> None:
    systemctl(LISTED["systemd 239"])
    outcome = attempt("systemd", failed_units=True, ignore=["user@*.service"])
    assert (outcome.status, outcome.reason) == ("fail", "failed_units is ['backup.service'], expected []")
    assert outcome.values["ignored_units"] == ["user@1000.service"]
    assert attempt("systemd", failed_units=True, ignore=["*"]).status == "pass"


def test_it_is_asked_in_utc_and_for_the_user_where_told(attempt: Attempt, systemctl: Standing, tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    systemctl("")
    assert attempt("systemd", failed_units=True, scope="user").status == "pass"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "--user"
    assert asked[-2] == "UTC"
    assert asked[-1].startswith("/run/user/")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the following is required: unit, timer, failed_units"),
        ({"unit": "a", "timer": "b"}, "mutually exclusive"),
        ({"unit": "ngin*"}, "expected the name of one unit"),
        ({"unit": "--help"}, "expected the name of one unit"),
        ({"unit": ""}, "expected the name of one unit"),
        ({"failed_units": False}, "failed_units must be one of: True"),
        ({"unit": None}, "expected unit, timer, or failed_units: true"),
        ({"unit": "a", "state": "failed"}, "state must be one of"),
        ({"timer": "a", "max_age": "soon"}, "max_age"),
    ],
)
def test_options_that_cannot_be(attempt: Attempt, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        attempt("systemd", **given)
    assert words in str(refused.value)
