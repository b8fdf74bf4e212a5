# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running queue_depth's operation against the lab's Redis Cluster, and against the lab's sentinels."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisClusterFacts, RedisSentinelFacts

Options = dict[str, Any]


def of_cluster(facts: RedisClusterFacts, **options: Any) -> Options:
    """Return the connection options for the cluster; options win, and None leaves one out."""
    login: Options = {
        "login_host": facts["host"],
        "login_port": facts["nodes"][0]["port"],
        "login_user": facts["user"],
        "login_password": facts["password"],
        "cluster": True,
    }
    return {name: value for name, value in {**login, **options}.items() if value is not None}


def of_sentinels(facts: RedisSentinelFacts, **options: Any) -> Options:
    """Return the connection options for the primary that the sentinels name; options win, and None leaves one out."""
    login: Options = {
        "sentinels": [f"{facts['host']}:{node['port']}" for node in facts["sentinels"]],
        "sentinel_service": facts["service"],
        "sentinel_user": facts["sentinel_user"],
        "sentinel_password": facts["sentinel_password"],
        "login_user": facts["user"],
        "login_password": facts["password"],
    }
    return {name: value for name, value in {**login, **options}.items() if value is not None}


def run(login: Options, *queues: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would with this connection."""
    params = {**login, **options, "queues": list(queues)}
    return operate(SPEC.validate(params, "queue_depth"), check_mode)


def measured(login: Options, name: str, kind: str, **options: Any) -> Options:
    """Return what is said of one queue."""
    found: Options = run(login, {"name": name, "kind": kind, **options}).data["queues"][0]
    return found


def secrets_of(login: Options) -> list[str]:
    """Return what may not be seen in any message."""
    return [str(value) for name, value in login.items() if name.endswith("password")]
