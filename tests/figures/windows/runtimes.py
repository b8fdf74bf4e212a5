# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of a window that do something with the parts of a service, which cannot be done: refused, and undone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.go_programs import COMPOSE, compose_argv
from ansible_collections.day2.ops.tests.lab.http_parts import serving

from .cases import REOPENED, Case, step
from .place import Place


def _served(do: str, runtime: Mapping[str, Any] | None = None, **more: Any) -> Mapping[str, Any]:
    """Return a step that does something with the parts of the service; runtime: another than the demo's."""
    described = {} if runtime is None else {"day2_runtime": {"parts": [{"name": "api"}], **runtime}}
    return {
        **step(f"be {do}", role="day2.ops.service"),
        **described,
        "service_runtime": "{{ day2_runtime }}",
        "service_do": do,
        **more,
    }


def _with(runtime: Mapping[str, Any]) -> Callable[[Place], Mapping[str, Any]]:
    return lambda _place: _served("restarted", runtime)


def _of_demo(do: str, **more: Any) -> Callable[[Place], Mapping[str, Any]]:
    return lambda _place: _served(do, **more)


class _Forbidding(BaseHTTPRequestHandler):
    """An API of Kubernetes that lets nobody do anything."""

    def do_GET(self) -> None:
        reason = 'deployments.apps is forbidden: User "day2" cannot list resource "deployments"'
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": "Forbidden"}
        data = json.dumps({**body, "code": 403}).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _url_file(place: Place) -> Path:
    return place.folder / "forbidding"


@contextlib.contextmanager
def _forbidding(place: Place) -> Iterator[None]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Forbidding)) as port:
        _url_file(place).write_text(f"http://127.0.0.1:{port}", encoding="utf-8")
        yield


def _forbidden(place: Place) -> Mapping[str, Any]:
    host = _url_file(place).read_text(encoding="utf-8")
    parts = [{"name": "api", "unit": "deployment/shop-api"}]
    login = {"host": host, "api_key": "t0ken-of-nobody", "validate_certs": False}
    return _served("restarted", {"kind": "kubernetes", "namespace": "shop", **login, "parts": parts})


def _no_compose(place: Place) -> str:
    return place.lab.missing("docker") or ("" if COMPOSE.folder.is_dir() else "docker compose of version 2 is not here")


@contextlib.contextmanager
def _compose(place: Place) -> Iterator[None]:
    """Have a docker daemon with its plugin compose, and a project whose one container has a name of its own."""
    place.lab.up(["docker"])
    project = place.folder / "project"
    project.mkdir()
    app = {"image": place.lab.facts["docker"]["image"], "command": ["sleep", "600"], "container_name": "the-app"}
    (project / "compose.yml").write_text(json.dumps({"services": {"app": app}}), encoding="utf-8")
    plugins = place.folder / "docker/cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(shutil.which(compose_argv()[0]) or compose_argv()[0])
    before = os.environ.get("DOCKER_CONFIG")
    os.environ["DOCKER_CONFIG"] = str(plugins.parent)
    try:
        yield
    finally:
        os.environ.pop("DOCKER_CONFIG")
        os.environ.update({} if before is None else {"DOCKER_CONFIG": before})


def _without_docker(place: Place) -> Mapping[str, Any]:
    (place.folder / "compose.yml").write_text(json.dumps({"services": {"api": {"image": "shop:1"}}}), encoding="utf-8")
    return _served("restarted", {"kind": "compose", "project_dir": str(place.folder), "docker_cli": "/nowhere/docker"})


def _container(place: Place) -> Mapping[str, Any]:
    daemon = {"docker_host": place.lab.facts["docker"]["url"], "project_dir": str(place.folder / "project")}
    runtime = {"kind": "compose", "parts": [{"name": "app"}], **daemon}
    return _served("scaled", runtime, service_count=2)


RUNTIMES = [
    Case(
        "a runtime that is none",
        rf"^step: be restarted: .*kind 'nomad'.*{REOPENED}",
        _with({"kind": "nomad"}),
    ),
    Case(
        "a part that nobody described",
        rf"^step: be restarted: .*no part queue is described; described are api, worker.*{REOPENED}",
        _of_demo("restarted", service_parts=["queue"]),
    ),
    Case(
        "a runtime whose program is not there",
        rf"^step: be restarted: .*cannot run the program.*/nowhere/docker.*{REOPENED}",
        _without_docker,
    ),
    Case(
        "a runtime that lets nobody do anything",
        rf"^step: be restarted: .*forbidden.*{REOPENED}",
        _forbidden,
        trouble=_forbidding,
    ),
    Case(
        "more workers than there may be",
        rf"^step: be scaled: .*worker may have 8 at most, as its max says.*{REOPENED}",
        _of_demo("scaled", service_parts=["worker"], service_count=9),
    ),
    Case(
        "a container that cannot be scaled",
        rf"^step: be scaled: .*cannot be scaled: app has the fixed container name the-app: .*{REOPENED}",
        _container,
        trouble=_compose,
        missing=_no_compose,
    ),
]
