# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values from the daemon's JSON, in the shapes of Docker Engine API 1.41 to 1.50, cgroup versions 1 and 2."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.docker_facts import (
    HEALTHY,
    IF_ANY,
    IGNORE,
    container_values,
    cpu_percent,
    fault_of,
    limits_of,
    memory_used,
    percent_of,
)

STARTED = "2026-03-01T02:00:00.123456789Z"
NOW = 1772330460.0  # a minute later


def inspected(**state: Any) -> dict[str, Any]:
    running = {"Status": "running", "Running": True, "ExitCode": 0, "StartedAt": STARTED, "OOMKilled": False, **state}
    return {
        "Id": "0123456789abcdef" * 4,
        "Name": "/api-1",
        "RestartCount": 2,
        "Config": {"Image": "api:1"},
        "State": {**running, "Running": running["Status"] in ("running", "paused", "restarting")},
    }


def test_a_running_container() -> None:
    assert container_values(inspected(), NOW) == {
        "container": "api-1",
        "id": "0123456789ab",
        "image": "api:1",
        "status": "running",
        "health": None,
        "restarts": 2,
        "oom_killed": False,
        "exit_code": None,
        "uptime": 59.9,
        "error": "",
    }


@pytest.mark.parametrize("health", [None, {}, {"Status": ""}, {"Status": "none"}])
def test_no_health_check_is_null(health: dict[str, str] | None) -> None:
    assert container_values(inspected(Health=health), NOW)["health"] is None


def test_a_container_that_never_started_has_no_uptime_and_its_error_is_one_line() -> None:
    state = {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "Error": "no such\nfile \x1b[31m" + "x" * 900}
    values = container_values(inspected(**state), NOW)
    assert (values["uptime"], values["exit_code"]) == (None, None)
    assert values["error"].startswith("no such file")
    assert len(values["error"]) == 200


def test_a_clock_behind_the_daemons_gives_no_negative_uptime() -> None:
    assert container_values(inspected(), NOW - 3600)["uptime"] == 0


@pytest.mark.parametrize(
    ("state", "health", "fault"),
    [
        ({}, IF_ANY, ""),
        ({}, HEALTHY, "without a health check"),
        ({"Health": {"Status": "healthy"}}, HEALTHY, ""),
        ({"Health": {"Status": "starting"}}, IF_ANY, "starting"),
        ({"Health": {"Status": "unhealthy"}}, IF_ANY, "unhealthy"),
        ({"Health": {"Status": "unhealthy"}}, IGNORE, ""),
        ({"Status": "paused"}, IGNORE, "paused"),
        ({"Status": "restarting", "ExitCode": 1}, IF_ANY, "restarting with 1"),
        ({"Status": "exited", "ExitCode": 0}, IF_ANY, "exited with 0"),
        ({"Status": "exited", "ExitCode": 137, "OOMKilled": True}, IF_ANY, "exited with 137 (out of memory)"),
    ],
)
def test_what_is_wrong(state: dict[str, Any], health: str, fault: str) -> None:
    assert fault_of(container_values(inspected(**state), NOW), health) == fault


@pytest.mark.parametrize(
    ("host", "limits"),
    [
        ({}, (None, None)),
        ({"Memory": 0, "NanoCpus": 0, "CpuQuota": 0}, (None, None)),
        ({"Memory": 1048576, "NanoCpus": 1500000000}, (1048576, 1.5)),
        ({"CpuQuota": 50000}, (None, 0.5)),
        ({"CpuQuota": 50000, "CpuPeriod": 25000}, (None, 2.0)),
        ({"CpuQuota": -1, "CpuPeriod": 25000}, (None, None)),
    ],
)
def test_limits(host: dict[str, int], limits: tuple[int | None, float | None]) -> None:
    assert limits_of({"HostConfig": host}) == limits


@pytest.mark.parametrize(
    ("memory", "used"),
    [
        ({"usage": 1000, "stats": {"inactive_file": 400}}, 600),
        ({"usage": 1000, "stats": {"total_inactive_file": 300, "cache": 500}}, 700),
        ({"usage": 1000}, 1000),
        ({"usage": 100, "stats": {"inactive_file": 400}}, 0),
        ({}, None),
    ],
)
def test_memory_without_the_file_cache(memory: dict[str, Any], used: int | None) -> None:
    assert memory_used({"memory_stats": memory}) == used


def sample(read: str, used: int | None) -> dict[str, Any]:
    return {"read": read, "cpu_stats": {"cpu_usage": {} if used is None else {"total_usage": used}}}


def test_cpu_between_two_samples() -> None:
    first, second = sample("2026-03-01T02:00:00.5Z", 1_000_000_000), sample("2026-03-01T02:00:02.5Z", 4_000_000_000)
    assert cpu_percent(first, second) == 150.0


@pytest.mark.parametrize(
    "second",
    [
        sample("2026-03-01T02:00:00Z", 2),  # no time went by
        sample("0001-01-01T00:00:00Z", 0),  # what the daemon says of a stopped container
        sample("2026-03-01T02:00:01Z", None),
    ],
)
def test_cpu_that_cannot_be_told_is_null(second: dict[str, Any]) -> None:
    assert cpu_percent(sample("2026-03-01T02:00:00Z", 1), second) is None


def test_a_counter_that_went_back_is_no_negative_use() -> None:
    assert cpu_percent(sample("2026-03-01T02:00:00Z", 9), sample("2026-03-01T02:00:01Z", 1)) == 0


def test_a_share_without_a_limit_is_null() -> None:
    assert (percent_of(1, None), percent_of(None, 4), percent_of(1, 4)) == (None, None, 25.0)
