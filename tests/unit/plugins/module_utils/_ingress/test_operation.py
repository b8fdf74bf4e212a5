# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ingress switch against a real server on loopback, that does as told, or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate

from .played import Waitless

pytest.importorskip("requests")

TOKEN = "s3cret-of-the-switch"
Seen = tuple[str, str, str]


class Service(ThreadingHTTPServer):
    """A service with a switch at /switch and clients at /orders."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.open: Any = True
        self.obeys = True
        self.clients_meet = {True: 400, False: 503}
        self.page: Any = None
        self.leads_to = ""
        self.seen: list[Seen] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Remembers method, path and token of each request."""

    server: Service

    def do_GET(self) -> None:
        self._note()
        if self.path == "/switch" and self._allowed():
            self.answer(200, {"ingress": {"open": self.server.open}})
        elif self.path == "/orders":
            self._as_to_clients()
        elif self.path == "/well":
            self.answer(200, None)

    def do_PUT(self) -> None:
        self._note()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._allowed():
            if self.server.obeys:
                self.server.open = body["open"]
            self.answer(204, None)

    def do_POST(self) -> None:
        self._note()
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._as_to_clients()

    def _as_to_clients(self) -> None:
        status = self.server.clients_meet.get(self.server.open, 500)
        self.answer(status, self.server.page, {"Location": self.server.leads_to} if status // 100 == 3 else {})

    def _note(self) -> None:
        self.server.seen.append((self.command, self.path, self.headers.get("X-Token", "")))

    def _allowed(self) -> bool:
        allowed = self.headers.get("X-Token") == TOKEN
        if not allowed:
            self.answer(401, {"error": f"not {self.headers.get('X-Token')}"})
        return allowed

    def answer(self, status: int, value: Any, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # who asks may know enough by the status
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def switch(service: Service, **more: Any) -> dict[str, Any]:
    return {
        "kind": "http",
        "url": f"{service.url}/switch",
        "token_header": "X-Token",
        "token": TOKEN,
        "state_path": "ingress.open",
        "open": {"body": {"open": True}},
        "close": {"body": {"open": False}},
        "outside": {"url": f"{service.url}/orders", "method": "POST", "body": {}, "open_status": [400]},
        **more,
    }


def turn(given: dict[str, Any], state: str, check_mode: bool = False, timeout: float = 5) -> Result:
    """Run the operation as the module does, on a clock of its own."""
    params = SPEC.validate({"state": state, "switch": given, "timeout": timeout}, "arguments")
    return operate(params, check_mode, Waitless())


def test_closed_and_opened_again(service: Service) -> None:
    closed = turn(switch(service), "closed")
    assert (closed.changed, closed.msg) == (True, "ingress is closed")
    assert (closed.data["before"], closed.data["state"]) == ("open", "closed")
    assert service.open is False
    opened = turn(switch(service), "open")
    assert (opened.changed, opened.msg) == (True, "ingress is open")
    assert service.open is True


def test_a_second_run_changes_nothing_and_still_looks_from_outside(service: Service) -> None:
    turn(switch(service), "closed")
    service.seen.clear()
    again = turn(switch(service), "closed")
    assert not again.changed
    assert [(method, path) for method, path, _token in service.seen] == [("GET", "/switch"), ("POST", "/orders")]


def test_check_mode_only_reads(service: Service) -> None:
    told = turn(switch(service), "closed", check_mode=True)
    assert (told.changed, told.msg) == (True, "ingress is open, would be closed")
    assert told.diff == {"before": "ingress: open\n", "after": "ingress: closed\n"}
    assert service.seen == [("GET", "/switch", TOKEN)]
    assert not turn(switch(service), "open", check_mode=True).changed


def test_the_token_goes_to_the_switch_and_nowhere_else(service: Service) -> None:
    result = turn(switch(service), "closed")
    sent = {(path, token) for _method, path, token in service.seen}
    assert sent == {("/switch", TOKEN), ("/orders", "")}
    assert TOKEN not in repr(result)


def test_a_switch_that_lies_is_not_believed(service: Service) -> None:
    service.clients_meet[False] = 400
    with pytest.raises(OpsError) as told:
        turn(switch(service), "closed")
    assert str(told.value).startswith("the ingress was turned to closed, but clients meet: open; looked ")


def test_what_else_clients_meet_is_told(service: Service) -> None:
    service.clients_meet[True] = 502
    with pytest.raises(OpsError, match="but clients meet: status 502; looked "):
        turn(switch(service), "open")


def by_get(service: Service, *statuses: int) -> dict[str, Any]:
    return switch(service, outside={"url": f"{service.url}/orders", "open_status": list(statuses)})


def test_a_redirect_to_another_host_is_a_status_like_any_other(service: Service) -> None:
    service.clients_meet[True], service.leads_to = 302, "https://sso.example.org/login"
    for named in ([302], [200, 302]):
        assert turn(by_get(service, *named), "closed").data["state"] == "closed"
        assert turn(by_get(service, *named), "open").data["state"] == "open"
    with pytest.raises(OpsError, match=r"is open, but clients meet: status 302: .+; name it in open_status"):
        turn(by_get(service, 200), "open", check_mode=True)
    with pytest.raises(OpsError, match=r"turned to open, but clients meet: status 302: .+; looked "):
        turn(by_get(service, 200), "open")


def test_a_redirect_of_the_host_itself_is_followed_unless_one_is_named(service: Service) -> None:
    service.clients_meet[True], service.leads_to = 302, "/well"
    assert not turn(by_get(service, 200), "open").changed
    assert not turn(by_get(service, 302), "open").changed
    service.leads_to = "/orders"  # in circles
    with pytest.raises(OpsError, match="clients meet: status 302"):
        turn(by_get(service, 200), "open", check_mode=True)


def test_how_much_clients_get_does_not_matter(service: Service) -> None:
    service.clients_meet[True], service.page = 200, "x" * (2 << 20)
    assert turn(by_get(service, 200), "closed").data["state"] == "closed"
    assert turn(by_get(service, 200), "open").data["state"] == "open"


@pytest.mark.parametrize(("status", "met"), [(502, "status 502"), (503, "closed")])
def test_a_service_that_is_ill_is_only_warned_of(service: Service, status: int, met: str) -> None:
    service.clients_meet[True] = status
    told = turn(switch(service), "open", check_mode=True)
    assert (told.changed, told.warnings) == (True, [f"the ingress is open, but clients meet: {met}"])
    assert [method for method, _path, _token in service.seen] == ["GET", "POST"]


def test_a_description_that_is_wrong_is_told_before_anything_is_touched(service: Service) -> None:
    service.clients_meet[True] = 404
    with pytest.raises(OpsError, match=r"the ingress is open, but clients meet: status 404: .+/orders; name it in"):
        turn(switch(service), "open", check_mode=True)
    assert turn(switch(service), "closed", check_mode=True).warnings == []
    outside = {"url": "http://127.0.0.1:1/orders", "open_status": [400]}
    (warned,) = turn(switch(service, outside=outside), "open", check_mode=True).warnings
    assert "127.0.0.1:1" in warned


def test_a_switch_that_turns_late_is_waited_for(service: Service) -> None:
    # a proxy that reloads answers by old workers once more
    answers = [400, 400, 503, 400, 503, 503, 503, 503]

    class Late(dict[Any, int]):
        """What clients meet changes with the third look, and not for good at once."""

        def get(self, _key: Any, _default: Any = None) -> Any:
            return answers.pop(0)

    service.clients_meet = Late()
    assert turn(switch(service), "closed").data["state"] == "closed"
    assert answers == []


def test_what_is_seen_too_late_is_told_so(service: Service) -> None:
    with pytest.raises(
        OpsError, match=r"clients meet: closed \(for less than 0.5 s without a change\); looked 2 times"
    ):
        turn(switch(service), "closed", timeout=0.3)


def test_clients_that_reach_nothing_are_no_closed_ingress(service: Service) -> None:
    outside = {"url": "http://127.0.0.1:1/orders", "open_status": [400]}
    with pytest.raises(OpsError) as told:
        turn(switch(service, outside=outside), "closed")
    assert "but clients meet: " in str(told.value)
    assert "127.0.0.1:1" in str(told.value)


def test_a_wrong_token(service: Service) -> None:
    with pytest.raises(OpsError) as told:
        turn(switch(service, token="wr0ng-token"), "closed")
    assert str(told.value) == f"cannot read the ingress switch: status 401: {service.url}/switch; expected 200"
    assert service.open is True


def test_a_switch_that_refuses_to_turn(service: Service) -> None:
    given = switch(service, close={"body": {"open": False}, "status": [200]})
    with pytest.raises(OpsError, match=r"cannot turn the ingress switch to closed: status 204: .+; expected 200"):
        turn(given, "closed")


def test_no_service_at_all(service: Service) -> None:
    with pytest.raises(OpsError) as told:
        turn(switch(service, url="http://127.0.0.1:1/switch"), "closed")
    assert "127.0.0.1:1" in str(told.value)
    assert "\n" not in str(told.value)
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize("position", ["ajar", None, 1])
def test_a_position_that_is_neither(service: Service, position: Any) -> None:
    service.open = position
    with pytest.raises(
        OpsError, match=r"the ingress switch says .+ at ingress.open: .+expected True \(open\) or False"
    ):
        turn(switch(service), "closed")


def test_a_position_that_is_not_there(service: Service) -> None:
    with pytest.raises(OpsError, match="the ingress switch says nothing at 'gate"):
        turn(switch(service, state_path="gate"), "closed")


def test_positions_are_compared_as_text(service: Service) -> None:
    service.open = "Open"
    assert (
        turn(switch(service, open_value="open", closed_value="shut"), "open", check_mode=True).data["before"] == "open"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "lever"}, "switch: unknown kind 'lever'; known kinds: command, document, file, "),
        ({"colour": "red"}, "switch: unknown option colour; known are "),
        ({"token_env": "TOKEN"}, "switch: parameters are mutually exclusive: token|token_file|token_env"),
        ({"outside": {"url": "http://127.0.0.1:1/"}}, "missing required arguments: open_status in outside"),
    ],
)
def test_options_that_are_wrong(service: Service, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        turn(switch(service, **wrong), "closed")
    assert words in str(refused.value)
    assert service.seen == []


def test_a_token_from_a_variable_that_is_not_set(service: Service) -> None:
    given = {name: value for name, value in switch(service).items() if name != "token"}
    with pytest.raises(InputError, match="token_env names an environment variable that is not set: NOT_SET_HERE"):
        turn({**given, "token_env": "NOT_SET_HERE"}, "closed")
    assert service.seen == []


def test_a_url_with_a_password_is_refused_without_showing_it(service: Service) -> None:
    with pytest.raises(InputError) as refused:
        turn(switch(service, url="http://admin:hidden-one@127.0.0.1:1/"), "closed")
    assert "hidden-one" not in str(refused.value)
