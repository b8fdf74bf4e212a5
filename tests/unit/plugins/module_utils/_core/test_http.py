# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP against a real server on loopback: bounds, redirects, what is sent, and what errors say."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.http import (
    MAX_REDIRECTS,
    HttpClient,
    Request,
    Response,
    check_url,
    without_user,
)

pytest.importorskip("requests")


class Handler(BaseHTTPRequestHandler):
    """Answers by path; keeps connections open."""

    protocol_version = "HTTP/1.1"
    other = ""

    def do_GET(self) -> None:
        _PATHS[self.path.partition("?")[0]](self)

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        self.answer(200, self.rfile.read(size))

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "99999999")
        self.end_headers()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _echo(handler: Handler) -> None:
    handler.answer(200, json.dumps(dict(handler.headers.items())).encode(), Set_Cookie="a=b", X_Mixed_Case="yes")


_PATHS: dict[str, Callable[[Handler], None]] = {
    "/echo": _echo,
    "/ok": lambda handler: handler.answer(200, b'{"status": "ok"}'),
    "/empty": lambda handler: handler.answer(200),
    "/html": lambda handler: handler.answer(200, b"<html>hello</html>"),
    "/big": lambda handler: handler.answer(200, b"x" * 5000),
    "/moved": lambda handler: handler.answer(302, Location="/echo"),
    "/loop": lambda handler: handler.answer(302, Location="/loop"),
    "/other": lambda handler: handler.answer(302, Location=f"{Handler.other}/echo?token=hidden"),
    "/with-password": lambda handler: handler.answer(302, Location="http://user:hidden@127.0.0.1/"),
}


@pytest.fixture
def server() -> Iterator[str]:
    """Two servers; the URL of the first, whose ``/other`` leads to the second."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _number in range(2)]
    Handler.other = f"http://127.0.0.1:{servers[1].server_port}"
    for one in servers:
        one.daemon_threads = True
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{servers[0].server_port}"
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.fixture
def client() -> HttpClient:
    return HttpClient(use_proxy=False)


def test_an_answer(server: str, client: HttpClient) -> None:
    answer = client.send(Request(f"{server}/ok"))
    assert (answer.status, answer.json(), answer.url) == (200, {"status": "ok"}, f"{server}/ok")
    assert answer.elapsed > 0


def test_headers_go_out_and_come_back_in_lower_case_and_cookies_are_not_kept(server: str, client: HttpClient) -> None:
    first = client.send(Request(f"{server}/echo", headers={"X-Admin-Key": "k"}))
    assert first.json()["X-Admin-Key"] == "k"
    assert first.headers["x-mixed-case"] == "yes"
    assert "Cookie" not in client.send(Request(f"{server}/echo")).json()


def test_a_body_is_sent(server: str, client: HttpClient) -> None:
    assert client.send(Request(f"{server}/ok", method="POST", body=b"abc")).body == b"abc"


def test_one_client_serves_many_threads(server: str, client: HttpClient) -> None:
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(client.send(Request(f"{server}/ok")).status)

    threads = [threading.Thread(target=ask) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 16


def test_a_redirect_on_the_same_host_is_followed(server: str, client: HttpClient) -> None:
    assert client.send(Request(f"{server}/moved")).url == f"{server}/echo"


@pytest.mark.parametrize(("method", "follow"), [("GET", "none"), ("POST", "same_host")])
def test_a_redirect_that_is_not_followed(server: str, client: HttpClient, method: str, follow: str) -> None:
    path = "/moved" if method == "GET" else "/ok"
    answer = client.send(Request(server + path, method=method, follow_redirects=follow))
    assert answer.status == (302 if method == "GET" else 200)


def test_a_loop_of_redirects_ends(server: str, client: HttpClient) -> None:
    with pytest.raises(OpsError, match=f"redirected more than {MAX_REDIRECTS} times"):
        client.send(Request(f"{server}/loop"))


def test_another_host_is_not_followed_unless_allowed(server: str, client: HttpClient) -> None:
    with pytest.raises(OpsError, match="redirected to another host") as caught:
        client.send(Request(f"{server}/other"))
    assert "hidden" not in str(caught.value)


def test_secret_headers_do_not_go_to_another_host(server: str, client: HttpClient) -> None:
    headers = {"Authorization": "Bearer hidden", "X-Admin-Token": "hidden", "Accept": "text/html"}
    seen = client.send(Request(f"{server}/other", headers=headers, follow_redirects="all")).json()
    assert "hidden" not in json.dumps(seen)
    assert seen["Accept"] == "text/html"


def test_a_redirect_to_a_url_with_a_password(server: str, client: HttpClient) -> None:
    with pytest.raises(InputError, match="holds a user or password") as caught:
        client.send(Request(f"{server}/with-password", follow_redirects="all"))
    assert "hidden" not in str(caught.value)


def test_a_body_beyond_the_bound(server: str, client: HttpClient) -> None:
    assert len(client.send(Request(f"{server}/big", max_bytes=5000)).body) == 5000
    with pytest.raises(OpsError, match="larger than 4999 bytes"):
        client.send(Request(f"{server}/big", max_bytes=4999))


def test_head_declares_a_length_and_sends_none(server: str, client: HttpClient) -> None:
    assert client.send(Request(f"{server}/ok", method="HEAD")).body == b""


def test_no_server(server: str, client: HttpClient) -> None:
    with pytest.raises(Unreachable, match=r"no answer \(Connection refused\): http://127.0.0.1:1/x"):
        client.send(Request("http://127.0.0.1:1/x?token=hidden"))


@pytest.mark.parametrize("value", ["line\nbreak hidden", " hidden", "hidden \u20ac"])
def test_a_header_that_cannot_be_sent_is_not_shown(server: str, client: HttpClient, value: str) -> None:
    with pytest.raises(InputError, match="a header is not allowed") as caught:
        client.send(Request(f"{server}/ok", headers={"X-Token": value}))
    assert "hidden" not in str(caught.value)


def test_a_method_that_is_none(server: str, client: HttpClient) -> None:
    with pytest.raises(InputError, match="not a method of HTTP: GET X: y"):
        client.send(Request(f"{server}/ok", method="GET\r\nX: y"))


def test_a_host_of_no_proxy_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "host.invalid")
    with HttpClient() as client, pytest.raises(Unreachable) as caught:
        client.send(Request("http://host.invalid/", timeout=5))
    assert "proxy" not in str(caught.value)


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:hidden@127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(Unreachable, match=r"the proxy \(Connection refused\): http://host.invalid/") as caught:
        HttpClient().send(Request("http://host.invalid/?token=hidden"))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "words"),
    [("/empty", "status 200 and no body"), ("/html", "not JSON: .*; it begins with '<html>hello</html>'")],
)
def test_what_is_no_json(server: str, client: HttpClient, path: str, words: str) -> None:
    answer = client.send(Request(f"{server}{path}?token=hidden"))
    with pytest.raises(OpsError, match=words) as caught:
        answer.json()
    assert "hidden" not in str(caught.value)


def test_bytes_that_are_no_text_do_no_harm() -> None:
    answer = Response(200, {}, b"\xff\xfeok", 0.1, "http://host/")
    assert answer.text().endswith("ok")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/",
        "http:///path",
        "host/path",
        "http://host:99999/",
        "http://host:0/",
        "http://[::1/",
        "",
        "http://user:hid/den@host:x/",
        "http://user:hidden@host:99999/?token=hidden",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(InputError, match="not a usable URL") as caught:
        check_url(url)
    assert "hid" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://user:hidden@host/x", "http://hidden@host/x"])
def test_a_url_with_a_user(url: str) -> None:
    with pytest.raises(InputError, match="url_username") as caught:
        check_url(url)
    assert "hidden" not in str(caught.value)


def test_what_of_a_url_is_shown() -> None:
    assert without_user("https://u:p@host:8443/a/b?token=x#y") == "https://host:8443/a/b"
