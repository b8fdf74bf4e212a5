# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a user's words to queues."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.kinds import KINDS

ORDERS = {"name": "orders", "kind": "redis_list"}
# What a queue of a kind cannot be described without.
NEEDED: dict[str, dict[str, Any]] = {
    "http": {"depth": {"url": "http://127.0.0.1/depth"}},
    "sql": {"ready": "SELECT 1"},
    "directory": {"path": "/var/spool/it"},
}


def options_of(given: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Return the options that one queue ends up with."""
    return dict(described([{**ORDERS, **given}], defaults)[0].options)


def refusal(*given: dict[str, Any]) -> str:
    """Return the line with which descriptions are refused."""
    with pytest.raises(InputError) as error:
        described(given, {})
    return str(error.value)


def test_a_queue_takes_what_the_module_says_and_wins_where_it_speaks_itself() -> None:
    options = options_of({"login_port": 7000}, login_host="redis.example.com", login_port=6380, db=3, tls=None)
    assert (options["login_host"], options["login_port"], options["db"], options["tls"]) == (
        "redis.example.com",
        7000,
        3,
        False,
    )


@pytest.mark.parametrize("way", ["login_password", "login_password_file", "login_password_env"])
def test_each_way_to_a_password_replaces_the_others(way: str) -> None:
    options = options_of({way: "mine"}, login_password_env="THEIRS")
    given = {name: options.get(name) for name in ("login_password", "login_password_file", "login_password_env")}
    assert {name: value for name, value in given.items() if value} == {way: "mine"}


def test_a_host_replaces_the_socket() -> None:
    assert options_of({}, login_unix_socket="/run/redis.sock")["login_unix_socket"] == "/run/redis.sock"
    assert options_of({"login_host": "other"}, login_unix_socket="/run/redis.sock").get("login_unix_socket") is None


def test_queues_of_one_server_share_a_place() -> None:
    one, two, three = described(
        [ORDERS, {"name": "mails", "kind": "arq"}, {"name": "far", "kind": "arq", "db": 1}], {"db": 0}
    )
    assert one.place() == two.place()
    assert one.place() != three.place()


def test_what_is_wrong_is_said_with_its_place() -> None:
    assert refusal(ORDERS, {"name": "mails", "kind": "sendmail"}) == (
        f"queues[1] (mails): unknown kind 'sendmail'; known are {', '.join(KINDS)}"
    )
    assert refusal({"name": "mails"}) == "queues[0] (mails): missing required arguments: kind"
    assert refusal({"kind": "arq"}).startswith("queues[0]: missing required arguments: name")
    assert "max_redy" in refusal({**ORDERS, "max_redy": 1})
    assert "queues[0] (orders)" in refusal({**ORDERS, "max_ready": "many"})
    assert "missing must be one of" in refusal({**ORDERS, "missing": "zero"})
    assert refusal(ORDERS, {**ORDERS, "kind": "arq"}).startswith("queues: the name orders is used more than once")


def test_the_login_of_redis_goes_to_no_server_of_another_kind() -> None:
    query = {"name": "rows", "kind": "sql", "ready": "SELECT 1"}
    (queue,) = described([query], {"login_host": "redis.example.com", "login_port": 6379, "login_password": "theirs"})
    assert (queue.options["login_host"], queue.options["login_port"]) == ("127.0.0.1", 5432)
    assert queue.options.get("login_password") is None


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_what_the_protocol_wants(kind: str) -> None:
    (queue,) = described([{"name": "it", "kind": kind, **NEEDED.get(kind, {})}], {})
    assert (queue.kind, queue.name) == (kind, "it")
    if getattr(queue, "TAKES_DEFAULTS", True):
        assert {"login_host", "login_password", "timeout"} <= set(queue.SPEC.options)
    assert queue.capabilities <= {"in_flight", "delayed", "dead", "oldest_age", "consumers", "paused"}
