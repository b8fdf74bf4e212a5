# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of an ingress that are servers and frontends of a real HAProxy."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, NotThere, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._ingress.haproxy_socket import Socket
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

PROGRAM = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="no haproxy on PATH (Debian: haproxy)")
CONFIG = """
global
  stats socket {folder}/admin.sock level admin
  stats socket {folder}/user.sock level user
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend shop
  bind {host}:{port}
  default_backend api
backend api
  server one {host}:{one}
  server two {host}:{one}
  server old {host}:{one} disabled
"""


class _Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class Proxy:
    """An HAProxy in front of one service, with three names for it, one of which is out of work by its configuration."""

    def __init__(self, folder: Path, service_port: int) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.url = f"http://{HOST}:{self.port}/"
        self.admin = Socket(str(folder / "admin.sock"), 5)
        text = CONFIG.format(folder=folder, host=HOST, port=self.port, one=service_port)
        (folder / "haproxy.cfg").write_text(text, encoding="utf-8")

    def answer(self) -> int:
        try:
            return requests.get(self.url, timeout=5).status_code
        except requests.ConnectionError:
            return 0

    def turn(self, state: str, check_mode: bool = False, timeout: float = 10, **more: Any) -> Result:
        """Do what the module does."""
        switch = {
            "kind": "haproxy",
            "socket": str(self.folder / "admin.sock"),
            "servers": ["api"],
            "state_dir": str(self.folder / "state"),
            "outside": {"url": self.url, "open_status": [200]},
            **more,
        }
        switch = {name: value for name, value in switch.items() if value is not None}
        return operate(SPEC.validate({"state": state, "switch": switch, "timeout": timeout}, "test"), check_mode)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    with ThreadingHTTPServer((HOST, 0), _Well) as service:
        threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
        made = Proxy(tmp_path, service.server_port)
        argv = [str(PROGRAM), "-db", "-q", "-f", str(tmp_path / "haproxy.cfg")]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as running:
            wait_for("haproxy", lambda: made.answer() == 200)
            yield made
            running.terminate()
        service.shutdown()


def test_servers_are_taken_out_and_each_is_what_it_was(proxy: Proxy) -> None:
    proxy.admin.set_server("api", "two", "drain")
    before = {"one": "ready", "two": "drain", "old": "disabled"}
    assert proxy.admin.servers("api") == before
    planned = proxy.turn("closed", check_mode=True)
    assert planned.changed and proxy.admin.servers("api") == before and not (proxy.folder / "state").exists()
    assert proxy.turn("closed").changed
    assert proxy.admin.servers("api") == {"one": "maint", "two": "maint", "old": "disabled"} and proxy.answer() == 503
    assert not proxy.turn("closed").changed
    opened = proxy.turn("open")
    assert (opened.changed, opened.data["before"]) == (True, "closed")
    assert proxy.admin.servers("api") == before and proxy.answer() == 200
    assert not list((proxy.folder / "state").iterdir())
    assert not proxy.turn("open").changed
    # what stops in between is gone on with, either way
    proxy.turn("closed")
    proxy.admin.set_server("api", "one", "ready")
    assert proxy.turn("open", check_mode=True).data["before"] == "half-way"
    proxy.turn("open")
    assert proxy.admin.servers("api") == before


@pytest.mark.long
def test_drain_and_frontends(proxy: Proxy) -> None:
    proxy.turn("closed", close_by="drain")
    assert proxy.admin.servers("api") == {"one": "drain", "two": "drain", "old": "disabled"}
    proxy.turn("open", close_by="drain")
    assert proxy.admin.servers("api") == {"one": "ready", "two": "ready", "old": "disabled"}
    outside = {"url": proxy.url, "open_status": [200], "closed_unreachable": True}
    front: dict[str, Any] = {"servers": None, "frontends": ["shop"], "outside": outside}
    assert proxy.turn("closed", **front).changed
    assert proxy.answer() == 0 and proxy.admin.frontends()["shop"] == "stopped"
    assert not proxy.turn("closed", **front).changed
    assert proxy.turn("open", **front).changed and proxy.answer() == 200


@pytest.mark.long
def test_what_somebody_else_closed(proxy: Proxy) -> None:
    for server in ("one", "two"):
        proxy.admin.set_server("api", server, "maint")
    assert not proxy.turn("closed").changed
    # nobody noted how it was, so all of them work, but for the one that never did
    assert proxy.turn("open").changed
    assert proxy.admin.servers("api") == {"one": "ready", "two": "ready", "old": "disabled"}
    proxy.admin.set_server("api", "old", "ready")
    proxy.turn("closed")
    assert proxy.answer() == 503
    proxy.turn("open")
    assert set(proxy.admin.servers("api").values()) == {"ready"}


@pytest.mark.long
def test_what_is_wrong_is_told(proxy: Proxy) -> None:
    for wrong, kind, told in (
        ({"servers": ["shop2"]}, NotThere, "no backend shop2"),
        ({"servers": ["api/three"]}, NotThere, "no server three in the backend api"),
        ({"servers": None}, NotThere, "neither servers nor frontends"),
        ({"servers": None, "frontends": ["none"]}, NotThere, "no frontend none"),
        ({"servers": ["api; show info"]}, OpsError, "no name that haproxy takes"),
        ({"socket": "/nowhere/admin.sock"}, Unreachable, "no answer"),
        ({"socket": "admin.sock"}, OpsError, "no place of a socket"),
        ({"socket": str(proxy.folder / "user.sock")}, AccessDenied, "level admin"),
    ):
        with pytest.raises(kind, match=told) as failed:
            proxy.turn("closed", **wrong)
        assert "\n" not in str(failed.value)
    assert proxy.answer() == 200
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        with pytest.raises(Unreachable, match="no answer"):  # it answers nothing
            Socket(f"{HOST}:{listening.getsockname()[1]}", 0.3).frontends()
