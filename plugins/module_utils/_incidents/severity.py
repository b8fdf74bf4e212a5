# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How bad an incident is, by what is down: the first rule of a table that fits. What is not known is not well.

The times are those that operators' guides commonly have: 15 minutes, one hour, four hours, the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import duration
from .._core.errors import InputError, one_line
from .._core.option_types import regular_expression

CONDITION = ArgSpec(
    options={
        "kinds": {"type": "list", "elements": "str"},
        "names": {"type": regular_expression},
        "severities": {"type": "list", "elements": "str"},
        "statuses": {"type": "list", "elements": "str"},
        "parts": {"type": "str", "choices": ["down", "reduced"]},
        "hosts": {"type": "str", "choices": ["unreachable"]},
        "findings": {"type": "list", "elements": "str"},
    },
    required_one_of=[("kinds", "names", "severities", "statuses", "parts", "hosts", "findings")],
)
RULE = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "respond": {"type": duration, "required": True},
        "means": {"type": "str", "default": ""},
        "when": {"type": "list", "elements": "dict", "default": []},
    }
)
_OF_CHECKS = ("kinds", "names", "severities", "statuses")
_FIELDS = {"kinds": "kind", "severities": "severity", "statuses": "status"}
# The statuses of a check that does not pass.
_BAD = ["fail", "unknown"]

DEFAULT: Sequence[Mapping[str, Any]] = (
    {
        "name": "P1",
        "respond": "15m",
        "means": "the service is down",
        "when": [{"kinds": ["http"], "severities": ["critical"], "statuses": ["fail"]}, {"parts": "down"}],
    },
    {
        "name": "P2",
        "respond": "1h",
        "means": "the service is degraded",
        "when": [{"severities": ["critical"]}, {"parts": "reduced"}, {"hosts": "unreachable"}],
    },
    {
        "name": "P3",
        "respond": "4h",
        "means": "a minor issue",
        "when": [{"severities": ["warning"], "statuses": ["fail"]}, {"findings": ["critical", "warning"]}],
    },
    {"name": "P4", "respond": "1d", "means": "low priority", "when": []},
)


@dataclass(frozen=True)
class Severity:
    """A severity that was decided. ``respond`` is in seconds; ``rank`` is 0 for the worst."""

    name: str
    respond: float
    means: str
    rank: int
    because: Sequence[str] = ()


def rules_of(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the valid rules; those of ``DEFAULT`` when none are given. :raises InputError: one is wrong."""
    rules = [RULE.validate(one, f"severities[{number}]") for number, one in enumerate(given or DEFAULT)]
    names = [one["name"] for one in rules]
    if len({*names}) < len(names):
        raise InputError("two severities have one name", on=", ".join(names))
    for rule in rules:
        rule["when"] = [CONDITION.validate(one, f"severity {rule['name']}: when") for one in rule["when"]]
    return rules


def named(rules: Sequence[Mapping[str, Any]], name: str, because: Sequence[str] = ()) -> Severity:
    """Return a severity by its name. :raises InputError: there is none of it."""
    for rank, rule in enumerate(rules):
        if rule["name"] == name:
            return Severity(name, rule["respond"], rule["means"], rank, because)
    raise InputError("no such severity", on=name, advice=f"expected one of {', '.join(one['name'] for one in rules)}")


def suggested(rules: Sequence[Mapping[str, Any]], hosts: Mapping[str, Any], findings: Sequence[Any]) -> Severity:
    """Return the severity of the first rule that fits, the last rule's when none does.

    :param hosts: what was looked at, as :func:`.._diagnose.page.diagnosis` takes it. :param findings: its own.
    """
    for rule in rules:
        because = [why for one in rule["when"] for why in _fits(one, hosts, findings)]
        if because or not rule["when"]:
            return named(rules, rule["name"], because)
    return named(rules, rules[-1]["name"])


def _fits(wanted: Mapping[str, Any], hosts: Mapping[str, Any], findings: Sequence[Any]) -> Iterator[str]:
    """Yield what fits a condition, in a few words each."""
    if any(wanted[name] is not None for name in _OF_CHECKS):
        yield from _checks(wanted, hosts)
    if wanted["parts"]:
        yield from _parts(wanted["parts"], hosts)
    if wanted["hosts"]:
        yield from (f"{name} cannot be reached" for name, host in hosts.items() if not host.get("reachable", True))
    for one in findings if wanted["findings"] else ():
        if one["severity"] in wanted["findings"]:
            yield one["what"]


def _checks(wanted: Mapping[str, Any], hosts: Mapping[str, Any]) -> Iterator[str]:
    held = {**wanted, "statuses": wanted["statuses"] or _BAD}
    for host in hosts.values():
        for check in (host.get("checks") or {}).get("checks") or []:
            fields = all(check[field] in held[name] for name, field in _FIELDS.items() if held[name] is not None)
            if fields and (not wanted["names"] or re.search(wanted["names"], check["name"])):
                yield one_line(f"{check['severity']} {check['name']}: {check['status']}: {check['reason']}", 200)


def _parts(wanted: str, hosts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of which no instance runs on any host, or of which one does not."""
    counts: dict[str, list[bool]] = {}
    for host in hosts.values():
        for one in (host.get("seen") or {}).get("parts") or []:
            counts.setdefault(one["part"], []).append(bool(one["runs"]))
    for part, runs in counts.items():
        if wanted == "down" and not any(runs):
            yield f"no instance of {part} runs"
        elif wanted == "reduced" and not all(runs):
            yield f"{sum(runs)} of {len(runs)} instances of {part} run"
