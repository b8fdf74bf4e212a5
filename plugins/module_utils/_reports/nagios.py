# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a plugin of Nagios tells: one line with performance data, and an exit status.

The form of both: https://nagios-plugins.org/doc/guidelines.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .severity import EXIT_STATUS, UNKNOWN, worst
from .text import harmless

_LINE = 900  # characters; NRPE passes on 1,024 bytes
_FAILURES = 5  # lines of what is wrong that are told


class Verdict:
    """Takes in the reports of a playbook and says what they come to."""

    def __init__(self) -> None:
        self._reports: list[Mapping[str, Any]] = []
        self._stats: Mapping[str, Mapping[str, int]] | None = None

    def add(self, report: Mapping[str, Any]) -> None:
        """Take in what a report told."""
        self._reports.append(report)

    def end(self, stats: Mapping[str, Mapping[str, int]]) -> None:
        """Take in how many tasks failed on each host, which says that the playbook came to its end."""
        self._stats = stats

    @property
    def severity(self) -> str:
        """Return ok, warning, critical or unknown."""
        return UNKNOWN if self._hindrance else worst(report["severity"] for report in self._reports)

    @property
    def exit_status(self) -> int:
        """Return 0 to 3."""
        return EXIT_STATUS[self.severity]

    @property
    def _hindrance(self) -> str:
        """Return why the reports cannot be believed; empty when they can.

        What failed where a report did not pass is how a playbook tells of it; where all passed, it is something else.
        """
        if self._stats is None:
            return "the playbook was broken off"
        if not self._reports:
            return "the playbook told of no report"
        failed = sorted(host for host, told in self._stats.items() if told.get("failures") or told.get("unreachable"))
        if failed and all(report["status"] == "passed" for report in self._reports):
            return f"something else than a check failed on {', '.join(failed)}"
        return ""

    @property
    def line(self) -> str:
        """Return the line for Nagios."""
        said = [self._hindrance, *(f"{report['title']}: {report['summary']}" for report in self._reports)]
        text = "; ".join(filter(None, [*said, *self._wrong()])).replace("|", "/")
        return f"DAY2 {self.severity.upper()} - {harmless(text, _LINE)}{self._figures()}"

    def _wrong(self) -> Iterator[str]:
        lines = [
            f"{name}: {line}"
            for report in self._reports
            for name, host in report["hosts"].items()
            for line in host["failures"]
        ]
        yield from (harmless(line, 160) for line in lines[:_FAILURES])
        if len(lines) > _FAILURES:
            yield f"and {len(lines) - _FAILURES} more"

    def _figures(self) -> str:
        """Return the performance data: counts by what hosts and checks came to."""
        counted: dict[str, int] = {}
        for report in self._reports:
            for what, counts in report["counts"].items():
                for status, number in counts.items():
                    counted[f"{what}_{status}"] = counted.get(f"{what}_{status}", 0) + number
        return f" | {' '.join(f'{name}={number};;;0' for name, number in counted.items())}" if counted else ""
