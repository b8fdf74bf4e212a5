# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a diagnosis has found so far, and what it comes to in the end.

What could not be looked at is told as unknown, and never taken for well.
"""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from .._core.errors import OpsError, one_line
from .._core.masking import masked
from .._core.result import Result
from .findings import CRITICAL, Finding, ranked

Seen = TypeVar("Seen")
_WHY = 300  # characters


class Found:
    """What was found so far, and what could not be looked at."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unknown: list[dict[str, str]] = []
        self.data: dict[str, Any] = {}

    def tried(self, name: str, look: Callable[[], Seen], otherwise: Seen) -> Seen:
        """Return what a source says; say why it cannot be looked at, and return another thing, where it cannot."""
        try:
            return look()
        except OpsError as error:
            self.not_known(name, str(error))
        except Exception as error:  # a fault of ours must not hide the other sources
            self.not_known(name, f"unexpected {type(error).__name__}: {error}; please report it")
        return otherwise

    def not_known(self, name: str, why: str) -> None:
        """Say of a source that it could not be looked at."""
        self.unknown.append({"source": name, "why": masked(one_line(why, _WHY))})

    def result(self) -> Result:
        """Return all of it; what was not looked at is there, and empty or None."""
        findings = ranked([one.told() for one in self.findings])
        critical = sum(one["severity"] == CRITICAL for one in findings)
        first = f"; first: {findings[0]['what']}" if findings else ""
        unknown = f", {len(self.unknown)} sources are not known" if self.unknown else ""
        lists: dict[str, Any] = {"parts": [], "disks": [], "logs": []}
        nothing: dict[str, Any] = dict.fromkeys(("processes", "memory", "connections", "ports"))
        return Result(
            msg=f"{len(findings)} findings, {critical} critical{unknown}{first}",
            data={**lists, **nothing, **self.data, "findings": findings, "unknown": self.unknown},
        )
