# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate on real servers: all kinds at once, recovery while it waits, and servers that hang."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, run_gate
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts
from ansible_collections.day2.ops.tests.live.playbooks import secrets_of


@pytest.fixture
def checks(facts: Facts) -> list[dict[str, Any]]:
    """One check of each kind that asks the demo's servers."""
    cache, service = facts["redis"], facts["service"]
    store: dict[str, Any] = {**facts["postgres"]}
    redis = {
        "login_port": cache["port"],
        "login_user": cache["user"],
        "login_password": cache["password"],
        "timeout": 2,
    }
    login = {name: store[name] for name in ("host", "port", "user", "password")}
    postgres = {f"login_{name}": value for name, value in login.items()}
    return [
        {"name": "api", "kind": "http", "url": f"{service['url']}/ready", "timeout": 2},
        {"name": "cache", "kind": "redis", **redis},
        {"name": "store", "kind": "postgres", **postgres, "login_db": store["database"], "ssl_mode": "prefer"},
        {"name": "orders", "kind": "queue", "queue": service["queue"], "queue_kind": "redis_list", **redis}
        | {"missing": "empty", "heartbeat": service["heartbeat"], "min_consumers": service["workers"]},
        {"name": "port", "kind": "tcp", "port": cache["port"]},
        {"name": "disk", "kind": "disk", "path": facts["dir"], "max_used_percent": 99},
    ]


def gate(checks: list[dict[str, Any]], **options: Any) -> Result:
    return run_gate(SPEC.validate({"checks": checks, **options}, "arguments"))


def status_of(result: Result) -> dict[str, str]:
    return {check["name"]: check["status"] for check in result.data["checks"]}


def test_all_is_well(checks: list[dict[str, Any]], facts: Facts) -> None:
    result = gate(checks, timeout=20, consecutive=3)
    assert not result.failed, result.msg
    assert set(status_of(result).values()) == {"pass"}
    assert min(check["passes_in_a_row"] for check in result.data["checks"]) >= 3
    assert [secret for secret in secrets_of(facts) if secret in json.dumps(result.data)] == []


def test_a_server_that_hangs_hides_no_other(lab: Lab, checks: list[dict[str, Any]], facts: Facts) -> None:
    lab.break_server("redis", "hang")
    result = gate(checks)
    assert result.failed
    found = status_of(result)
    assert found["cache"] == found["orders"] == "fail"
    assert found["store"] == found["disk"] == "pass"
    assert [secret for secret in secrets_of(facts) if secret in json.dumps([result.msg, result.data])] == []


def test_recovery_is_seen_while_the_gate_waits(lab: Lab, checks: list[dict[str, Any]]) -> None:
    lab.break_server("redis", "stop")
    done: list[Result] = []
    waiting = threading.Thread(target=lambda: done.append(gate(checks, timeout=60, consecutive=2)))
    waiting.start()
    lab.mend("redis")
    waiting.join(90)
    (result,) = done
    assert not result.failed, result.msg
    assert set(status_of(result).values()) == {"pass"}


def test_what_never_recovers_ends_with_the_deadline_and_a_line_for_each(lab: Lab, checks: list[dict[str, Any]]) -> None:
    lab.break_server("service", "worker-kill")
    result = gate(checks, timeout=1)
    assert result.failed
    assert result.data["failures"] == ["critical orders: fail: consumers is 0, expected at least 2"]


def test_nothing_worse_than_the_baseline(lab: Lab, checks: list[dict[str, Any]]) -> None:
    lab.break_server("service", "worker-kill")
    before = gate(checks, report_only=True).data["baseline"]
    same = gate(checks, baseline=before)
    assert not same.failed, same.msg
    assert same.data["summary"] == "passed: 5 of 6 checks pass, 1 no worse than in the baseline"
    lab.break_server("postgres", "stop")
    worse = gate(checks, baseline=before)
    assert worse.failed
    assert status_of(worse)["store"] == "fail"
