# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a report of many hosts is made, how large its page is, and how soon a browser shows it."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._reports import model
from ansible_collections.day2.ops.plugins.module_utils._reports.forms import FORMS
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import operate, validated
from ansible_collections.day2.ops.tests.live.browser import Browser, program

from ..rounds import Tries
from ..rows import Row, at_most
from ..run import Run

AREA = "reports"
HOSTS, CHECKS, RUNS = 500, 40, 14
SIZE = f"{HOSTS} hosts x {CHECKS} checks, {RUNS} earlier runs"
_BAD = 0.03  # share of checks that do not pass


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of a large report."""
    options = _large()
    with run.folder() as folder:
        params = validated({"name": "large", "dir": str(folder), "formats": ["html"], **options})
        made = _timed(run, "html", lambda: operate(params, False))
        yield Row.of(
            AREA, f"page of {SIZE}, CPU", at_most(2, "s"), made.median, tries=len(made.values), spread=made.spread
        )
        page = folder / "large-latest.html"
        yield Row.of(AREA, f"page of {SIZE}, size", at_most(3, "MB"), page.stat().st_size / 1e6)
        report = model.build(params)
        for form in ("markdown", "prometheus", "junit"):
            size = len(FORMS[form].text(report).encode()) / 1e6
            yield Row.of(AREA, f"{form} of {SIZE}, size", at_most(3, "MB"), size)
        every = validated({**options, "name": "every", "dir": str(folder), "formats": list(FORMS)})
        all_forms = _timed(run, "all forms", lambda: operate(every, False))
        yield Row.of(AREA, f"all forms of {SIZE}, CPU", at_most(4, "s"), all_forms.median, tries=len(all_forms.values))
        if program():
            yield _opened(page.resolve())


def _timed(run: Run, what: str, work: Callable[[], object]) -> Tries:
    values = []
    for _try in range(2 if run.short else 5):
        before = _cpu()
        work()
        values.append(_cpu() - before)
        run.say(f"  {what}: {values[-1]:.2f} s CPU")
    return Tries(tuple(values))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _opened(page: Path) -> Row:
    """Return how long a browser takes until the page is loaded and its script has made the first rows."""
    with Browser() as browser:
        browser.open(page)
        milliseconds = browser.value("performance.getEntriesByType('navigation')[0].loadEventEnd")
        drawn = browser.value("document.querySelectorAll('#table tbody tr').length")
    return Row.of(AREA, f"page of {SIZE}, opened in a browser", at_most(3, "s"), milliseconds / 1000, rows=drawn)


def _large() -> dict[str, Any]:
    random = Random(1)
    hosts = {f"web-{number:03d}.shop.example": _result(random) for number in range(HOSTS)}
    history = {host: [_earlier(result, day, random) for day in range(RUNS)] for host, result in hosts.items()}
    return {"hosts": hosts, "history": history}


def _result(random: Random) -> dict[str, Any]:
    checks = [_check(number, random) for number in range(CHECKS)]
    lines = [f"critical {one['name']}: fail: {one['reason']}" for one in checks if one["status"] == "fail"]
    status = "failed" if lines else "passed"
    summary = f"{status}: {CHECKS - len(lines)} of {CHECKS} checks pass"
    return {"status": status, "summary": summary, "failures": lines, "warnings_seen": [], "checks": checks}


def _check(number: int, random: Random) -> dict[str, Any]:
    bad = random.random() < _BAD
    reason = f"status is 503, expected 200; json depth is {random.randrange(10**6)}, expected at most 100"
    return {
        "name": f"check {number} of the service",
        "kind": random.choice(["http", "redis", "disk", "queue"]),
        "severity": "critical",
        "status": "fail" if bad else "pass",
        "reason": reason if bad else "",
        "seen": {"latency": random.random(), "status": 503 if bad else 200, "url": "http://127.0.0.1:8080/ready"},
        "attempts": 1,
        "passes_in_a_row": 0 if bad else 1,
        "flaps": 0,
        "seconds": round(random.random(), 3),
        "runbook": f"https://runbooks.shop.example/{number}",
        "tolerated": False,
    }


def _earlier(result: dict[str, Any], day: int, random: Random) -> dict[str, Any]:
    checks = {
        check["name"]: {
            "status": "fail" if random.random() < _BAD else "pass",
            "seen": {"latency": random.random(), "status": 200},
        }
        for check in result["checks"]
    }
    return {"at": f"2026-11-{day + 1:02d}T07:00:00Z", "status": "passed", "checks": checks}
