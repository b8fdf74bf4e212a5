# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a review tells of lines as programs write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._logs.base import Entry
from ansible_collections.day2.ops.plugins.module_utils._logs.counting import MAX_KEYS
from ansible_collections.day2.ops.plugins.module_utils._logs.lines import fields_of
from ansible_collections.day2.ops.plugins.module_utils._logs.messages import message_of, shape_of
from ansible_collections.day2.ops.plugins.module_utils._logs.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._logs.requests import Request, request_of
from ansible_collections.day2.ops.plugins.module_utils._logs.review import Review
from ansible_collections.day2.ops.plugins.module_utils._logs.slow import DEFAULT_FIELDS

NOON = 1772366400.0  # 2026-03-01T12:00:00Z


def entry(text: str, at: float = NOON) -> Entry:
    return Entry(at, text, fields_of(text))


def told(*entries: Entry, patterns: Any = (), most: int = 10, slow_after: float = 1.0) -> dict[str, Any]:
    review = Review(patterns, most, slow_after, DEFAULT_FIELDS)
    for one in entries:
        review.add(one)
    return review.told()


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("2026-03-01 12:00:00,123 ERROR shop: order 17 of 0.5 EUR", "ERROR shop: order <n> of <n> EUR"),
        ("[2026-03-01T12:00:00Z] WARN lost 10.0.0.7:5432", "WARN lost <ip>"),
        ('{"level": "error", "msg": "job 6f1c2a8e-0d5b-4a52-9d0e-3b0a1c2d3e4f is gone"}', "job <uuid> is gone"),
        ("ERROR object 0xdeadbeef of commit 1a2b3c4d5e6f", "ERROR object <hex> of commit <hex>"),
        ("ERROR password=hunter2 for a", "ERROR password=*** for a"),
        ("ERROR defaced facade", "ERROR defaced facade"),
    ],
)
def test_shapes(line: str, shape: str) -> None:
    assert shape_of(message_of(entry(line))) == shape


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            '192.0.2.7 - ann [01/Mar/2026:12:00:00 +0000] "GET /orders/17?token=x HTTP/1.1" 403 5 "-" "curl"',
            Request(403, "192.0.2.7", "/orders/<n>"),
        ),
        ('INFO:     192.0.2.7:51234 - "POST /login HTTP/1.1" 401 Unauthorized', Request(401, "192.0.2.7", "/login")),
        ('2001:db8::7 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/2.0" 200 5', Request(200, "2001:db8::7", "/")),
        ('INFO:     [2001:db8::7]:51234 - "GET / HTTP/1.1" 200 OK', Request(200, "2001:db8::7", "/")),
        ('{"status": 403, "path": "/admin", "remote_addr": "192.0.2.7"}', Request(403, "192.0.2.7", "/admin")),
        ('{"status_code": "200", "url": "/x?y=1", "method": "GET"}', Request(200, "unknown", "/x")),
        ('{"status": "ready", "path": "/x"}', None),
        ('{"status": 7, "path": "/x"}', None),
        ("2026-03-01 12:00:00 INFO order 403 handled", None),
    ],
)
def test_requests(line: str, found: Request | None) -> None:
    assert request_of(entry(line)) == found


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ('{"duration": 2.5}', 2.5),
        ('{"duration_ms": 2500}', 2.5),
        ('{"latency": "2500ms"}', 2.5),
        ('{"elapsed": "1.5m"}', 90.0),
        ('{"duration": null, "request_time": "1.25"}', 1.25),
        ("served in request_time=1.5 status=200", 1.5),
        ("served duration_ms=1500", 1.5),
        ("took latency=1.2s", 1.2),
    ],
)
def test_slow_ones(line: str, seconds: float) -> None:
    slow = told(entry(line))["slow"]
    assert [one["seconds"] for one in slow["slowest"]] == [seconds]


@pytest.mark.parametrize("line", ['{"duration": "long"}', '{"duration": true}', '{"duration": {}}', "duration=", "x=1"])
def test_what_tells_no_time(line: str) -> None:
    assert told(entry(line))["slow"] == {"measured": 0, "count": 0, "slowest": []}


def test_the_slowest_are_kept() -> None:
    slow = told(*(entry(f'{{"duration": {number}}}') for number in range(50)), most=3)["slow"]
    assert (slow["measured"], slow["count"]) == (50, 49)
    assert [one["seconds"] for one in slow["slowest"]] == [49.0, 48.0, 47.0]


def test_levels_hours_and_messages() -> None:
    seen = told(
        entry("ERROR order 1 failed", NOON + 10),
        entry("ERROR order 2 failed", NOON + 7200),
        entry("WARNING slow", NOON),
        entry("INFO fine", NOON),
        entry("  at line 7", NOON),
    )
    assert seen["levels"] == {"debug": 0, "info": 1, "warning": 1, "error": 2, "critical": 0, "none": 1}
    assert seen["errors_per_hour"] == [
        {"hour": "2026-03-01T12:00:00Z", "count": 1},
        {"hour": "2026-03-01T14:00:00Z", "count": 1},
    ]
    assert seen["messages"][0] == {
        "level": "error",
        "message": "ERROR order <n> failed",
        "count": 2,
        "first_at": "2026-03-01T12:00:10Z",
        "last_at": "2026-03-01T14:00:00Z",
    }
    assert [one["message"] for one in seen["messages"]] == ["ERROR order <n> failed", "WARNING slow"]


def test_patterns() -> None:
    patterns = [{"name": "oom", "pattern": "Out of memory"}, {"name": "auth", "pattern": "denied", "exclude": "probe"}]
    seen = told(entry("denied password=hunter2", NOON), entry("denied probe"), patterns=patterns)["patterns"]
    assert seen[0] == {"name": "oom", "count": 0, "first_at": None, "last_at": None, "last": None}
    assert (seen[1]["count"], seen[1]["last"]) == (1, "denied password=***")


def test_denied_requests_by_client_and_path() -> None:
    line = '{} - - [01/Mar/2026:12:00:00 +0000] "GET {} HTTP/1.1" {} 5'
    lines = [("192.0.2.1", "/admin/1", 403), ("192.0.2.1", "/admin/2", 403), ("192.0.2.2", "/login", 401)]
    seen = told(*(entry(line.format(*one)) for one in [*lines, ("192.0.2.3", "/", 200)]))["http"]
    assert seen["statuses"] == {"200": 1, "401": 1, "403": 2}
    assert (seen["requests"], seen["denied_total"]) == (4, 3)
    assert [(one["client"], one["path"], one["count"]) for one in seen["denied"]] == [
        ("192.0.2.1", "/admin/<n>", 2),
        ("192.0.2.2", "/login", 1),
    ]


def letters(number: int) -> str:
    return "".join(chr(ord("g") + int(digit)) for digit in str(number))


def test_what_others_make_up_is_bounded() -> None:
    seen = told(*(entry(f"ERROR {letters(number)}") for number in range(MAX_KEYS + 7)))
    assert len(seen["messages"]) == 10
    assert seen["other_messages"] == 7
    assert seen["levels"]["error"] == MAX_KEYS + 7


def review(**params: Any) -> Result:
    return operate(SPEC.validate(params, "log_review_info"), True)


def test_a_log_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(json.dumps({"time": "2026-03-01T12:00:00Z", "level": "error", "msg": "cannot"}) + "\n")
    sources = [{"path": str(tmp_path / "nowhere")}, {"name": "app", "path": str(path), "since": "520w"}]
    result = review(sources=sources)
    assert result.failed
    assert result.data["failures"] == [f"{tmp_path}/nowhere: no such file: {tmp_path}/nowhere"]
    gone, there = result.data["sources"]
    assert (gone["status"], gone["lines"], gone["levels"], gone["http"]) == ("unknown", None, None, None)
    assert (there["status"], there["name"], there["levels"]["error"]) == ("ok", "app", 1)
    assert result.data["total"]["levels"]["error"] == 1
    assert result.data["summary"] == "1 lines of 2 logs, 1 errors, 0 denied requests, 0 slow, 1 logs could not be read"
    assert not review(sources=sources, report_only=True).failed


def test_a_bound_that_is_reached_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("2026-03-01T12:00:00Z INFO x\n" * 10_000)
    result = review(sources=[{"path": str(path), "max_bytes": 1000}], since="520w")
    assert (result.failed, result.data["status"]) == (False, "incomplete")
    assert result.warnings == [f"{path}: not all of the window was read: max_bytes of 1000 were read"]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"sources": []}, "sources is empty"),
        ({"sources": [{}]}, r"sources\[0\]: one of the following is required: path, glob, journal_unit, container"),
        ({"sources": [{"name": "a", "path": "/a", "what": 1}]}, r"sources\[0\] \(a\): unknown option what"),
        ({"sources": [{"path": "/a", "since": "soon"}]}, r"sources\[0\].*such as 26h"),
        ({"sources": [{"path": "/a"}, {"path": "/a"}]}, "the name /a is used more than once"),
        ({"sources": [{"path": "/a"}], "since": "soon"}, "since.*such as 26h"),
        ({"sources": [{"path": "/a"}], "since": "0"}, "expected more than 0"),
        ({"sources": [{"path": "/a"}], "top": 0}, "expected 1 to 100"),
        ({"sources": [{"path": "/a"}], "timeout": 0}, "timeout must be above 0"),
        ({"sources": [{"path": "/a"}], "patterns": [{"name": "p", "pattern": "("}]}, r"patterns\[0\] \(p\).*pattern"),
        ({"sources": [{"path": "/a"}], "patterns": [{"name": "p", "pattern": "a"}] * 2}, "the name p is used"),
    ],
)
def test_options_that_make_no_sense(params: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        review(**params)
