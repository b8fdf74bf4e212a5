# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a secret of an inventory, and what a text looks like without it."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.known_secrets import concerns, hidden, secrets_among

INVENTORY: dict[str, Any] = {
    "day2_redis": {"login_user": "default", "login_password": "pa55-of-redis", "url": "redis://:in-the-url@a/0"},
    "day2_postgres": {"login_user": "postgres", "login_password": "postgres", "login_db": "shop"},
    "day2_announce": {"webhook_url": "https://hooks.example.org/t0ken", "status_pages": [{"token": "page-t0ken"}]},
    "day2_checks": [
        {"name": "token age", "url": "https://a/?api_key=in-the-query", "headers": {"X-Auth-Token": "abc"}}
    ],
    "vault_thing": "from-the-vault",
    "vault_more": {"user": "ana-of-the-vault"},
    "smtp_password": 123456,
    "day2_capacity": {"max_tokens": 10000, "token_header": "X-Admin", "token_age": "1 hour", "has_password": True},
}


def test_what_is_a_secret_of_an_inventory() -> None:
    assert secrets_among(INVENTORY) == {
        *("pa55-of-redis", "in-the-url", "https://hooks.example.org/t0ken", "page-t0ken", "in-the-query"),
        *("from-the-vault", "ana-of-the-vault", "123456"),
    }


def test_the_results_of_a_task_are_no_secrets_for_its_name() -> None:
    result = {"changed": False, "msg": "a few words", "login_password": "pa55-in-it"}
    assert secrets_among({"second_pass": result, "passes_token": {"changed": True, "results": [result]}}) == {
        "pa55-in-it"
    }


def test_which_variables_are_looked_at() -> None:
    names = ("day2_redis", "vault_x", "db_password", "ansible_become_password", "hostvars", "groups", "my_file")
    assert [name for name in names if concerns(name)] == list(names[:4])


def test_a_text_without_secrets() -> None:
    text = "https://hooks.example.org/t0ken/a does not take abcd, nor abcdef"
    assert hidden(text, {"abcd", "abcdef", "t0ken"}) == "https://hooks.example.org/***/a does not take ***, nor ***"
    assert hidden(text, set()) == text
