# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that do their module's work in the controller's process: where, and what they tell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.action import alert_silence, ingress_switch, queue_payload_info, service_info

from .test_actions import action_of, by_module, run

TOKEN = "t0ken-of-the-switch"
ALL: list[type[ActionBase]] = [
    alert_silence.ActionModule,
    ingress_switch.ActionModule,
    queue_payload_info.ActionModule,
    service_info.ActionModule,
]


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        closed = Path(self.server.flag).exists()  # type: ignore[attr-defined]
        self.send_response(503 if closed else 200)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[dict[str, Any]]:
    flag = tmp_path / "flag"
    server = HTTPServer(("127.0.0.1", 0), _Page)
    server.flag = str(flag)  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "kind": "file",
        "path": str(flag),
        "closed_content": "closed\n",
        "reload": ["true"],
        "outside": {"url": f"http://127.0.0.1:{server.server_port}/", "open_status": [200]},
    }
    server.shutdown()
    server.server_close()


def test_a_switch_is_turned_here(switch: dict[str, Any]) -> None:
    closed = run(ingress_switch.ActionModule, state="closed", switch=switch)
    assert (closed["failed"], closed["changed"], closed["state"]) == (False, True, "closed")
    assert Path(switch["path"]).exists()
    again = run(ingress_switch.ActionModule, state="closed", switch=switch)
    assert not again["changed"]
    would = run(ingress_switch.ActionModule, check_mode=True, state="open", switch=switch)
    assert (would["changed"], would["before"], Path(switch["path"]).exists()) == (True, "closed", True)
    assert run(ingress_switch.ActionModule, state="open", switch=switch)["state"] == "open"
    assert not Path(switch["path"]).exists()


def test_what_is_wrong_is_one_line_without_the_token() -> None:
    wrong = {"kind": "http", "url": "http://127.0.0.1:9/", "token": TOKEN, "state_path": TOKEN}
    told = run(ingress_switch.ActionModule, state="open", switch=wrong)
    assert told["failed"]
    assert "switch: missing required arguments: close, open, outside" in told["msg"]
    assert TOKEN not in str(told)


@pytest.mark.parametrize("plugin", ALL)
def test_another_host_or_user_makes_the_module_run(plugin: type[ActionBase]) -> None:
    distant, other = action_of(plugin), action_of(plugin)
    distant._connection.transport = "ssh"
    other._connection.become = object()
    assert by_module(distant)
    assert by_module(other)


@pytest.mark.parametrize("plugin", ALL)
def test_what_lacks_arguments_says_so(plugin: type[ActionBase]) -> None:
    told = run(plugin)
    assert told["failed"]
    assert "missing required arguments: " in told["msg"] or "nothing to look at" in told["msg"]


def test_a_missing_library_makes_the_module_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    monkeypatch.setitem(sys.modules, "requests", None)
    given: dict[str, Any] = {"name": "shop", "url": "http://127.0.0.1:9", "matchers": ["a=b"], "duration": "1h"}
    assert by_module(action_of(alert_silence.ActionModule, **given))
