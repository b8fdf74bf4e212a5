# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report for a terminal: a line a host, then what is wrong with where to read on, then what is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .model import PASSED, Report

# Beyond this number of hosts only those with a problem have a line.
MANY_HOSTS = 50

# Lines of one sort on a screen; all are in the report's files.
MANY_LINES = 200

_LINE = 500  # characters
_WIDTH = 40  # to which names of hosts are padded


def lines(report: Report) -> list[str]:
    """Return the lines; each is bounded, and control codes in what hosts said can do no harm."""
    told = [f"{report['title']}: {report['status']}: {report['summary']}"]
    told += [f"  {line}" for line in _bounded(_hosts(report["hosts"]))]
    told += [f"  {line}" for line in _bounded(_wrong(report["hosts"]))]
    told += [f"  {line}" for line in _todo(report["sections"])]
    told += list(_changes(report["changes"]))
    return [_cut(line) for line in told]


def _cut(line: str) -> str:
    """Return the line cut to its bound; where to read on, in brackets at its end, is kept."""
    if len(line) <= _LINE:
        return line
    _reason, opening, runbook = line.rpartition(" [")
    end = f" [{runbook}" if opening and runbook.endswith("]") and len(runbook) < _LINE // 2 else ""
    return f"{line[: _LINE - 3 - len(end)]}...{end}"


def _bounded(found: Iterator[str]) -> Iterator[str]:
    told = list(found)
    yield from told[:MANY_LINES]
    if len(told) > MANY_LINES:
        yield f"... and {len(told) - MANY_LINES} more lines in the report's files"


def _hosts(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    some = len(hosts) <= MANY_HOSTS
    shown = {name: host for name, host in hosts.items() if some or host["status"] != PASSED or host["warnings"]}
    width = min(_WIDTH, max((len(name) for name in shown), default=0))
    for name, host in shown.items():
        yield f"{name.ljust(width)}  {host['summary']}"
    if len(shown) < len(hosts):
        yield f"{len(hosts) - len(shown)} more hosts pass without a warning"


def _wrong(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, host in hosts.items():
        for line in [*host["failures"], *host["warnings"]]:
            yield f"{name}: {line}"


def _todo(sections: list[dict[str, Any]]) -> Iterator[str]:
    for section in sections:
        parts = [f"{len(section[key])} {word}" for key, word in (("items", "items"), ("rows", "rows")) if section[key]]
        if parts:
            yield f"{section['title']}: {', '.join(parts)}"


def _changes(changes: Mapping[str, Any]) -> Iterator[str]:
    if not changes:
        return
    for word in ("new", "fixed"):
        if changes[word]:
            yield f"{word} since {changes['since']}:"
            yield from (f"  {line}" for line in _bounded(iter(changes[word])))
