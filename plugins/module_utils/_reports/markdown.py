# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report as Markdown (GitHub's dialect), for wikis, merge requests and chats. What is data stays data in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .model import Report, problems
from .sections import cell_text, is_done
from .text import web_address
from .window import steps_of, times_of

# Problems in the table; the page and the JSON have all.
MOST = 500

_MEANT = re.compile(r"[\\`*_\[\]|~$]|^(?:[#+=>-]|\d+(?=[.)]))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_MARKS = {"pass": "✓", "passed": "✓", "fail": "✗", "failed": "✗", "unknown": "?", "skipped": "-", "aborted": "!"}


def document(report: Report) -> str:
    """Return the report as a Markdown document."""
    parts = [
        [f"# {_text(report['title'])}: {_status(report['status'])}"],
        [f"{_text(report['summary'])}  ", f"{_text(report['generated_at'])}, severity {report['severity']}"],
        *_changes(report["changes"]),
        *_problems(report),
        *_hosts(report["hosts"]),
        *_window(report["window"]),
        *(part for section in report["sections"] for part in _section(section)),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _text(value: object) -> str:
    """Return text in which nothing means anything: no mark, no tag, no link by itself, no mention."""
    escaped = _MEANT.sub(_escaped, str(value).lstrip())
    for sign, entity in _ENTITIES.items():
        escaped = escaped.replace(sign, entity)
    return escaped.replace("://", "&#58;//").replace("www.", "www&#46;")


def _escaped(match: re.Match[str]) -> str:
    sign = match.group()
    return f"{sign}\u2060" if sign.isdigit() else f"\\{sign}"


def _status(status: str) -> str:
    mark = _MARKS.get(status)
    return f"{mark} {_text(status)}" if mark else _text(status)


def _link(label: str, address: str) -> str:
    """Return a link whose address cannot end early: in angle brackets, without what could close them."""
    safe = address.replace("\\", "%5C").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return f"[{label}](<{safe}>)"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _changes(changes: Mapping[str, Any]) -> Iterator[list[str]]:
    if not changes:
        return
    yield [f"## What is new since {_text(changes['since'])}"]
    lines = [f"- {word}: {_text(line)}" for word in ("new", "fixed") for line in changes[word][:MOST]]
    yield lines or ["Nothing."]


def _problems(report: Report) -> Iterator[list[str]]:
    found = problems(report)
    yield ["## Problems"]
    if not found:
        yield ["None of the checks failed or is unknown."]
        return
    yield _table(
        ("status", "severity", "host", "check", "reason", "since"),
        (_problem(host, check) for host, check in found[:MOST]),
    )
    if len(found) > MOST:
        yield [f"... and {len(found) - MOST} more, in the page and the JSON."]


def _problem(host: str, check: Mapping[str, Any]) -> tuple[str, ...]:
    address = web_address(check["runbook"])
    runbook = f" {_link('runbook', address)}" if address else ""
    new = " (new)" if check["new"] else ""
    return (
        f"{_status(check['status'])}{new}",
        check["severity"],
        _text(host),
        _text(check["name"]),
        f"{_text(check['reason'])}{runbook}",
        _text(check["since"]),
    )


def _hosts(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    if hosts:
        yield ["## Hosts"]
        rows = ((_text(name), _status(host["status"]), _text(host["summary"])) for name, host in hosts.items())
        yield _table(("host", "status", "summary"), rows)


def _window(window: Mapping[str, Any]) -> Iterator[list[str]]:
    if not window:
        return
    yield [f"## Window {_text(window.get('id', ''))}"]
    yield [f"{_text(window.get('reason', ''))}; {_text(times_of(window))}"]
    rows = ((_text(name), _status(str(step.get("status", ""))), *_times(step)) for name, step in steps_of(window))
    yield _table(("step", "status", "begun", "last noted"), rows)


def _times(step: Mapping[str, Any]) -> tuple[str, str]:
    return _text(step.get("started_at", "")), _text(step.get("at", ""))


def _section(section: Mapping[str, Any]) -> Iterator[list[str]]:
    yield [f"## {_text(section['title'])}"]
    if section["text"]:
        yield [f"{_text(line)}  " for line in section["text"].split("\n")]
    if section["rows"]:
        width = max(map(len, [section["columns"], *section["rows"]]))
        heads = [_text(column) for column in section["columns"]] + [" "] * (width - len(section["columns"]))
        yield _table(heads, ([_text(cell_text(cell)) for cell in row] for row in section["rows"]))
    if section["items"]:
        yield [line for item in section["items"] for line in _item(item)]


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    facts = [f"{key} {_text(item[key])}" for key in ("status", "owner", "due") if item[key]]
    facts += [_link("link", item["link"])] if item["link"] else []
    told = f" — {', '.join(facts)}" if facts else ""
    yield f"- [{'x' if is_done(item) else ' '}] {_text(item['text'])}{told}"
    if item["command"]:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", item["command"])), default=0))
        yield from (f"  {line}" for line in ("", fence, *item["command"].split("\n"), fence, ""))
