# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagnoses of the demo service: half down, in a lab of the test's own, and with sessions that harm its servers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect as connect_postgres
from ansible_collections.day2.ops.tests.lab.redis_server import connect as connect_redis
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts, RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of


@pytest.fixture
def own(lab_folder: Path, tmp_path: Path) -> Iterator[Operator]:
    with Lab(lab_folder) as lab:
        lab.up()
        yield Operator(lab, tmp_path)


def _binds(taker: socket.socket, port: int) -> bool:
    try:
        taker.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


@contextmanager
def half_down(lab: Lab) -> Iterator[int]:
    """Have the API dead with its port taken by this very process, and Redis dead; yield the port."""
    port = int(lab.facts["service"]["url"].rpartition(":")[2])
    lab.end_process("api", kill=True)
    lab.end_process("redis", kill=True)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_for("the port to be free", lambda: _binds(taker, port))  # what clients left there may linger
        taker.listen()
        yield port


def report_of(operator: Operator) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((operator.reports / "diagnose-demo-latest.json").read_text(encoding="utf-8"))
    return report


def rows(report: dict[str, Any], title: str) -> list[list[str]]:
    return next((section["rows"] for section in report["sections"] if section["title"] == title), [])


def test_what_is_down_is_found_and_ranked(own: Operator) -> None:
    with half_down(own.lab) as port:
        done = own.run("diagnose", "-vv")
    assert leaks(own, done, secrets_of(own.lab.facts)) == []
    assert done.status != 0 and "changed=0" in done.text and "Traceback" not in done.text, done.text
    found = [(severity, what) for severity, _host, what, *_advice in rows(report_of(own), "Findings")]
    severity, first = next(one for one in found if "is taken by" in one[1])
    assert severity == "critical" and first.startswith(f"port {port} of api is taken by python")
    (redis,) = [what for _severity, what in found if what.startswith("redis: ")]
    assert "no connection" in redis
    order = [what for _severity, what in found]
    stopped = next(what for what in order if what.startswith("api is not running"))
    assert order.index(first) < order.index(redis) < order.index(stopped)
    assert any("orders queue" in cell[1] for cell in rows(report_of(own), "Not known")) or "orders queue" in str(found)
    assert rows(report_of(own), "Processes by memory") and rows(report_of(own), "Connections")
    assert any(row[2:4] == ["api", "api"] or row[1:3] == ["api", "api"] for row in rows(report_of(own), "Parts"))
    assert (own.reports / "diagnose-demo-latest.md").exists()


@contextmanager
def blocking(facts: PostgresFacts) -> Iterator[int]:
    """Have a session hold a lock in an idle transaction, and another wait for it; yield the holder's pid."""
    with (
        closing(connect_postgres(facts)) as admin,
        closing(connect_postgres(facts, application_name="forgotten-console")) as holder,
        closing(connect_postgres(facts)) as waiter,
    ):
        admin.execute("CREATE TABLE diagnose_held ()")
        try:
            holder.execute("BEGIN")
            holder.execute("LOCK TABLE diagnose_held")
            waiter.pgconn.send_query(b"SELECT * FROM diagnose_held")
            waits = "SELECT FROM pg_locks WHERE NOT granted AND pid = %s"
            wait_for("a session to wait", lambda: bool(admin.execute(waits, [waiter.info.backend_pid]).fetchall()))
            yield holder.info.backend_pid
        finally:
            holder.execute("ROLLBACK")
            admin.execute("DROP TABLE diagnose_held")


@contextmanager
def not_reading(facts: RedisFacts) -> Iterator[None]:
    """Have a client ask for 80 MiB and read nothing of it, so that the server keeps most of them."""
    own = {"client_name": "slow-export", "single_connection_client": True}
    with connect_redis(facts) as admin, connect_redis(facts, **own) as client:
        connection: Any = client.connection
        admin.setrange("diagnose:large", (8 << 20) - 1, b"x")
        try:
            # In one packet: a server that has much to write may not look at what else arrives.
            connection.send_packed_command(connection.pack_commands([("GET", "diagnose:large")] * 10))
            wait_for("the server to keep what is not read", lambda: _kept_for(admin, "slow-export") > 64 << 20)
            yield
        finally:
            connection.disconnect()
            admin.delete("diagnose:large")


def _kept_for(admin: Any, name: str) -> int:
    return sum(int(client["omem"]) for client in admin.client_list() if client["name"] == name)


def test_sessions_that_harm_the_servers_are_named(lab: Lab, tmp_path: Path) -> None:
    operator = Operator(lab, tmp_path)
    limits = {"max_lock_wait": "10ms", "max_idle_in_transaction": "10ms"}
    with blocking(lab.facts["postgres"]) as pid, not_reading(lab.facts["redis"]):
        done = operator.run("diagnose", day2_diagnose=limits)
    assert leaks(operator, done, secrets_of(lab.facts)) == []
    found = [what for _severity, _host, what, *_advice in rows(report_of(operator), "Findings")]
    assert "changed=0" in done.text and "Traceback" not in done.text, done.text
    (locks,) = [what for what in found if what.startswith("diagnose postgres locks: ")]
    assert f"blocked by pid {pid}" in locks, locks
    (idle,) = [what for what in found if what.startswith("diagnose postgres transactions: ")]
    assert f"pid {pid}, " in idle and "application forgotten-console, idle in transaction" in idle, idle
    assert [what for what in found if what.startswith("slow-export (") and what.endswith("MiB of Redis")], found


@pytest.mark.long
def test_a_host_that_is_gone_stops_nothing(own: Operator) -> None:
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    more = own.folder / "more.json"
    more.write_text(json.dumps({"app": {"hosts": {"gone": gone}}}), encoding="utf-8")
    done = own.run("diagnose", "--check", "-i", str(more))
    assert done.status != 0 and "gone: critical: gone cannot be reached" in done.text, done.text
    assert "Processes by memory" in done.text and "changed=0" in done.text
    assert not list(own.reports.glob("*"))
