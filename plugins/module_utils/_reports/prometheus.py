# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report for Prometheus: a file for node_exporter's textfile collector, in the text exposition format.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format. No series has a time stamp,
as the collector refuses them; how old a report is says ``day2_report_timestamp_seconds``.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .model import Report

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]

_HOST_VALUES = {"passed": 0, "failed": 1, "unknown": 2}
_CHECK_VALUES = {"pass": 0, "fail": 1, "unknown": 2}


def exposition(report: Report) -> str:
    """Return all metrics of a report; each begins with ``day2_`` and has the label ``report``."""
    return "".join(line for family in _families(report) for line in family)


def _families(report: Report) -> Iterator[Iterator[str]]:
    name = (("report", report["name"]),)
    made = calendar.timegm(time.strptime(report["generated_at"], "%Y-%m-%dT%H:%M:%SZ"))
    yield _family("day2_report_timestamp_seconds", "When the report was made, Unix time.", [(name, made)])
    yield _family(
        "day2_report_severity",
        "How bad it is: 0 ok, 1 warning, 2 critical, 3 unknown.",
        [(name, report["exit_status"])],
    )
    for what in ("hosts", "checks"):
        counted = [((*name, ("status", status)), number) for status, number in report["counts"][what].items()]
        yield _family(f"day2_report_{what}", f"Number of {what} by what they came to.", counted)
    hosts = report["hosts"].items()
    yield _family(
        "day2_host_status",
        "What the host came to: 0 passed, 1 failed, 2 unknown.",
        [((*name, ("host", host)), _HOST_VALUES[result["status"]]) for host, result in hosts],
    )
    checks = ((host, check) for host, result in hosts for check in result["checks"])
    yield _family(
        "day2_check_status",
        "What the check came to: 0 pass, 1 fail, 2 unknown, which means that it could not be made.",
        [(_labels(name, host, check), _CHECK_VALUES[check["status"]]) for host, check in checks if _made(check)],
    )


def _made(check: Mapping[str, Any]) -> bool:
    return check["status"] in _CHECK_VALUES


def _labels(name: Labels, host: str, check: Mapping[str, Any]) -> Labels:
    told = (("host", host), ("check", check["name"]), ("kind", check["kind"]), ("severity", check["severity"]))
    return (*name, *told)


def _family(name: str, meaning: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Yield the lines of a gauge; of two samples with the same labels, which a reader would refuse, the worse stays."""
    values: dict[Labels, float] = {}
    for labels, value in samples:
        values[labels] = max(value, values.get(labels, value))
    if not values:
        return
    yield f"# HELP {name} {meaning}\n# TYPE {name} gauge\n"
    for labels, value in values.items():
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        yield f"{name}{{{shown}}} {value:.10g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
