# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report as JUnit XML, which CI systems show: a suite a host, a case a check.

There is no official schema; this keeps to what Jenkins, GitLab and Azure read: ``testsuites`` of ``testsuite`` of
``testcase`` with at most one of ``failure``, ``error`` and ``skipped``. A check that fails is a failure, one that could
not be made an error. A host without checks has one case, so that it is not overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from .model import Report, rows_of_host

_ELEMENTS = {"fail": "failure", "unknown": "error", "skipped": "skipped"}
_PLURALS = {"fail": "failures", "unknown": "errors", "skipped": "skipped"}

# What XML 1.0 has no place for, not even as a reference (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(report: Report) -> str:
    """Return the report as one XML document."""
    suites = [(host, rows_of_host(host, result)) for host, result in report["hosts"].items()]
    every = [case for _host, cases in suites for case in cases]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f"<testsuites{_attributes(name=report['title'], **_figures(every))}>",
        *(line for host, cases in suites for line in _suite(host, cases, report["generated_at"])),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _figures(cases: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    counted = {what: str(sum(case["status"] == status for case in cases)) for status, what in _PLURALS.items()}
    return {"tests": str(len(cases)), **counted, "time": f"{sum(case['seconds'] for case in cases):.3f}"}


def _suite(host: str, cases: Sequence[Mapping[str, Any]], at: str) -> Iterator[str]:
    yield f"  <testsuite{_attributes(name=host, **_figures(cases), timestamp=at.rstrip('Z'), hostname=host)}>"
    for case in cases:
        yield from _case(host, case)
    yield "  </testsuite>"


def _case(host: str, case: Mapping[str, Any]) -> Iterator[str]:
    head = _attributes(name=case["name"], classname=f"{host}.{case['kind']}", time=f"{case['seconds']:.3f}")
    element = _ELEMENTS.get(case["status"])
    if element is None:
        yield f"    <testcase{head}/>"
        return
    told = " ".join(filter(None, (case["reason"], case["runbook"] and f"[{case['runbook']}]"))) or case["status"]
    kind = {} if element == "skipped" else {"type": case["severity"]}
    yield f"    <testcase{head}>"
    yield f"      <{element}{_attributes(message=told, **kind)}/>"
    yield "    </testcase>"


def _attributes(**given: str) -> str:
    return "".join(f" {name}={quoteattr(_NOT_XML.sub('?', value))}" for name, value in given.items())
