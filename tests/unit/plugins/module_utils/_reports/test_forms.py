# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts say does no harm in any form: tags, line breaks, control codes, marks of Markdown, and too much of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._reports import model, page_data, terminal
from ansible_collections.day2.ops.plugins.module_utils._reports.forms import FORMS
from ansible_collections.day2.ops.plugins.module_utils._reports.masking import MASK
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import validated

HOSTILE = {
    "tags": "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "lines": "one\r\ntwo\n\n# three\u2028four\u2029five\x85six",
    "codes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x00 \x08 \x7f \x9b2J",
    "turned": "safe\u202egnp.exe\u202c \u2066x\u2069 zero\u200bwidth \ufeff",
    "marks": "| a | `b` **c** [d](javascript:alert(1)) ![e](https://evil.example/x.png) www.evil.example @all ~f~ <b>",
    "labels": 'back\\slash "quote" {a="b"} 1\\n',
    "no xml": "\ufffe \uffff \ud800 \x0b & ]]> <!--",
    "long": "x" * 10_000,
    "long words": "word " * 2_000,
    "long codes": "\x1b" * 10_000,
}
HARM = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def check(text: str, **more: Any) -> dict[str, Any]:
    found = {"name": text, "kind": text, "severity": "critical", "status": "fail", "reason": text, "seconds": 0.5}
    return {**found, "runbook": text, "seen": {text: text, "n": float("nan")}, **more}


def build(**options: Any) -> model.Report:
    return model.build(validated({"name": "daily", **options}))


def hostile(text: str) -> model.Report:
    item = {"text": text, "owner": text, "due": text, "link": text, "command": text, "status": text}
    step = {"status": text, "started_at": text, "at": text}
    return build(
        title=text,
        summary=text,
        hosts={
            text: {
                "status": "failed",
                "summary": text,
                "failures": [text],
                "warnings_seen": [text],
                "checks": [check(text), check(text, status="unknown"), check(text, name="other", status="skipped")],
            },
            "none": {"msg": text},
        },
        history={text: [{"at": text, "status": "passed", "checks": {text: {"status": "pass", "seen": {"value": 1}}}}]},
        window={"id": text, "reason": text, "opened_at": text, "steps": {text: step}},
        sections=[{"title": text, "text": text, "columns": [text], "rows": [[text, None, 1.5]], "items": [item]}],
    )


@pytest.fixture(params=[*HOSTILE.values()], ids=[*HOSTILE])
def report(request: pytest.FixtureRequest) -> model.Report:
    return hostile(request.param)


def test_no_code_reaches_a_terminal_and_lines_are_bounded(report: model.Report) -> None:
    lines = terminal.lines(report)
    assert [line for line in lines if HARM.search(line) or "\n" in line or len(line) > 500] == []


@pytest.mark.parametrize("form", FORMS)
def test_no_code_reaches_a_file(report: model.Report, form: str) -> None:
    text = FORMS[form].text(report)
    assert HARM.search(text) is None
    assert text.encode("utf-8")
    assert len(text) < 250_000


def test_json_is_json_and_nan_is_null(report: model.Report) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    told = json.loads(FORMS["json"].text(report), parse_constant=refuse)
    (first, *_rest) = (host for host in told["hosts"].values() if host["checks"])
    assert first["checks"][0]["seen"]["n"] is None


def test_the_data_of_the_page_cannot_end_its_element(report: model.Report) -> None:
    data = page_data.embedded(report)
    assert not set("<>&\u2028\u2029") & set(data)
    assert len(json.loads(data)["host"]) == 4


def test_markdown_has_no_markup_of_its_data(report: model.Report) -> None:
    text = FORMS["markdown"].text(report)
    outside = re.sub(r"^( *)(`{3,})\n.*?\n *\2$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert re.search(r"<[a-zA-Z/!](?!ttps?:)", outside.replace("](<", "](")) is None
    assert re.search(r"(?<!\\)[`~]|(?<!\\)\*\*|(?<!&)\bwww\.|[^(<]https?://|@", outside) is None
    links = re.findall(r"(?<!\\)\]\(<([^>]*)>\)", outside)
    assert [link for link in links if not link.startswith(("http://", "https://"))] == []
    tables = [line for line in outside.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in tables} <= {4, 5, 7}


# What JUnit's readers know: for each element its attributes, those it must have, and what it may hold.
JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
        {"name", "tests"},
        {"testcase"},
    ),
    "testcase": ({"name", "classname", "time"}, {"name", "classname"}, {"failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set(), set()),
    "error": ({"message", "type"}, set(), set()),
    "skipped": ({"message"}, set(), set()),
}


def test_junit_has_the_shape_that_readers_know(report: model.Report) -> None:
    root = ET.fromstring(FORMS["junit"].text(report))
    assert root.tag == "testsuites"
    for element in root.iter():
        known, needed, inner = JUNIT[element.tag]
        assert set(element.attrib) <= known
        assert needed <= set(element.attrib)
        assert {child.tag for child in element} <= inner
        if element.tag == "testcase":
            assert len(element) <= 1
        if element.tag in ("testsuites", "testsuite"):
            for counted, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                assert int(element.attrib[counted]) == len(list(element.iter(tag)))


def test_junit_tells_fail_unknown_and_skipped_apart() -> None:
    root = ET.fromstring(FORMS["junit"].text(hostile("api")))
    outcomes = [(case.attrib["name"], [child.tag for child in case]) for case in root.iter("testcase")]
    assert outcomes == [
        ("api", ["failure"]),
        ("api", ["error"]),
        ("other", ["skipped"]),
        ("(the host)", ["error"]),
    ]


def samples(text: str) -> dict[str, str]:
    """Return the series of an exposition with their values, each once."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = dict(line.rsplit(" ", 1) for line in lines)
    assert len(found) == len(lines)
    return found


def test_prometheus_lines_are_whole_and_no_series_is_there_twice(report: model.Report) -> None:
    label = r'[a-z]+="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
    found = samples(FORMS["prometheus"].text(report))
    assert [series for series in found if not re.fullmatch(rf"day2_[a-z0-9_]+\{{{label}(?:,{label})*\}}", series)] == []


def test_of_two_checks_with_one_name_the_worse_is_told() -> None:
    checks = [check("a", kind="k", status=status) for status in ("pass", "unknown", "fail")]
    hosts = {"web": {"status": "failed", "summary": "", "checks": checks}}
    found = samples(FORMS["prometheus"].text(build(hosts=hosts)))
    assert found['day2_check_status{report="daily",host="web",check="a",kind="k",severity="critical"}'] == "2"
    assert found['day2_host_status{report="daily",host="web"}'] == "1"
    assert found['day2_report_severity{report="daily"}'] == "2"
    assert found['day2_report_checks{report="daily",status="skipped"}'] == "0"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here")
def test_promtool_has_nothing_against_it(report: model.Report) -> None:
    text = FORMS["prometheus"].text(report)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


SECRET = "s3cr3t-of-the-cache"


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_the_data_shows_nowhere(form: str) -> None:
    seen = {"login_password": SECRET, "token_age": 3, "deep": [{"api_key": "another-key-1"}]}
    told = check("api", reason=f"cannot log in with {SECRET}", runbook="https://docs.example/x", seen=seen)
    other = check("b", reason="cannot ask redis://:third-pass@cache:6379/0: another-key-1")
    hosts = {
        "token-1": {
            "status": "failed",
            "summary": f"failed: {SECRET}",
            "failures": [f"critical api: {SECRET}"],
            "checks": [told, other],
        }
    }
    section = {"title": "x", "items": [{"text": "log in", "command": f"redis-cli -a {SECRET}"}]}
    report = build(hosts=hosts, sections=[section], summary=SECRET)
    text = FORMS[form].text(report) + "\n".join(terminal.lines(report))
    for secret in (SECRET, "another-key-1", "third-pass"):
        assert secret not in text
    host = report["hosts"]["token-1"]  # a name that is telling hides nothing
    assert (host["status"], host["checks"][0]["severity"], host["summary"]) == ("failed", "critical", f"failed: {MASK}")
    assert host["checks"][0]["seen"]["token_age"] == 3


def test_a_short_secret_hides_where_it_stands_alone() -> None:
    seen = {"password": "a", "secret": "pass"}
    report = build(hosts={"web": {"status": "passed", "summary": "all pass", "checks": [check("api", seen=seen)]}})
    host = report["hosts"]["web"]
    assert host["summary"] == "all pass"
    assert host["checks"][0]["name"] == "api"
    assert host["checks"][0]["seen"]["password"] == MASK


def test_names_that_are_cut_alike_stay_apart() -> None:
    hosts = {f"{'h' * 300}{number}": {"status": "passed", "summary": "passed"} for number in range(3)}
    report = build(hosts=hosts)
    assert len(report["hosts"]) == 3
    assert report["summary"] == "3 of 3 hosts pass"


def test_markdown_in_full() -> None:
    hosts = {
        "web-1": {
            "status": "failed",
            "summary": "failed: 0 of 1 checks pass",
            "checks": [check("api", kind="http", reason="is 503", runbook="https://docs.example/api", seen={})],
        }
    }
    items = [
        {"text": "rotate", "status": "open", "owner": "ana", "due": "2026-12-01", "link": "https://docs.example/r"},
        {"text": "restore", "status": "done", "command": "echo '```'\nls"},
        {"text": "read", "link": "javascript:x"},
    ]
    sections = [
        {"title": "To do", "text": "one\n# two", "items": items},
        {"title": "T", "columns": ["a"], "rows": [[1, None]]},
    ]
    report = model.build(validated({"name": "daily", "hosts": hosts, "sections": sections}), now=0)
    assert FORMS["markdown"].text(report) == (
        """# daily: ✗ failed

0 of 1 hosts pass\x20\x20
1970-01-01T00:00:00Z, severity critical

## Problems

| status | severity | host | check | reason | since |
| --- | --- | --- | --- | --- | --- |
| ✗ fail | critical | web-1 | api | is 503 [runbook](<https://docs.example/api>) | 1970-01-01T00:00:00Z |

## Hosts

| host | status | summary |
| --- | --- | --- |
| web-1 | ✗ failed | failed: 0 of 1 checks pass |

## To do

one\x20\x20
\\# two\x20\x20

- [ ] rotate — status open, owner ana, due 2026-12-01, [link](<https://docs.example/r>)
- [x] restore — status done
\x20\x20
  ````
  echo '```'
  ls
  ````
\x20\x20
- [ ] read (javascript:x)

## T

| a |   |
| --- | --- |
| 1 | unknown |
"""
    )
