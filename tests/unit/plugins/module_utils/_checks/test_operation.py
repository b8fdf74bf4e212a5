# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to a result: what is refused before the first probe, baselines, and what the result tells."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, Attempts, build_checks, run_gate
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

Check = dict[str, Any]


def gate(*checks: Check, **options: Any) -> Result:
    """Run the operation as the module does."""
    return run_gate(SPEC.validate({"checks": list(checks), **options}, "arguments"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that takes connections; nobody has called yet."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def tcp(listener: socket.socket) -> Check:
    """A check that passes."""
    return {"name": "port", "kind": "tcp", "port": listener.getsockname()[1]}


@pytest.fixture
def closed() -> Check:
    """A check that fails: nobody listens on port 1."""
    return {"name": "closed", "kind": "tcp", "port": 1}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    return path


def size(file: Path, **more: Any) -> Check:
    return {"name": "size", "kind": "file_age", "path": str(file), **more}


FAULTS = [
    ({"name": "a", "kind": "carrier-pigeon"}, "(a): unknown kind 'carrier-pigeon'; known kinds: "),
    ({"name": "a"}, "(a): kind is missing; known kinds: "),
    ({"kind": "tcp", "port": 1}, "(without a name): missing required arguments: name"),
    ({"name": "a", "kind": "tcp"}, "(a): missing required arguments: port"),
    ({"name": "a", "kind": "tcp", "port": 1, "prot": 2}, "(a): unknown option prot; known are "),
    (
        {"name": "a", "kind": "file_age", "path": "/a", "glob": "/b"},
        "(a): parameters are mutually exclusive: path|glob",
    ),
    ({"name": "a", "kind": "tcp", "port": 1, "timeout": 0}, "(a): timeout must be above 0 seconds: 0.0"),
    ({"name": "a", "kind": "tcp", "port": 1, "timeout": "soon"}, "(a): argument 'timeout' is of type"),
    (
        {"name": "a", "kind": "tcp", "port": 1, "severity": "grave"},
        "value of severity must be one of: critical, warning",
    ),
    (
        {"name": "a", "kind": "tcp", "port": 1, "expect": [{"path": "latency", "op": "le", "value": "few"}]},
        "(a): latency is compared with 'few', a number was expected",
    ),
    (
        {"name": "a", "kind": "tcp", "port": 1, "expect": [{"path": "latency", "op": "matches", "value": "("}]},
        "(a): not a regular expression (",
    ),
    (
        {"name": "a", "kind": "tcp", "port": 1, "expect": [{"path": "a[", "value": 1}]},
        "(a): not a path into JSON: a[",
    ),
    (
        {"name": "a", "kind": "tcp", "port": 1, "baseline": [{"path": "latency", "max_increase": "few"}]},
        "(a): ",
    ),
    (
        {"name": "a", "kind": "tcp", "port": 1, "baseline": [{"max_increase": 1}]},
        "missing required arguments: path in baseline",
    ),
]


@pytest.mark.parametrize(("bad", "words"), FAULTS)
def test_a_fault_in_any_check_is_told_before_the_first_probe(
    tcp: Check, listener: socket.socket, bad: Check, words: str
) -> None:
    with pytest.raises(InputError) as refused:
        gate(tcp, bad)
    told = str(refused.value)
    assert told.startswith("checks[1] (")
    assert words in told
    assert "\n" not in told
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_names_tell_checks_apart(tcp: Check) -> None:
    with pytest.raises(InputError, match="two checks have the same name: port"):
        gate(tcp, tcp)


def test_no_check_is_no_gate() -> None:
    with pytest.raises(InputError, match="checks is empty; a gate without a check would pass whatever happens"):
        gate()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"consecutive": 0}, "consecutive is too small: 0"),
        ({"timeout": -1}, "cannot be negative"),
        ({"interval": 0}, "cannot be negative, nor interval 0"),
    ],
)
def test_impossible_rules_are_refused(tcp: Check, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        gate(tcp, **options)


def test_a_pass(tcp: Check) -> None:
    result = gate(tcp, consecutive=2)
    assert (result.failed, result.changed) == (False, False)
    assert result.data["status"] == "passed"
    assert result.msg == result.data["summary"] == "passed: 1 of 1 checks pass, 2 in a row wanted"
    assert result.data["counts"] == {"pass": 1, "fail": 0, "unknown": 0}
    (check,) = result.data["checks"]
    assert (check["name"], check["kind"], check["severity"], check["status"]) == ("port", "tcp", "critical", "pass")
    assert (check["attempts"], check["passes_in_a_row"], check["flaps"]) == (2, 2, 0)
    json.dumps(result.data)


def test_a_failure_tells_what_and_where_to_read_on(tcp: Check, closed: Check) -> None:
    result = gate(tcp, {**closed, "runbook": "https://docs.example/closed"})
    assert result.failed
    assert result.data["status"] == "failed"
    (line,) = result.data["failures"]
    assert line.startswith("critical closed: fail: ")
    assert "127.0.0.1:1" in line
    assert line.endswith("[https://docs.example/closed]")
    assert result.msg == f"failed: 1 of 2 checks pass; {line}"


def test_what_does_not_decide_is_told_and_fails_nothing(tcp: Check, closed: Check) -> None:
    checks = (tcp, {**closed, "severity": "warning"}, {**closed, "name": "seen", "severity": "observe"})
    result = gate(*checks)
    assert not result.failed
    assert result.data["failures"] == []
    assert [line.split(": ")[0] for line in result.data["warnings_seen"]] == ["warning closed", "observe seen"]
    assert gate(*checks, fail_on="warning").failed


def test_report_only_fails_nothing_and_tells_all(closed: Check) -> None:
    result = gate(closed, report_only=True)
    assert not result.failed
    assert result.data["status"] == "failed"
    assert len(result.data["failures"]) == 1


def test_a_check_that_cannot_be_made_is_unknown_not_a_pass(file: Path) -> None:
    result = gate({"name": "disk", "kind": "disk", "path": str(file.parent / "nowhere")})
    assert result.failed
    assert result.data["status"] == "unknown"


def test_waiting_ends_with_the_deadline_and_says_so(closed: Check) -> None:
    result = gate(closed, timeout=0.2, interval=0.05)
    assert result.data["status"] == "failed"
    assert result.data["checks"][0]["attempts"] > 1
    assert "waited 0." in result.data["summary"]


def test_defaults_are_for_the_checks_of_their_kind(tcp: Check, file: Path) -> None:
    defaults: dict[str, Check] = {"tcp": {"host": "127.0.0.1", "timeout": 7}, "redis": {"no such option": 1}}
    checks = build_checks([tcp, {**size(file), "timeout": 3}, {**tcp, "name": "own", "timeout": 2}], defaults)
    assert [check.timeout for check in checks] == [7, 3, 2]
    with pytest.raises(InputError, match=r"checks\[0\] \(port\): unknown option pace"):
        build_checks([tcp], {"tcp": {"pace": 1}})


def test_a_missing_library_is_named_and_hides_no_other_check(
    tcp: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    for name in ("redis", "psycopg"):
        monkeypatch.setitem(sys.modules, name, None)  # an import of it fails as if it were not installed
    result = gate(
        {"name": "cache", "kind": "redis"}, tcp, {"name": "db", "kind": "postgres", "login_password": "hidden"}
    )
    assert [check["status"] for check in result.data["checks"]] == ["unknown", "pass", "unknown"]
    assert result.data["missing_libraries"] == ["psycopg[binary]", "redis"]
    assert result.data["checks"][0]["reason"].startswith("the Python library redis is missing: ")
    assert "hidden" not in json.dumps(result.data)


def test_a_fault_of_ours_in_one_check_hides_no_other(tcp: Check) -> None:
    class Broken:
        """A kind with a fault."""

        SPEC = SPEC
        LIBRARIES: Sequence[str] = ()

        def probe(self, _options: object, _context: object) -> dict[str, Any]:
            raise KeyError("oops\nand more")

        def conditions(self, _options: object) -> list[Any]:
            return []

    (check,) = build_checks([tcp], {})
    outcome = Attempts({}).attempt(type(check)(check.name, check.options, Broken()))
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("unexpected KeyError: ")
    assert outcome.reason.endswith("please report it")
    assert "\n" not in outcome.reason


def test_no_secret_is_in_a_result() -> None:
    pytest.importorskip("redis")
    pytest.importorskip("psycopg")
    secret = {"login_host": "127.0.0.1", "login_port": 1, "login_password": "s3cret-of-all", "timeout": 1}
    result = gate(
        {"name": "cache", "kind": "redis", **secret},
        {"name": "work", "kind": "queue", "queue": "q", "queue_kind": "redis_list", **secret},
        {"name": "db", "kind": "postgres", **secret},
    )
    assert result.data["counts"] == {"pass": 0, "fail": 3, "unknown": 0}
    assert "s3cret-of-all" not in json.dumps([result.msg, result.data])


def test_no_worse_than_the_baseline(file: Path) -> None:
    rules = [{"path": "size", "max_increase": 10, "max_decrease": 5}]
    before = gate(size(file, baseline=rules)).data["baseline"]
    assert before["size"]["seen"]["size"] == 100
    file.write_bytes(b"x" * 110)
    assert not gate(size(file, baseline=rules), baseline=before).failed
    file.write_bytes(b"x" * 111)
    worse = gate(size(file, baseline=rules), baseline=before)
    assert worse.data["failures"] == ["critical size: fail: size is 111 (baseline), expected at most 110 (baseline)"]
    file.write_bytes(b"x" * 94)
    assert (
        "size is 94 (baseline), expected at least 95 (baseline)"
        in gate(size(file, baseline=rules), baseline=before).msg
    )


def test_no_worse_by_a_share_of_the_baseline(file: Path) -> None:
    rules = [{"path": "size", "max_increase_percent": 50}]
    before = gate(size(file)).data["baseline"]
    file.write_bytes(b"x" * 150)
    assert not gate(size(file, baseline=rules), baseline=before).failed
    file.write_bytes(b"x" * 151)
    assert gate(size(file, baseline=rules), baseline=before).failed


def test_a_check_that_was_not_there_before_is_held_against_its_own_expectations_only(file: Path) -> None:
    rules = [{"path": "size", "max_increase": 0}]
    assert not gate(size(file, baseline=rules), baseline={"other": {"status": "pass", "seen": {}}}).failed


def test_a_baseline_without_the_number_is_unknown(file: Path) -> None:
    recorded = {"size": {"status": "pass", "seen": {"size": None}}}
    result = gate(size(file, baseline=[{"path": "size", "max_increase": 0}]), baseline=recorded)
    assert result.data["status"] == "unknown"
    assert "the baseline has no number for size: null" in result.msg


def test_what_did_not_pass_before_is_tolerated_and_said(closed: Check, tcp: Check) -> None:
    before = gate(closed, tcp).data["baseline"]
    result = gate(closed, tcp, baseline=before)
    assert not result.failed
    assert [check["tolerated"] for check in result.data["checks"]] == [True, False]
    assert result.data["checks"][0]["status"] == "fail"
    assert result.data["summary"] == "passed: 1 of 2 checks pass, 1 no worse than in the baseline"
    assert [line.split(": ")[0] for line in result.data["warnings_seen"]] == ["critical closed"]


def test_only_what_a_kind_means_to_show_is_shown(tcp: Check) -> None:
    (check,) = gate(tcp).data["checks"]
    assert check["seen"]
    assert not [name for name in check["seen"] if name.startswith("_")]
