# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way to a cluster: logins, certificates, a node that hangs, a proxy, which stands before OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.day2.ops.tests.live.search_help import NOBODY, Cluster

from ..rows import Row
from ..run import Run
from .judge import SECRET, Case, Judge, state_of
from .nodes import INFO, PRODUCTS, REPOSITORY, RESTORE, SNAPSHOT


def rows(_run: Run, judge: Judge, cluster: Cluster) -> Iterator[Row]:
    """Yield a row for each."""
    repository = f"{cluster.mine}-good"
    yield _hangs(judge, cluster, repository)
    yield judge.row("nobody who answers", cluster, _each(repository, "Connection refused"), url=[NOBODY])
    if cluster.name != PRODUCTS[0]:
        return
    proxy = judge.here.lab.facts["search_proxy"]
    judge.secrets = (SECRET, proxy["password"], proxy["reader_password"], proxy["api_key"])
    trust = {"ca_certs": proxy["ca_certs"]}
    nobody: dict[str, Any] = {"login_user": None, "login_password": None, **trust}
    reader = {**trust, "login_user": proxy["reader"], "login_password": proxy["reader_password"]}
    key = {**nobody, "api_key": f"id:{SECRET}"}
    wrong = {"ca_certs": proxy["wrong_ca"], "login_user": proxy["user"], "login_password": proxy["password"]}
    told = _each(repository, "status is 401")
    yield judge.row("a wrong password (401)", cluster, told, url=[proxy["url"]], **trust)
    yield judge.row("no login (401)", cluster, told, url=[proxy["url"]], **nobody)
    yield judge.row("a wrong API key (401)", cluster, told, url=[proxy["key_url"]], **key)
    yield judge.row(
        "a login that may not (403)", cluster, _each(repository, "status is 403"), url=[proxy["url"]], **reader
    )
    yield judge.row("another authority", cluster, _each(repository, "certificate"), url=[proxy["url"]], **wrong)
    for path, words in (("page", "not JSON"), ("unavailable", "status is 503"), ("nobody", "status is 502")):
        url = proxy[f"{path}_url"]  # type: ignore[literal-required]
        cases = _each(repository, words, wait_timeout="2s")
        yield judge.row(f"a proxy that answers otherwise: {words}", cluster, cases, url=[url], **nobody)


def _each(repository: str, words: str, **more: str) -> list[Case]:
    location = {"location": f"/srv/{repository}"}
    renamed = {"rename_pattern": "(.+)", "rename_replacement": "other-$1"}
    return [
        Case(SNAPSHOT, words, {"repository": repository, "name": "daily-{now/d}", "wait_timeout": "5s", **more}),
        Case(INFO, words, {"repository": repository}),
        Case(RESTORE, words, {"repository": repository, **renamed}),
        Case(REPOSITORY, words, {"name": repository, "type": "fs", "settings": location}),
    ]


def _hangs(judge: Judge, cluster: Cluster, repository: str) -> Row:
    before = state_of(cluster)
    judge.here.lab.break_server(cluster.name, "hang")
    try:
        judge.called(cluster, _each(repository, "no complete answer within 1", wait_timeout="2s"), timeout=1)
    finally:
        judge.here.restart(cluster)
    return judge.told("a node that hangs", cluster, before)
