# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times, levels and fields of lines as real programs write them."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

import pytest
from ansible_collections.day2.ops.plugins.module_utils._logs.levels import level_of
from ansible_collections.day2.ops.plugins.module_utils._logs.lines import fields_of, text_of
from ansible_collections.day2.ops.plugins.module_utils._logs.times import time_of

UTC_NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc).timestamp()
LOCAL_NOON = datetime(2026, 3, 1, 12, 0, 0).timestamp()


@pytest.mark.parametrize(
    ("line", "level", "written"),
    [
        ("2026-03-01T12:00:00Z ERROR cannot", "error", UTC_NOON),
        ("2026-03-01T13:00:00.000+01:00 [INFO] ready", "info", UTC_NOON),
        ("2026-03-01 12:00:00,000 WARNING shop: slow", "warning", LOCAL_NOON),
        ("2026-03-01 12:00:00.000 UTC [71] LOG:  checkpoint", "info", UTC_NOON),
        ("2026-03-01 12:00:00.000 UTC [71] FATAL:  no role", "critical", UTC_NOON),
        ("2026/03/01 12:00:00 [error] 7#7: *1 connect() failed", "error", LOCAL_NOON),
        ("2026/03/01 12:00:00 main.go:7: done", None, LOCAL_NOON),
        ("[Sun Mar 01 12:00:00.000000 2026] [core:error] [pid 1] cannot", "error", LOCAL_NOON),
        ("7:M 01 Mar 2026 12:00:00.000 * Ready to accept connections", None, LOCAL_NOON),
        ('1.2.3.4 - ann [01/Mar/2026:13:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "ERROR/1"', None, UTC_NOON),
        ("time=2026-03-01T12:00:00Z level=warn msg=x", "warning", UTC_NOON),
        ("[1772366400.000] it begins", None, UTC_NOON),
        ('{"level": "error", "ts": 1772366400.0}', "error", UTC_NOON),
        ('{"level": 50, "time": 1772366400000, "msg": "x"}', "error", UTC_NOON),
        ('{"@timestamp": "2026-03-01T12:00:00.000Z", "log.level": "WARN"}', "warning", UTC_NOON),
        ('{"asctime": "2026-03-01 12:00:00,000", "levelname": "CRITICAL"}', "critical", LOCAL_NOON),
        ('{"time": null, "timestamp": "2026-03-01T12:00:00Z", "message": "ERROR in text"}', None, UTC_NOON),
        ("    at Shop.order(Shop.java:7)", None, None),
        ('INFO:     1.2.3.4:5 - "GET / HTTP/1.1" 200 OK', "info", None),
        ("no ERRORS, no terror, path/ERROR.log", None, None),
        ("32nd: 2026-02-32T12:00:00Z", None, None),
    ],
)
def test_a_line(line: str, level: str | None, written: float | None) -> None:
    fields = fields_of(line)
    assert (level_of(line, fields), time_of(line, fields)) == (level, written)


def test_syslog_has_no_year() -> None:
    now = time.time()
    line = time.strftime("%b %e %H:%M:%S", time.localtime(now)) + " host sshd[7]: Failed password for root"
    found = time_of(line, {})
    assert found is not None
    assert found == pytest.approx(now, abs=2)
    in_two_days = time.strftime("%b %e %H:%M:%S", time.localtime(now + 2 * 86400)) + " host x"
    of_last_year = time_of(in_two_days, {})
    assert of_last_year is not None
    assert of_last_year < now - 300 * 86400


def test_klog_has_no_year_either() -> None:
    line = time.strftime("E%m%d %H:%M:%S.000000       1 controller.go:7] cannot")
    assert time_of(line, {}) == pytest.approx(time.time(), abs=2)
    assert level_of(line, {}) == "error"


def test_json_inside_of_a_message() -> None:
    inner = json.dumps({"level": "ERROR", "event": "x"})
    line = json.dumps({"@timestamp": "2026-03-01T12:00:00Z", "level": None, "message": inner})
    fields = fields_of(line)
    assert fields["event"] == "x"
    assert (level_of(line, fields), time_of(line, fields)) == ("error", UTC_NOON)


@pytest.mark.parametrize("line", ["{", "{}", '{"a": }', "{" * 100_000 + "}", '{"level": {"a": 1}, "time": [1]}', "[1]"])
def test_what_only_looks_like_json(line: str) -> None:
    fields = fields_of(line)
    assert (level_of(line, fields), time_of(line, fields)) == (None, None)


def test_bytes_that_are_no_text() -> None:
    assert text_of(b"\0\xff\x1b[31mred\r") == "\ufffd\ufffd\x1b[31mred"
    assert len(text_of(b"x" * 10_000_000)) == 8192
