# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of es_snapshot against a real node, straight or by way of something that loses answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search.making import SPEC, operate
from ansible_collections.day2.ops.tests.lab.http_parts import JsonHandler, QuietServer, serving
from ansible_collections.day2.ops.tests.lab.ports import HOST

from .search_help import Cluster

LOST_BEFORE, LOST_AFTER, FORBIDDEN = "lost before", "lost after", "forbidden"
# What becomes of a request: one of the three, or nothing when it goes through.
Fate = Callable[[str, str], str]


def made(
    cluster: Cluster,
    repository: str,
    name: str = "daily-{now/d}",
    check_mode: bool = False,
    tell: Callable[[str], object] | None = None,
    **options: Any,
) -> Result:
    """Run the operation as the module does, for indices of the test's own."""
    given = {"url": [cluster.url], "repository": repository, "name": name, "indices": [f"{cluster.mine}*"], **options}
    return operate(SPEC.validate({"timeout": 10, "wait_timeout": "60s", **given}, "test"), check_mode, tell=tell)


def refused(cluster: Cluster, repository: str, kind: type[OpsError], name: str = "new", **options: Any) -> str:
    """Run it, expect an error of the kind, and return its line."""
    with pytest.raises(kind) as caught:
        made(cluster, repository, name, **options)
    assert str(caught.value).isprintable()
    return str(caught.value)


@contextmanager
def between(cluster: Cluster, fate: Fate) -> Iterator[str]:
    """Serve what goes on to the node, but for what ``fate`` says of a method and a path; the address."""

    class Handler(JsonHandler):
        def do_GET(self) -> None:
            end = fate(self.command, self.path)
            body = self.body() if self.headers.get("Content-Length") else None
            if end == FORBIDDEN:
                self.answer(403, {"error": {"type": "security_exception", "reason": "not any more"}, "status": 403})
                return
            if end != LOST_BEFORE:
                answer = requests.request(
                    self.command, f"{cluster.url}{self.path}", data=body, headers={"Content-Type": "application/json"}
                )
            if end:
                self.close_connection = True
                return
            self.answer_bytes(answer.status_code, answer.content, "application/json")

        do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

    with serving(QuietServer(0, Handler)) as port:
        yield f"http://{HOST}:{port}"


def first(method: str, path: str, end: str, times: int = 1) -> Fate:
    """Return what gives the first requests of that method, with that in their path, an end."""
    left = [end] * times
    lock = threading.Lock()

    def fate(asked: str, where: str) -> str:
        with lock:
            return left.pop() if left and asked == method and path in where else ""

    return fate


def begun(result: Result) -> Any:
    """Return which snapshot a result is of: it has another when it was made anew."""
    return result.data["uuid"]
