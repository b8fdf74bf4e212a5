# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against servers on loopback: which node is asked, who we say we are, what is sent, what is bounded."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.http import TooLarge
from ansible_collections.day2.ops.plugins.module_utils._search.connection import SPEC, Client, connected, part

pytest.importorskip("requests")

NOBODY = "http://127.0.0.1:1"
ABOUT = {"cluster_name": "lab", "version": {"number": "8.15.0"}}


@dataclass
class Node:
    """A server that remembers what it was asked; ``said`` is a body, or None for one that never answers."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    said: bytes | None = json.dumps(ABOUT).encode()
    headers: dict[str, str] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def methods(self) -> list[str]:
        return [method for method, *_rest in self.asked]


@contextmanager
def node(**given: Any) -> Iterator[Node]:
    known = Node(**given)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            known.asked.append((self.command, self.path, dict(self.headers.items()), body))
            if known.said is None:
                known.done.wait(30)
                self.close_connection = True
                return
            self.send_response(known.status)
            for name, value in known.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(known.said)))
            self.end_headers()
            self.wfile.write(known.said)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: object) -> None:
            """Say nothing of clients that leave."""

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield known
    finally:
        known.done.set()
        server.shutdown()
        server.server_close()
        thread.join()


def validated(*urls: str, **options: Any) -> dict[str, Any]:
    return SPEC.validate({"url": list(urls), "timeout": 5, **options}, "test")


@contextmanager
def client(*urls: str, **options: Any) -> Iterator[Client]:
    with connected(validated(*urls, **options)) as made:
        yield made


def authorization(**options: Any) -> str | None:
    with node() as server, client(server.url, **options) as asking:
        asking.ask("GET", "/")
        return server.asked[0][2].get("Authorization")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_who_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert authorization() is None
    assert authorization(login_user="me", login_password="pä:ss") == f"Basic {encoded('me:pä:ss')}"
    assert authorization(login_user="me") == f"Basic {encoded('me:')}"
    assert authorization(api_key="id:key") == f"ApiKey {encoded('id:key')}"
    assert authorization(api_key=encoded("id:key")) == f"ApiKey {encoded('id:key')}"
    file = tmp_path / "secret"
    file.write_text("id:key\n")
    assert authorization(api_key_file=str(file)) == f"ApiKey {encoded('id:key')}"
    assert authorization(login_user="me", login_password_file=str(file)) == f"Basic {encoded('me:id:key')}"
    monkeypatch.setenv("A_SECRET", "id:key")
    assert authorization(api_key_env="A_SECRET") == f"ApiKey {encoded('id:key')}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"login_password": "x"}, "login_user"),
        ({"api_key": "a:b", "login_user": "me", "login_password": "x"}, "mutually exclusive"),
        ({"api_key": "a:b", "api_key_env": "X"}, "mutually exclusive"),
        ({"api_key": "a:b", "aws": {"region": "eu-central-1"}}, "mutually exclusive"),
        ({"aws": {}}, "region"),
        ({"aws": {"region": "eu-central-1", "service": "s3"}}, "aoss"),
        ({"client_cert": "/etc/day2/client.pem"}, "client_key"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        validated("http://127.0.0.1:9200", **options)


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ([], {}, "url is empty"),
        (["127.0.0.1:9200"], {}, "not a usable URL"),
        (["http://127.0.0.1:9200", "ftp://127.0.0.1"], {}, "not a usable URL: ftp://127.0.0.1"),
        (["http://me:hunter2@127.0.0.1:9200"], {}, "url holds a user or password: .*; see login_user, login_password"),
        (["http://[127.0.0.1"], {}, "not a usable URL"),
        (["http://127.0.0.1:9200"], {"timeout": 0}, "timeout is 0; expected seconds, more than 0"),
        (["http://127.0.0.1:9200"], {"timeout": -1}, "timeout is -1"),
        (["http://127.0.0.1:9200"], {"timeout": "nan"}, "timeout is nan"),
        (["http://127.0.0.1:9200"], {"timeout": "inf"}, "timeout is inf"),
        (
            ["http://127.0.0.1:9200"],
            {"api_key_env": "NOT_SET_ANYWHERE"},
            "names an environment variable that is not set",
        ),
        (["http://127.0.0.1:9200"], {"login_user": "me", "aws": {"region": "r"}}, "both login_user and aws are given"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(url: list[str], options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        Client(SPEC.validate({"url": url, **options}, "test"))
    assert "hunter2" not in str(caught.value)


def test_an_address_with_a_query_is_refused_when_it_is_asked() -> None:
    with client("http://127.0.0.1:1/?pretty") as asking, pytest.raises(InputError, match="has a query or a fragment"):
        asking.ask("GET", "/")


def test_what_is_sent() -> None:
    with node() as server, client(f"{server.url}/search/") as asking:
        asking.ask("PUT", f"_snapshot/{part('a b/ä%')}", {"verify": False, "x": None, "n": 3, "wait": True}, {"a": "ä"})
        asking.ask("GET", f"{part('a*,b')}/_count")
    (method, path, headers, body), (_get, other, without, nothing) = server.asked
    assert (method, path) == ("PUT", "/search/_snapshot/a%20b%2F%C3%A4%25?verify=false&n=3&wait=true")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"a": "ä"}
    assert (other, nothing) == ("/search/a*,b/_count", b"")
    assert "Content-Type" not in without


def test_what_reads_goes_to_the_next_node() -> None:
    with node() as server, client(NOBODY, server.url, NOBODY) as asking:
        assert asking.where == NOBODY
        assert asking.ask("GET", "/") == ABOUT
        assert asking.where == server.url
        asking.ask("POST", "logs/_search")
        asking.ask("PUT", "a")
    assert server.methods == ["GET", "POST", "PUT"]


def test_what_writes_goes_to_one_node_alone() -> None:
    with node() as server:
        for method, path in (("PUT", "a"), ("DELETE", "a"), ("POST", "_snapshot/a/_verify")):
            with client(NOBODY, server.url) as asking:
                with pytest.raises(Unreachable, match=r"^no answer \(Connection refused\): http://127.0.0.1:1/"):
                    asking.ask(method, path)
                assert server.methods == []
                assert asking.ask("GET", "/") == ABOUT
                server.asked.clear()


def test_a_node_that_hangs_leaves_its_share_to_the_next() -> None:
    with node(said=None) as hangs, node() as server, client(hangs.url, server.url, timeout=3) as asking:
        started = time.monotonic()
        assert asking.ask("GET", "/") == ABOUT
        assert time.monotonic() - started < 3
        asking.ask("GET", "/")
        assert len(hangs.asked) == 1


def test_a_change_to_which_nobody_answers_is_sent_once() -> None:
    with (
        node(said=None) as hangs,
        node() as server,
        client(hangs.url, server.url, timeout=0.3) as asking,
        pytest.raises(Unreachable, match=r"no complete answer within 0.3 s"),
    ):
        asking.ask("PUT", "a")
        assert (hangs.methods, server.methods) == (["PUT"], [])
        assert asking.where == server.url


def test_a_connection_that_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as cuts, node() as server:

        def cut() -> None:
            taken, _address = cuts.accept()
            taken.recv(65536)
            taken.close()

        thread = threading.Thread(target=cut, daemon=True)
        thread.start()
        with client(f"http://127.0.0.1:{cuts.getsockname()[1]}", server.url) as asking:
            assert asking.ask("GET", "/") == ABOUT
        thread.join()


def test_nobody_answers() -> None:
    with client(NOBODY, NOBODY) as asking, pytest.raises(Unreachable) as caught:
        asking.ask("GET", "/")
    assert str(caught.value) == f"none of 2 nodes answers; the last: no answer (Connection refused): {NOBODY}/"


def test_an_error_of_a_node_is_its_answer_and_no_reason_to_ask_another() -> None:
    with (
        node(status=500, said=b'{"error": {"type": "a", "reason": "b"}}') as bad,
        node() as server,
        client(bad.url, server.url, api_key="id:hunter2") as asking,
    ):
        with pytest.raises(OpsError, match=r"status is 500 \(a: b\)") as caught:
            asking.ask("GET", "_snapshot", {"x": "y"})
        assert asking.tried("GET", "/").status == 500
    assert server.asked == []
    assert "hunter2" not in str(caught.value)
    assert encoded("id:hunter2") not in str(caught.value)


def test_a_question_may_take_less_or_longer_than_others() -> None:
    with (
        node(said=None) as hangs,
        client(hangs.url, timeout=20) as asking,
        pytest.raises(Unreachable, match=r"within 0.1 s"),
    ):
        asking.ask("GET", "/", within=0.1)


def test_what_is_too_large_is_not_read() -> None:
    with (
        node(said=b" " * (9 << 20)) as server,
        client(server.url) as asking,
        pytest.raises(TooLarge, match=r"larger than 8388608 bytes: .*; ask for less at once"),
    ):
        asking.ask("GET", "/")


def test_a_login_does_not_follow_to_another_host() -> None:
    with (
        node() as other,
        node(status=302, headers={"Location": f"{other.url}/x"}) as server,
        client(server.url, login_user="me", login_password="hunter2") as asking,
        pytest.raises(OpsError, match="redirected to another host"),
    ):
        asking.ask("GET", "/")
    assert other.asked == []


def test_what_runs_there_is_asked_once() -> None:
    with node() as server, client(server.url) as asking:
        assert asking.product.version == asking.product.version == (8, 15)
        assert len(server.asked) == 1


def test_a_key_that_no_header_can_have_does_not_show() -> None:
    with (
        node() as server,
        client(server.url, api_key="hunter2\r\nX-Other") as asking,
        pytest.raises(InputError, match="not allowed in HTTP") as caught,
    ):
        asking.ask("GET", "/")
    assert "hunter2" not in str(caught.value)
    assert server.asked == []


def test_the_scheme_is_wrong() -> None:
    with (
        node() as server,
        client(server.url.replace("http:", "https:")) as asking,
        pytest.raises((AccessDenied, Unreachable)) as caught,
    ):
        asking.ask("GET", "/")
    assert str(caught.value).isprintable()
