# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether a report is worth a message to people, and what the message says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.errors import InputError, one_line

WHEN = ("change", "problem", "always")
_LINES = 20  # of what was wrong, in one message
_LINE = 300  # characters


def notification(report: Mapping[str, Any], service: str, when: str) -> dict[str, Any]:
    """Return ``tell``, ``subject``, ``text``, ``problem`` and ``labels`` for a report.

    :param report: what the module ``report`` returned as ``report``.
    :param when: ``always``; ``problem``, when it did not pass; ``change``, when something is new or fixed since the run
        before. Of a first run nothing is known to have changed, so it is told when it did not pass.
    :raises InputError: another ``when``, or what is no report.
    """
    if when not in WHEN:
        raise InputError("not a time to notify", on=one_line(when, 40), advice=f"expected one of {', '.join(WHEN)}")
    if "status" not in report:
        raise InputError("the report to tell of has no status", advice="expected what the module report returned")
    problem = report["status"] != "passed"
    changes = report.get("changes")
    subject = one_line(f"{service}: {report['title']}: {report['status']}: {report['summary']}", _LINE)
    lines = list(_lines(report))
    more = [f"and {len(lines) - _LINES} lines more"] if len(lines) > _LINES else []
    return {
        "tell": when == "always" or (problem if when == "problem" or not changes else _changed(changes)),
        "subject": subject,
        "text": "\n".join([subject, *lines[:_LINES], *more]),
        "problem": problem,
        # an alert is known by its labels, so nothing that changes from run to run may be one
        "labels": {"alertname": "Day2Report", "service": service, "report": str(report["name"])},
        "status": report["status"],
    }


def _changed(changes: Mapping[str, Sequence[Any]]) -> bool:
    return bool(changes.get("new") or changes.get("fixed"))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is new and fixed, then everything that is wrong, host by host."""
    changes = report.get("changes") or {}
    for word in ("new", "fixed"):
        for entry in changes.get(word) or []:
            yield f"{word}: {_named(entry)}"
    for name, host in report.get("hosts", {}).items():
        for line in host.get("failures", []):
            yield one_line(f"{name}: {line}", _LINE)


def _named(entry: Any) -> str:
    if isinstance(entry, Mapping):
        return one_line(
            " ".join(str(entry[key]) for key in ("host", "name", "check", "reason") if entry.get(key)), _LINE
        )
    return one_line(entry, _LINE)
