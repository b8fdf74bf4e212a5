# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind dns against a real name server, by itself and through the host's resolver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.name_server import NameServer, find_dnsmasq
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.datagrams import Answer, Start, stand_ins

real = pytest.mark.skipif(find_dnsmasq() is None, reason="no dnsmasq on this machine")


@pytest.fixture(scope="module")
def name_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    with NameServer(tmp_path_factory.mktemp("dnsmasq")) as server:
        yield server


def asked(server: NameServer, host: str, **options: Any) -> Outcome:
    return attempt("dns", host=host, server="127.0.0.1", port=server.port, **options)


@real
@pytest.mark.parametrize(
    ("host", "kind", "answers"),
    [
        ("both.lab.example", "A", ["10.0.0.1", "10.0.0.2"]),
        ("BOTH.lab.example.", "A", ["10.0.0.1", "10.0.0.2"]),
        ("both.lab.example", "AAAA", ["fd00::1"]),
        ("alias.lab.example", "A", ["10.0.0.1", "10.0.0.2"]),
        ("alias.lab.example", "CNAME", ["both.lab.example"]),
        ("lab.example", "MX", ["10 mail.lab.example"]),
        ("lab.example", "TXT", ["v=spf1 -all"]),
        ("_api._tcp.lab.example", "SRV", ["0 5 8443 both.lab.example"]),
        ("10.0.0.1", "PTR", ["both.lab.example"]),
        ("1.0.0.10.in-addr.arpa", "PTR", ["both.lab.example"]),
    ],
)
def test_each_type(name_server: NameServer, host: str, kind: str, answers: list[str]) -> None:
    outcome = asked(name_server, host, type=kind, max_latency=5, expected=answers, match="exact")
    assert outcome.status == "pass", outcome.reason
    assert (outcome.values["answers"], outcome.values["count"]) == (answers, len(answers))
    assert 0 < outcome.values["latency"] < 5


@real
def test_the_least_time_to_live(name_server: NameServer) -> None:
    assert asked(name_server, "both.lab.example").values["ttl"] == 120


@real
def test_an_answer_too_long_for_a_datagram(name_server: NameServer) -> None:
    outcome = asked(name_server, "many.lab.example", expected=["10.1.0.59", "10.1.0.0"])
    assert outcome.status == "pass", outcome.reason
    assert (outcome.values["count"], len(outcome.values["answers"])) == (60, 50)


@real
@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        ({"expected": ["10.0.0.2"]}, "pass", ""),
        (
            {"expected": ["10.0.0.1", "10.0.0.9"]},
            "fail",
            "answers is ['10.0.0.1', '10.0.0.2'], expected to contain '10.0.0.9'",
        ),
        ({"expected": ["10.0.0.9", "10.0.0.2"], "match": "any"}, "pass", ""),
        (
            {"expected": ["10.0.0.9", "10.0.0.8"], "match": "any"},
            "fail",
            "matched is null (none of 10.0.0.9, 10.0.0.8 is among the answers)",
        ),
        ({"expected": ["10.0.0.1"], "match": "exact"}, "fail", "unexpected is ['10.0.0.2'], expected []"),
        ({"type": "AAAA", "expected": ["FD00:0:0::0001"], "match": "exact"}, "pass", ""),
        ({"expected": ["both"]}, "unknown", "expected holds what is no IP address: both"),
    ],
)
def test_what_is_expected(name_server: NameServer, options: dict[str, Any], status: str, reason: str) -> None:
    outcome = asked(name_server, "both.lab.example", **options)
    assert (outcome.status, outcome.reason) == (status, reason)


@real
@pytest.mark.parametrize(
    ("host", "options", "status", "reason"),
    [
        ("nope.lab.example", {}, "fail", "no such name: nope.lab.example at 127.0.0.1:{port}"),
        ("six.lab.example", {}, "fail", "the name has no A record: six.lab.example at 127.0.0.1:{port}"),
        ("both.lab.example", {"type": "MX"}, "fail", "the name has no MX record: both.lab.example at 127.0.0.1:{port}"),
        ("elsewhere.test", {}, "unknown", "the name server refuses to answer us: elsewhere.test at 127.0.0.1:{port}"),
        ("a.hangs.example", {"timeout": 0.6}, "fail", "no answer within 0.6 s: a.hangs.example at 127.0.0.1:{port}"),
        ("a..b", {}, "unknown", "not a name (EmptyLabel): a..b"),
        ("x" * 70, {}, "unknown", f"not a name (LabelTooLong): {'x' * 70}"),
    ],
)
def test_no_answer_is_told_from_another(
    name_server: NameServer, host: str, options: dict[str, Any], status: str, reason: str
) -> None:
    outcome = asked(name_server, host, **options)
    assert (outcome.status, outcome.reason) == (status, reason.format(port=name_server.port))


@real
def test_a_name_server_that_hangs(tmp_path: Path) -> None:
    with NameServer(tmp_path) as server:
        server.hang()
        outcome = asked(server, "both.lab.example", timeout=0.6)
    assert (outcome.status, outcome.reason) == (
        "fail",
        f"no answer within 0.6 s: both.lab.example at 127.0.0.1:{server.port}",
    )


@pytest.fixture
def stand_in() -> Iterator[Start]:
    """Return what starts a stand-in; its port."""
    with stand_ins() as start:
        yield start


def response(request: bytes, code: int = 0, flags: int = 0) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(request))
    answer.set_rcode(dns.rcode.Rcode(code))
    answer.flags |= flags
    wire: bytes = answer.to_wire()
    return wire


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda request: response(request, 2), "the name server fails (SERVFAIL): a.example at "),
        (lambda request: response(request, 4), "the name server fails (NOTIMP): a.example at "),
        (response, "the name has no A record: a.example at "),
        (lambda request: response(request)[:20], "the answer cannot be read ("),
        (lambda _request: bytes(30), "the answer cannot be read ("),
        (lambda request: b"\0\0" + response(request)[2:], "the answer cannot be read ("),
        (lambda request: response(request, flags=dns.flags.TC), "no answer (Connection refused): a.example at "),
    ],
)
def test_a_name_server_that_fails(stand_in: Callable[[Answer], int], answer: Answer, words: str) -> None:
    outcome = attempt("dns", host="a.example", server="127.0.0.1", port=stand_in(answer), timeout=2)
    assert outcome.status == "fail"
    assert outcome.reason.startswith(words)
    assert outcome.reason.isprintable()


def test_a_lost_datagram_is_sent_again(stand_in: Callable[[Answer], int]) -> None:
    requests: list[bytes] = []

    def second(request: bytes) -> bytes:
        requests.append(request)
        return response(request, 3) if len(requests) > 1 else b""

    outcome = attempt("dns", host="a.example", server="127.0.0.1", port=stand_in(second), timeout=2)
    assert outcome.reason.startswith("no such name: a.example at ")


def test_without_dnspython(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    monkeypatch.setitem(sys.modules, "dns.query", None)
    outcome = attempt("dns", host="a.example", server="127.0.0.1")
    assert (outcome.status, outcome.missing_libraries) == ("unknown", ("dnspython",))
    assert attempt("dns", host="localhost").status == "pass"


def test_the_hosts_own_file() -> None:
    outcome = attempt("dns", host="localhost", expected=["127.0.0.1"], max_latency=5)
    assert outcome.status == "pass", outcome.reason
    assert set(outcome.values) == {"answers", "count", "latency", "matched", "unexpected"}


def test_what_is_no_name_for_the_host() -> None:
    outcome = attempt("dns", host="a..b")
    assert (outcome.status, outcome.reason.partition(";")[0]) == ("unknown", "not a name: a..b")


# Run in namespaces of its own, where port 53 is free and /etc/resolv.conf another: the C library knows no other port.
_IN_NAMESPACES = """
import json, subprocess, sys, threading
from pathlib import Path
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import Attempts, build_checks
from ansible_collections.day2.ops.tests.lab.name_server import NameServer
folder = Path(sys.argv[1])
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
(folder / "resolv.conf").write_text("nameserver 127.0.0.1\\noptions timeout:30 attempts:1\\n")
subprocess.run(["mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf"], check=True)
attempts = Attempts({})
def told(host, **options):
    (check,) = build_checks([{"name": "it", "kind": "dns", "host": host, **options}], {})
    outcome = attempts.attempt(check)
    return [outcome.status, outcome.reason, outcome.values.get("answers")]
with NameServer(folder, port=53):
    found = [told("both.lab.example"), told("both.lab.example", type="AAAA"), told("alias.lab.example")]
    absent = [told("nope.lab.example"), told("six.lab.example")]
    before = threading.active_count()
    hung = [told("a.hangs.example", timeout=0.3) for _time in range(3)]
    threads = threading.active_count() - before
gone = [told("both.lab.example")]
print(json.dumps({"found": found, "absent": absent, "hung": hung, "threads": threads, "gone": gone}))
"""


def _can_unshare() -> bool:
    unshare = shutil.which("unshare")
    if not unshare or not shutil.which("ip"):
        return False
    done = subprocess.run([unshare, "--mount", "--net", "true"], capture_output=True, check=False)
    return done.returncode == 0


@real
@pytest.mark.skipif(not _can_unshare(), reason="no namespaces for this user on this machine")
def test_through_the_hosts_resolver(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    argv = ["unshare", "--mount", "--net", sys.executable, "-c", _IN_NAMESPACES, str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    both = ["pass", "", ["10.0.0.1", "10.0.0.2"]]
    assert told["found"] == [both, ["pass", "", ["fd00::1"]], both]
    assert told["absent"] == [
        ["fail", "no such name: nope.lab.example", None],
        ["fail", "the name has no A record: six.lab.example", None],
    ]
    assert told["hung"] == [["fail", "the resolver does not answer within 0.3 s: a.hangs.example", None]] * 3
    assert told["threads"] == 1
    reason = "no name server has an answer: both.lab.example; it failed, or did not answer in time"
    assert told["gone"] == [["fail", reason, None]]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"host": "a", "type": "MX"},
        {"host": "a", "type": "SOA"},
        {"host": "a", "server": "ns.example"},
        {"host": "a", "match": "some"},
    ],
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): "):
        attempt("dns", **options)
