# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind redis against a real server, healthy and broken in each way."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.live.checks import attempt


@pytest.fixture
def login(redis_facts: RedisFacts) -> dict[str, Any]:
    return {
        "login_host": redis_facts["host"],
        "login_port": redis_facts["port"],
        "login_user": redis_facts["user"],
        "login_password": redis_facts["password"],
    }


@pytest.fixture
def admin(redis_facts: RedisFacts) -> redis.Redis:
    return connect(redis_facts)


def test_healthy(login: dict[str, Any]) -> None:
    outcome = attempt("redis", **login, role="master", max_latency=5, max_clients_percent=90)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert values["version"].count(".") == 2
    assert (values["role"], values["loading"], values["link_up"]) == ("master", 0, None)
    assert values["used_memory"] > 0
    assert values["connected_clients"] >= 1
    assert values["aof_enabled"] is True


def test_over_tls(login: dict[str, Any], redis_facts: RedisFacts) -> None:
    over_tls = {**login, "login_port": redis_facts["tls_port"], "tls": True}
    assert attempt("redis", **over_tls, ca_certs=redis_facts["ca_certs"]).status == "pass"
    mistrusted = attempt("redis", **over_tls, ca_certs=redis_facts["wrong_ca"])
    assert mistrusted.status == "unknown"
    assert "TLS failed (" in mistrusted.reason
    absent = attempt("redis", **over_tls, ca_certs="/nowhere.pem")
    assert absent.status == "unknown"
    assert "/nowhere.pem" in absent.reason


def test_the_share_of_memory_needs_a_bound_on_it(login: dict[str, Any], admin: redis.Redis) -> None:
    unbounded = attempt("redis", **login, max_memory_percent=80)
    assert (unbounded.status, unbounded.reason) == ("unknown", "memory_percent is null (the server has no maxmemory)")
    admin.config_set("maxmemory", "1gb")
    try:
        assert attempt("redis", **login, max_memory_percent=80).status == "pass"
        full = attempt("redis", **login, max_memory_percent=0)
        assert full.status == "fail"
        assert "%, expected at most 0 %" in full.reason
    finally:
        admin.config_set("maxmemory", "0")


def test_a_replica_without_its_primary(lab: Lab, login: dict[str, Any]) -> None:
    lab.break_server("redis", "read-only")
    outcome = attempt("redis", **login, role="master", max_replication_silence=10)
    assert outcome.status == "fail"
    assert outcome.values["role"] == "replica"
    assert "link_up is false" in outcome.reason
    assert "role is 'replica', expected 'master'" in outcome.reason
    assert "replication_silence is null" in outcome.reason


@pytest.mark.parametrize(("how", "words"), [("stop", "no connection"), ("hang", "no answer in time")])
def test_gone_or_hung(lab: Lab, login: dict[str, Any], how: str, words: str) -> None:
    lab.break_server("redis", how)
    outcome = attempt("redis", **login, timeout=0.5)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("cannot check the server: ")
    assert words in outcome.reason


def test_wrong_password(lab: Lab, login: dict[str, Any]) -> None:
    lab.break_server("redis", "wrong-password")
    outcome = attempt("redis", **login)
    assert outcome.status == "unknown"
    assert "check login_user and login_password" in outcome.reason
    assert login["login_password"] not in outcome.reason


def test_no_password(login: dict[str, Any]) -> None:
    outcome = attempt("redis", login_host=login["login_host"], login_port=login["login_port"])
    assert outcome.status == "unknown"
    assert "the server wants a password; give login_password" in outcome.reason


def test_a_user_who_may_not_ask(login: dict[str, Any], admin: redis.Redis) -> None:
    admin.acl_setuser("poor", enabled=True, passwords=["+poor"], commands=["+ping", "+hello", "+client"])
    try:
        outcome = attempt("redis", **{**login, "login_user": "poor", "login_password": "poor"})
    finally:
        admin.acl_deluser("poor")
    assert outcome.status == "unknown"
    assert "the ACL user lacks this permission" in outcome.reason
