# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What changed since the run before: problems that are new, and those that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .past import Past
from .text import harmless

BAD = ("fail", "unknown")
GOOD = ("pass", "passed")
_NOT_BEFORE = "not checked before"


@dataclass(frozen=True)
class Change:
    """One check (or a host as a whole, without a check) that came to another end than in the run before."""

    host: str
    what: str
    status: str
    before: str
    reason: str = ""

    @property
    def short(self) -> str:
        """Return one line without the reason."""
        was = f"was {self.before}" if self.before else _NOT_BEFORE
        return f"{': '.join(filter(None, (self.host, self.what)))}: {self.status} ({was})"

    @property
    def line(self) -> str:
        """Return one line with the reason."""
        return harmless(f"{self.short}: {self.reason}" if self.reason else self.short)


def is_new(status: str, before: str, past: Past) -> bool:
    """Tell whether a check's status is another than in the run before; one not made before is new when it is bad."""
    return before != status if before else bool(past) and status in BAD


def changes_of(hosts: Mapping[str, Mapping[str, Any]], pasts: Mapping[str, Past]) -> tuple[list[Change], list[Change]]:
    """Return the new problems and those that are fixed, in the order of hosts and checks."""
    found = [change for name, host in hosts.items() if pasts[name] for change in _of_host(name, host, pasts[name])]
    new = [change for change in found if change.status not in GOOD]
    return new, [change for change in found if change.status in GOOD]


def _of_host(name: str, host: Mapping[str, Any], past: Past) -> Iterator[Change]:
    if not host["checks"]:
        if past.last_status != host["status"]:
            yield Change(name, "", host["status"], past.last_status, host["summary"])
        return
    for check in host["checks"]:
        before = past.before(check["name"])
        if check["new"] and (check["status"] in BAD or (check["status"] == "pass" and before in BAD)):
            what = f"{check['severity']} {check['name']}"
            yield Change(name, what, check["status"], before, check["reason"])
