# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind postgres against a real server, healthy and broken in each way."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.postgres_help import login_to, poor_login


@pytest.fixture
def login(postgres_facts: PostgresFacts) -> dict[str, Any]:
    return login_to(postgres_facts)


def test_healthy(login: dict[str, Any]) -> None:
    limits = {"role": "primary", "writable": True, "max_latency": 5, "max_connections_percent": 90}
    outcome = attempt("postgres", **login, **limits)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert values["version_number"] // 10000 == int(values["version"].partition(".")[0])
    assert 1 <= values["connections"] <= values["max_connections"]
    assert (values["role"], values["read_only"], values["replication_lag"]) == ("primary", False, None)


def test_each_expectation_is_held(login: dict[str, Any]) -> None:
    limits = {"role": "replica", "writable": False, "max_connections_percent": 0, "max_replication_lag": "1m"}
    outcome = attempt("postgres", **login, **limits)
    assert outcome.status == "fail"
    assert "role is 'primary', expected 'replica'" in outcome.reason
    assert "read_only is false, expected true" in outcome.reason
    assert "connections_percent is " in outcome.reason
    assert "replication_lag is null (not a replica" in outcome.reason


def test_connections_of_other_users_count_for_an_ordinary_one(postgres_facts: PostgresFacts) -> None:
    with poor_login(postgres_facts) as poor:
        outcome = attempt("postgres", **poor)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["connections"] >= 2


def test_read_only(lab: Lab, login: dict[str, Any]) -> None:
    lab.break_server("postgres", "read-only")
    assert attempt("postgres", **login).status == "pass"
    outcome = attempt("postgres", **login, writable=True)
    assert (outcome.status, outcome.reason) == ("fail", "read_only is true, expected false")


@pytest.mark.parametrize("how", ["stop", "hang"])
def test_gone_or_hung(lab: Lab, login: dict[str, Any], how: str) -> None:
    lab.break_server("postgres", how)
    outcome = attempt("postgres", **login, timeout=2)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no connection (")
    assert f"postgres {login['login_host']}:{login['login_port']}/" in outcome.reason


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("login_password", "hunter2", "check login_user and login_password"),
        ("login_db", "nowhere", "check login_db"),
        ("login_password_env", "DAY2_TEST_NOT_SET", "names an environment variable that is not set"),
    ],
)
def test_a_login_that_cannot_be(login: dict[str, Any], option: str, value: str, words: str) -> None:
    if option.startswith("login_password"):
        del login["login_password"]
    outcome = attempt("postgres", **{**login, option: value})
    assert outcome.status == "unknown"
    assert words in outcome.reason
    assert "hunter2" not in outcome.reason
    assert "\n" not in outcome.reason


def test_another_authority(login: dict[str, Any], postgres_facts: PostgresFacts) -> None:
    if postgres_facts["sslmode"] == "disable":
        outcome = attempt("postgres", **{**login, "ssl_mode": "require"})
        assert "say ssl_mode=disable" in outcome.reason
    else:
        outcome = attempt("postgres", **{**login, "ca_certs": postgres_facts["wrong_ca"]})
        assert "see ca_certs and ssl_mode" in outcome.reason
    assert outcome.status == "unknown"
