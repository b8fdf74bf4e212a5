# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds redis and postgres on real replicas: linked, and after their primary is gone."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.home import Home
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.redis_server import connect as redis_connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts, RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.postgres_help import login_to

REDIS_CONFIG = """\
bind {host}
port {port}
dir {folder}
save ""
replicaof {host} {primary}
masteruser {admin_user}
masterauth {admin_password}
"""


def _forget(home: Home, name: str) -> None:
    home.stop(name)
    del home.facts["processes"][name]
    home.save()


def _await_pass(**options: Any) -> Outcome:
    """Return the first outcome that passes: a later one may be of another moment."""
    return _await_outcome("a check that passes", lambda outcome: outcome.status == "pass", **options)


def _await_outcome(what: str, wanted: Callable[[Outcome], bool], **options: Any) -> Outcome:
    seen: list[Outcome] = []

    def looks_so() -> bool:
        seen.append(attempt(**options))
        return wanted(seen[-1])

    wait_for(what, looks_so, seconds=30)
    return seen[-1]


@pytest.fixture
def redis_replica(lab: Lab, redis_facts: RedisFacts) -> Iterator[int]:
    """The port of a replica of the lab's Redis, without a password."""
    home = lab.home
    (port,) = free_ports(1)
    folder = home.server_folder("redis-replica")
    login = {"admin_user": redis_facts["admin_user"], "admin_password": redis_facts["admin_password"]}
    text = REDIS_CONFIG.format(host=HOST, port=port, folder=folder, primary=redis_facts["port"], **login)
    config = home.server_file(folder / "redis.conf", text)
    program = home.process("redis")["argv"][0]
    home.launch("redis-replica", [program, str(config)], unprivileged=True)
    yield port
    _forget(home, "redis-replica")


def test_a_redis_replica_is_well_while_it_is_linked(lab: Lab, redis_replica: int) -> None:
    check: dict[str, Any] = {
        "kind": "redis",
        "login_port": redis_replica,
        "role": "replica",
        "max_replication_silence": "1m",
    }
    outcome = _await_pass(**check)
    assert (outcome.values["role"], outcome.values["link_up"]) == ("replica", True)
    assert 0 <= outcome.values["replication_silence"] <= 60
    lab.break_server("redis", "stop")
    wait_for("the replica's loss", lambda: attempt(**check).values["link_up"] is False)
    lost = attempt(**check)
    assert lost.status == "fail"
    assert lost.reason.startswith("link_up is false")


def test_a_master_sees_its_replica_and_that_it_is_behind(lab: Lab, redis_replica: int, redis_facts: RedisFacts) -> None:
    login = {"login_user": redis_facts["user"], "login_password": redis_facts["password"]}
    limits = {"min_replicas": 1, "max_replica_lag": "10s", "max_replica_lag_bytes": "1M"}
    check: dict[str, Any] = {"kind": "redis", "login_port": redis_facts["port"], **login, **limits}
    outcome = _await_pass(**check)
    assert (outcome.values["role"], outcome.values["replicas"]) == ("master", 1)
    process.hang(lab.home.process("redis-replica"))
    with redis_connect(redis_facts, db=9) as client:
        client.set("check:behind", "x" * 2_000_000)
        client.delete("check:behind")
    behind = attempt(**check)
    assert behind.status == "fail"
    assert behind.reason.startswith("replica_lag_bytes is 200")
    process.resume(lab.home.process("redis-replica"))
    _await_pass(**check)
    lab.home.stop("redis-replica")
    wait_for("the replica's loss", lambda: attempt(**check).values["replicas"] == 0)
    gone = attempt(**check)
    assert gone.status == "fail"
    assert "replicas is 0, expected at least 1" in gone.reason
    assert "replica_lag is null (not a master, or no replica is linked)" in gone.reason


@pytest.fixture
def standby(lab: Lab, postgres_facts: PostgresFacts) -> Iterator[dict[str, Any]]:
    """The login to a standby of the lab's Postgres, made by pg_basebackup."""
    home = lab.home
    (port,) = free_ports(1)
    data = home.server_folder("standby")
    admin, password = postgres_facts["admin_user"], postgres_facts["admin_password"]
    passwords = home.server_file(home.run_dir / "standby-passwords", f"*:*:*:{admin}:{password}\n")
    source = f"host={HOST} port={postgres_facts['port']} user={admin} passfile={passwords} sslmode=prefer"
    copy_argv = [f"{postgres_facts['bin_dir']}/pg_basebackup", "-D", str(data), "-d", source, "-R", "-c", "fast"]
    copy = process.start(copy_argv, home.log("standby-copy"), home.account)
    wait_for("the end of pg_basebackup", lambda: not process.is_alive(copy), seconds=60)
    # What pg_basebackup writes down for -R may be too new for the libpq that the server itself finds.
    settings = ["-p", str(port), "-c", f"primary_conninfo={source}"]
    argv = [f"{postgres_facts['bin_dir']}/postgres", "-D", str(data), *settings]
    home.launch("standby", argv, unprivileged=True, stop_signal=signal.SIGINT)
    login = {"login_port": port, "login_user": postgres_facts["user"], "login_password": postgres_facts["password"]}
    yield {**login, "login_db": postgres_facts["database"], "ssl_mode": "prefer"}
    _forget(home, "standby")


def test_a_standby_is_up_to_date_only_while_it_receives(
    lab: Lab, standby: dict[str, Any], postgres_facts: PostgresFacts
) -> None:
    check = {"kind": "postgres", **standby, "role": "replica", "writable": False, "max_replication_lag": 0}
    _await_pass(**check)
    with connect(postgres_facts) as admin:
        admin.execute("CREATE TABLE check_standby ()")
        admin.execute("DROP TABLE check_standby")
    outcome = _await_pass(**check)
    assert (outcome.values["role"], outcome.values["replication_lag"]) == ("replica", 0)
    assert attempt(**{**check, "writable": True}).reason.startswith("read_only is true, expected false")
    lab.break_server("postgres", "stop")
    wait_for("the standby's loss", lambda: attempt(**check).status != "pass")
    lost = attempt(**check)
    assert lost.status == "fail"
    assert "s, expected at most 0 s" in lost.reason


def test_a_primary_sees_its_standby_and_that_it_is_behind(
    lab: Lab, standby: dict[str, Any], postgres_facts: PostgresFacts
) -> None:
    _await_pass(kind="postgres", **standby)
    limits = {"min_replicas": 1, "max_replica_lag": "1h", "max_replica_lag_bytes": "64K"}
    check = {"kind": "postgres", **login_to(postgres_facts), **limits}
    outcome = _await_pass(**check)
    assert (outcome.values["replicas"], outcome.values["unseen"]) == (1, {})
    assert 0 <= outcome.values["replica_lag"] < 3600  # how busy the machine is decides on the fractions of a second
    process.hang(lab.home.process("standby"))
    with connect(postgres_facts) as admin:
        admin.execute("CREATE TABLE check_behind AS SELECT repeat('x', 100) FROM generate_series(1, 5000)")
        admin.execute("DROP TABLE check_behind")
    limited = {**check, "max_replica_lag": 0}
    behind = _await_outcome("the lag", lambda outcome: "replica_lag is " in outcome.reason, **limited)
    process.resume(lab.home.process("standby"))
    assert behind.status == "fail"
    assert "replica_lag_bytes is " in behind.reason
    assert "bytes, expected at most 65536 bytes" in behind.reason
    assert "replica_lag is " in behind.reason
    assert behind.values["replicas"] == 1
    _await_pass(**check)
