# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running queue_depth's operation against database 9 of the lab's Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

Options = dict[str, Any]
Client = Any  # redis-py's annotations mix its two clients, one of which answers with awaitables


def connection(facts: RedisFacts, **options: Any) -> Options:
    """Return the connection options for database 9, where the fixture `redis_server` looks; options win."""
    login: Options = {
        "login_host": facts["host"],
        "login_port": facts["port"],
        "login_user": facts["user"],
        "login_password": facts["password"],
        "db": 9,
    }
    return {name: value for name, value in {**login, **options}.items() if value is not None}


def in_redis(facts: RedisFacts, queue: Options) -> Options:
    """Return a queue's description with how to connect to it; what it says itself wins."""
    return {**connection(facts), **queue}


@contextmanager
def user_who_may(server: Client, *rules: str) -> Iterator[Options]:
    """Have a user of the server with these rules of ACL alone; give how to log in."""
    server.execute_command("ACL", "SETUSER", "few", "reset", "on", ">secret", *rules)
    try:
        yield {"login_user": "few", "login_password": "secret"}
    finally:
        server.execute_command("ACL", "DELUSER", "few")


def run(facts: RedisFacts, *queues: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would."""
    params = {**connection(facts, **options), "queues": list(queues)}
    return operate(SPEC.validate(params, "queue_depth"), check_mode)


def measured(facts: RedisFacts, name: str, kind: str, **options: Any) -> Options:
    """Return what is said of one queue."""
    found: Options = run(facts, {"name": name, "kind": kind, **options}).data["queues"][0]
    return found


def some(depth: Options, *names: str) -> Options:
    """Return those fields of a depth."""
    return {name: depth[name] for name in names}
