# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of a server that is older than the lab's: Debian's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._postgres.maintenance import SPEC, operate
from ansible_collections.day2.ops.tests.live.wal_archiving_help import ACCOUNT, Cluster, cluster, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as up:
        yield up


def maintain(server: Cluster) -> Result:
    login = {"login_unix_socket": str(server.folder), "login_port": server.port, "login_user": ACCOUNT}
    actions = ["vacuum", "analyze", "freeze", "reindex"]
    return operate(
        SPEC.validate({**login, "actions": actions, "min_size": 0, "parallel_workers": 1}, "pg_maintain"), False
    )


def test_what_is_due_is_done_once(server: Cluster) -> None:
    with server.connect() as session:
        session.execute("CREATE EXTENSION pgstattuple")
        session.execute("CREATE TABLE orders (id int PRIMARY KEY) WITH (autovacuum_enabled = off)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 20000)")
        session.execute("DELETE FROM orders WHERE id % 4 <> 0")
        session.execute("SELECT pg_stat_force_next_flush()")
    done = maintain(server)
    jobs = {job["name"]: job for job in done.data["done"]}
    assert jobs["public.orders"]["dead_after"] == 0
    assert jobs["public.orders_pkey"]["actions"] == ["reindex"]
    assert done.data["bloat_by"] == "measured"
    assert not maintain(server).changed


def test_a_standby_is_refused(server: Cluster) -> None:
    server.as_account(server.control("-m", "fast", "stop"))
    signal = server.data / "standby.signal"
    signal.touch()
    server.as_account(server.control("-l", str(server.folder / "log"), "start"))
    with pytest.raises(OpsError, match="the server is a standby, on which nothing can be maintained") as caught:
        maintain(server)
    assert caught.value.details["standby"] is True
