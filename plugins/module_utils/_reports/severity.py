# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How bad it is, in four words, and as the exit status that Nagios knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

OK, WARNING, CRITICAL, UNKNOWN = "ok", "warning", "critical", "unknown"

# https://nagios-plugins.org/doc/guidelines.html: the return codes of plugins.
EXIT_STATUS = {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}

# What could not be looked at may be critical, so it is worse than a warning.
_WORST_FIRST = (CRITICAL, UNKNOWN, WARNING, OK)

_OF_STATUS = {"passed": OK, "failed": CRITICAL, "unknown": UNKNOWN, "aborted": WARNING}


def worst(severities: Iterable[str]) -> str:
    """Return critical before unknown before warning before ok; unknown when there is none."""
    found = set(severities) or {UNKNOWN}
    return next(one for one in _WORST_FIRST if one in found)


def of_report(given_status: str | None, hosts: Iterable[Mapping[str, Any]]) -> str:
    """Return the severity of a report; where the caller says how it ended, hosts add no more than a warning."""
    found = [of_host(host) for host in hosts]
    if not given_status:
        return worst(found)
    given = _OF_STATUS[given_status]
    return WARNING if given == OK and set(found) - {OK} else given


def of_host(host: Mapping[str, Any]) -> str:
    """Return the severity of a host.

    One that passed has a warning when anything but an observation does not pass; one that did not pass is no more than
    a warning when all that does not pass are warnings (a gate that fails on warnings).
    """
    bad = {check["severity"] for check in host["checks"] if check["status"] in ("fail", "unknown")} - {"observe"}
    if host["status"] == "passed":
        return WARNING if bad else OK
    return WARNING if bad == {"warning"} else _OF_STATUS[host["status"]]
