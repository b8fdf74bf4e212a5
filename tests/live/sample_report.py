# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of twelve hosts of a shop as it looks on a bad morning; the same numbers each time.

`python -m ansible_collections.day2.ops.tests.live.sample_report FOLDER` writes a picture of it in light and in dark.
"""

from __future__ import annotations

import calendar
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._reports import model
from ansible_collections.day2.ops.plugins.module_utils._reports.forms import FORMS
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import validated
from ansible_collections.day2.ops.tests.live.browser import Browser

NOW = float(calendar.timegm((2026, 11, 24, 7, 0, 12)))
RUNS = 14
RUNBOOKS = "https://runbooks.shop.example"

# For each sort of host how many there are, and its checks: name, kind, severity, the number that is seen, its size.
HOSTS: dict[str, tuple[int, list[tuple[str, str, str, str, float]]]] = {
    "web": (
        4,
        [
            ("api ready", "http", "critical", "latency", 0.04),
            ("disk", "disk", "critical", "used_percent", 61),
            ("memory", "memory", "warning", "used_percent", 48),
            ("load", "load", "warning", "per_cpu", 0.4),
        ],
    ),
    "worker": (
        4,
        [
            ("orders queue", "queue", "critical", "ready", 40),
            ("dead letters", "queue", "warning", "dead", 0),
            ("disk", "disk", "critical", "used_percent", 55),
            ("memory", "memory", "warning", "used_percent", 62),
        ],
    ),
    "cache": (2, [("redis", "redis", "critical", "latency", 0.0006), ("disk", "disk", "critical", "used_percent", 22)]),
    "db": (
        2,
        [
            ("postgres", "postgres", "critical", "latency", 0.003),
            ("backup", "backup", "critical", "age", 22000),
            ("disk", "disk", "critical", "used_percent", 70),
        ],
    ),
}

# What is wrong this morning, and since how many runs: status, reason.
WRONG: dict[tuple[str, str], tuple[str, str, int]] = {
    ("web-3", "api ready"): ("fail", "status is 503, expected 200; json checks.redis is 'timeout', expected 'ok'", 1),
    ("worker-2", "dead letters"): ("fail", "dead is 17, expected at most 0", 3),
    ("db-2", "disk"): ("fail", "used_percent is 91.4 %, expected at most 90 %", 1),
    ("db-2", "backup"): ("unknown", "cannot read the catalog: access denied: /var/lib/day2/backups", 2),
}
FIXED = ("cache-1", "redis")


def sample() -> model.Report:
    """Return the report."""
    random = Random(7)
    names = [(f"{sort}-{number}", checks) for sort, (count, checks) in HOSTS.items() for number in range(1, count + 1)]
    history = {host: [_run(host, checks, run, random) for run in range(RUNS - 1)] for host, checks in names}
    hosts = {host: _result(host, checks, random) for host, checks in names}
    options = {"name": "daily-checks", "title": "Daily checks of shop", "hosts": hosts, "history": history}
    return model.build(validated({**options, "sections": [_todo()]}), now=NOW)


def _numbers(host: str, name: str, number: str, about: float, run: int, random: Random) -> dict[str, float]:
    grown = about + (random.gauss(0, about / 12) if about else 0)
    if (host, name) == ("db-2", "disk"):
        grown = 70 + 1.65 * run
    if (host, name) == ("worker-2", "dead letters"):
        grown = max(0, 17 - 5 * (RUNS - 1 - run)) if run >= RUNS - 3 else 0
    return {number: round(max(0.0, grown), 5)}


def _run(host: str, checks: list[Any], run: int, random: Random) -> dict[str, Any]:
    told = {}
    for name, _kind, _severity, number, about in checks:
        status, _reason, runs = WRONG.get((host, name), ("pass", "", 0))
        was = status if run >= RUNS - runs else "pass"
        if (host, name) == FIXED and run == RUNS - 2:
            was = "fail"
        told[name] = {"status": was, "seen": _numbers(host, name, number, about, run, random)}
    status = "failed" if any(check["status"] == "fail" for check in told.values()) else "passed"
    return {"at": f"2026-11-{11 + run:02d}T07:00:{10 + run % 5}Z", "status": status, "checks": told}


def _result(host: str, checks: list[Any], random: Random) -> dict[str, Any]:
    told = []
    for name, kind, severity, number, about in checks:
        status, reason, _runs = WRONG.get((host, name), ("pass", "", 0))
        seen = _numbers(host, name, number, about, RUNS - 1, random)
        runbook = f"{RUNBOOKS}/{kind}" if severity == "critical" else ""
        head = {"name": name, "kind": kind, "severity": severity, "status": status, "reason": reason}
        told.append({**head, "seen": seen, "seconds": round(random.uniform(0.002, 0.2), 3), "runbook": runbook})
    bad = [one for one in told if one["status"] != "pass"]
    lines = {one["severity"]: f"{one['severity']} {one['name']}: {one['status']}: {one['reason']}" for one in bad}
    critical = {one["status"] for one in bad if one["severity"] == "critical"}
    status = "failed" if "fail" in critical else "unknown" if critical else "passed"
    return {
        "status": status,
        "summary": f"{status}: {len(told) - len(bad)} of {len(told)} checks pass",
        "failures": [line for severity, line in lines.items() if severity == "critical"],
        "warnings_seen": [line for severity, line in lines.items() if severity == "warning"],
        "checks": told,
    }


def _todo() -> dict[str, Any]:
    grow = {"owner": "ana", "due": "2026-11-27", "command": "lvextend -r -L +50G /dev/vg0/postgres"}
    return {
        "title": "To do",
        "items": [
            {"text": "Grow the disk of db-2: 5 days are left at this rate", "status": "open", **grow},
            {"text": "Look through the dead letters of worker-2", "status": "open", "owner": "jo", "due": "2026-11-24"},
            {"text": "Restore drill of November", "status": "done", "owner": "ana", "due": "2026-11-20"},
        ],
    }


def pictures(folder: Path) -> list[Path]:
    """Write report.png and report-dark.png and return where they are."""
    written = []
    with tempfile.TemporaryDirectory(prefix="day2-picture-") as name, Browser() as browser:
        page = Path(name) / "report.html"
        page.write_text(FORMS["html"].text(sample()), encoding="utf-8")
        for scheme, file in (("light", "report.png"), ("dark", "report-dark.png")):
            browser.emulate(width=1280, height=860, prefers_color_scheme=scheme)
            browser.open(page)
            written.append(folder / file)
            written[-1].write_bytes(browser.picture())
    return written


if __name__ == "__main__":
    for path in pictures(Path(sys.argv[1])):
        print(f"{path}: {path.stat().st_size / 1000:.0f} KB")
