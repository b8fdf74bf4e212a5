# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind haproxy against a played socket: what only a proxy that is broken, or a run that died, can show."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, NotThere, OpsError, Unreachable

from .played import Played, turn

HEADER = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight"
BITS = {"ready": 0, "drain": 8, "maint": 1, "disabled": 5}


class Proxy:
    """Answers commands as the management guide says, one a connection."""

    def __init__(self, folder: Path, played: Played) -> None:
        self.path = str(folder / "admin.sock")
        self.states = {"one": "ready", "two": "ready"}
        self.front = "OPEN"
        self.commands: list[str] = []
        self.says: dict[str, str] = {}
        self.obeys = True
        played.reply = lambda _asked: (200 if "ready" in self.states.values() and self.front == "OPEN" else 503, b"")
        self.url = played.url
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(self.path)
        self._listening.listen()

    def serve(self) -> None:
        while True:
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            with connection:
                command = connection.makefile().readline().strip()
                connection.sendall(self.answer(command).encode())

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def answer(self, command: str) -> str:
        self.commands.append(command)
        words = command.split()
        for begin, text in self.says.items():
            if command.startswith(begin):
                return text
        if command.startswith("show servers state"):
            rows = [
                f"3 api {at} {name} 127.0.0.1 2 {BITS[state]} 1" for at, (name, state) in enumerate(self.states.items())
            ]
            return "\n".join(["1", HEADER, *rows, ""])
        if command.startswith("show stat"):
            return f"# pxname,svname,status,\nshop,FRONTEND,{self.front},\n\n"
        if command.startswith("set server") and self.obeys:
            self.states[words[2].partition("/")[2]] = words[4]
        elif command.endswith("frontend shop") and self.obeys:
            self.front = "OPEN" if words[0] == "enable" else "PAUSED"
        return "\n"


@pytest.fixture
def proxy(tmp_path: Path, played: Played) -> Iterator[Proxy]:
    made = Proxy(tmp_path, played)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    yield made
    made.stop()
    thread.join()


def switch(proxy: Proxy, tmp_path: Path, **more: Any) -> dict[str, Any]:
    return {
        "kind": "haproxy",
        "socket": proxy.path,
        "servers": ["api"],
        "state_dir": str(tmp_path / "kept"),
        "outside": {"url": proxy.url, "open_status": [200]},
        **more,
    }


def test_what_was_before_the_first_of_two_runs_counts(proxy: Proxy, tmp_path: Path) -> None:
    given = switch(proxy, tmp_path)
    proxy.states["two"] = "drain"
    turn(given, "closed")
    proxy.states["one"] = "ready"  # the first died, or the proxy was loaded anew
    proxy.states["three"] = "ready"  # and has one server more
    assert turn(given, "closed", check_mode=True).data["before"] == "half-way"
    turn(given, "closed")
    assert set(proxy.states.values()) == {"maint"}
    turn(given, "open")
    assert proxy.states == {"one": "ready", "two": "drain", "three": "ready"}
    assert not list((tmp_path / "kept").iterdir())


def test_a_server_that_has_come_since_is_left_alone(proxy: Proxy, tmp_path: Path) -> None:
    given = switch(proxy, tmp_path)
    turn(given, "closed")
    proxy.states.update(three="maint")
    del proxy.states["two"]
    turn(given, "open")
    assert proxy.states == {"one": "ready", "three": "maint"}


def test_frontends(proxy: Proxy, tmp_path: Path) -> None:
    given = switch(proxy, tmp_path, servers=[], frontends=["shop"])
    assert turn(given, "closed").changed and proxy.front == "PAUSED"
    assert not turn(given, "closed").changed
    assert turn(given, "open").changed and proxy.front == "OPEN"


def test_all_that_somebody_else_shut_works_again(proxy: Proxy, tmp_path: Path) -> None:
    given = switch(proxy, tmp_path, frontends=["shop"])
    proxy.states = {"one": "maint", "two": "disabled"}
    proxy.front = "STOP"
    assert not turn(given, "closed").changed
    assert turn(given, "open").changed
    assert (proxy.states, proxy.front) == ({"one": "ready", "two": "disabled"}, "OPEN")


def test_what_is_wrong_is_told(proxy: Proxy, tmp_path: Path) -> None:
    for says, kind, told in (
        ({"show servers": "Can't find backend.\n"}, NotThere, r"no backend api \(Can't find backend.\)"),
        ({"show servers": f"1\n{HEADER}\n"}, NotThere, "the backend api has no servers"),
        ({"set server": "Permission denied\n"}, AccessDenied, "it needs `level admin`"),
        ({"set server": "No such server.\n"}, OpsError, "haproxy refuses 'set server api/one state maint'"),
    ):
        proxy.says = says
        with pytest.raises(kind, match=told) as failed:
            turn(switch(proxy, tmp_path), "closed")
        assert "\n" not in str(failed.value)
    proxy.says, proxy.obeys = {}, False
    with pytest.raises(OpsError, match=r"haproxy did not do as told: .* api/one is ready instead of maint"):
        turn(switch(proxy, tmp_path), "closed")
    with pytest.raises(Unreachable, match="no answer"):
        turn(switch(proxy, tmp_path, socket="127.0.0.1:1"), "closed")
    kept = tmp_path / "kept"
    next(kept.iterdir()).write_text("[]", encoding="utf-8")
    with pytest.raises(OpsError, match="does not hold what an ingress was like"):
        turn(switch(proxy, tmp_path), "closed")
