# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report as one page that needs nothing from elsewhere, in light and dark.

What does not pass and the sections are plain HTML; a script adds all other checks, filters and sorting. The page
forbids itself any request and any style or script but its own two, by their hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from . import page_data
from .model import Report, problems, rows
from .sections import cell_text, is_done, tone
from .text import web_address
from .window import steps_of, times_of

# What the page shows without its script; the script shows all.
_STATIC_PROBLEMS = 500
_STATIC_LINES = 100
_STATIC_ROWS = 1000

_OPEN_HOSTS = 20  # up to which number of them the list is unfolded

_SYMBOLS = {"pass": "✓", "fail": "✗", "unknown": "?", "warn": "!", "open": "○"}
_COLUMNS = ("status", "severity", "host", "check", "kind", "reason", "since", "history", "seconds")
_HEADS = {"since": "since (UTC)"}
_NOT_SORTED = ("history",)


def page(report: Report) -> str:
    """Return the report as HTML; every value in it is escaped."""
    found = rows(report)
    return "\n".join(
        [
            *_head(report),
            "<body>",
            '<a class="skip" href="#main">Skip to the content</a>',
            *_banner(report),
            '<main id="main">',
            *_changes(report["changes"]),
            *(_checks(report, len(found)) if found else ()),
            *_window(report["window"]),
            *(part for number, section in enumerate(report["sections"]) for part in _section(number, section)),
            *_hosts(report["hosts"]),
            "</main>",
            *_script(report, bool(found)),
            "</body></html>",
            "",
        ]
    )


@functools.lru_cache(maxsize=2)
def _part(name: str) -> str:
    """Return the page's style or script without the remark on its licence at the top."""
    text = (Path(__file__).parent / "page" / name).read_text(encoding="utf-8")
    return text.partition("*/")[2].strip() + "\n"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _head(report: Report) -> Iterator[str]:
    style = _part("page.css")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(_part('page.js'))}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
    yield f'<link rel="icon" href="data:,"><title>{escape(report["title"])}: {escape(report["status"])}</title>'
    yield f"<style>{style}</style></head>"


def _banner(report: Report) -> Iterator[str]:
    yield f"<header><h1>{escape(report['title'])}: {_mark(report['status'])}</h1>"
    yield '<button type="button" id="theme" hidden>Dark</button>'
    yield f"<p>{escape(report['summary'])}</p>"
    at = f"{_time(report['generated_at'])}, severity {escape(report['severity'])}"
    yield f'<p class="small">{at}. {_counted(report)}</p>'
    yield "</header>"


def _counted(report: Report) -> str:
    told = [
        f"{what}: " + ", ".join(f"{number} {escape(status)}" for status, number in counts.items() if number)
        for what, counts in report["counts"].items()
        if any(counts.values())
    ]
    return "; ".join(told).capitalize()


def _time(moment: str) -> str:
    return f'<time datetime="{escape(moment)}">{escape(moment.replace("T", " ").replace("Z", " UTC"))}</time>'


def _mark(status: str) -> str:
    kind = tone(status)
    symbol = f'<span aria-hidden="true">{_SYMBOLS[kind]}</span> ' if kind else ""
    return f'<span class="mark {kind}">{symbol}{escape(status)}</span>' if kind else escape(status)


def _changes(changes: Mapping[str, Any]) -> Iterator[str]:
    if not changes:
        return
    yield '<section aria-labelledby="new"><h2 id="new">What is new since the last run</h2>'
    yield f'<p class="small">The last run was {_time(changes["since"])}.</p>'
    for word, kind in (("new", "fail"), ("fixed", "pass")):
        lines = changes[word]
        if lines:
            yield f'<h3><span class="mark {kind}">{word}</span> ({len(lines)})</h3><ul>'
            yield from (f"<li>{escape(line)}</li>" for line in lines[:_STATIC_LINES])
            yield f"<li>and {len(lines) - _STATIC_LINES} more</li></ul>" if len(lines) > _STATIC_LINES else "</ul>"
    if not changes["new"] and not changes["fixed"]:
        yield "<p>Nothing.</p>"
    yield "</section>"


def _table(heads: Iterable[str], lines: Iterable[str], label: str) -> Iterator[str]:
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    yield f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table>'
    yield f"<thead><tr>{columns}</tr></thead><tbody>"
    yield from lines
    yield "</tbody></table></div>"


def _cells(values: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{value}</td>' for value in values)}</tr>"


def _checks(report: Report, total: int) -> Iterator[str]:
    """Yield the table of checks: what does not pass as plain HTML, which the script replaces by all of them."""
    found = problems(report)
    yield '<section aria-labelledby="checks"><h2 id="checks">Checks</h2>'
    yield f"<noscript><p>Below is what does not pass; with scripts allowed, all {total} checks.</p></noscript>"
    yield _CONTROLS
    heads = "".join(_head_cell(column) for column in _COLUMNS)
    yield '<div class="scroll" role="region" tabindex="0" aria-labelledby="checks"><table id="table">'
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    limit = page_data.reason_limit(len(found))
    yield from (_problem(host, check, limit) for host, check in found[:_STATIC_PROBLEMS])
    if not found:
        yield f'<tr><td colspan="{len(_COLUMNS)}">Every check passes.</td></tr>'
    elif len(found) > _STATIC_PROBLEMS:
        yield f'<tr><td colspan="{len(_COLUMNS)}">and {len(found) - _STATIC_PROBLEMS} more</td></tr>'
    yield '</tbody></table></div><p><button type="button" id="more" hidden>Show more</button></p></section>'


def _head_cell(column: str) -> str:
    head = _HEADS.get(column, column)
    shown = head if column in _NOT_SORTED else f'<button type="button" data-key="{column}">{head}</button>'
    return f'<th scope="col">{shown}</th>'


_CONTROLS = """<form id="controls" role="search" aria-label="Checks" hidden>
<label>Find <input type="search" id="find" autocomplete="off" spellcheck="false"></label>
<label>Show <select id="show"></select></label>
<label>Severity <select id="severity"></select></label>
<label>Host <select id="host"></select></label>
<button type="reset">Reset</button>
<output id="count" role="status" aria-live="polite"></output>
</form>"""


def _problem(host: str, check: Mapping[str, Any], limit: int) -> str:
    new = ' <span class="new">new</span>' if check["new"] else ""
    statuses = check["history"]["statuses"]
    course = f"passed {statuses.count('p')} of {len(statuses)} runs" if len(statuses) > 1 else ""
    return _cells(
        (
            f"{_mark(check['status'])}{new}",
            escape(check["severity"]),
            escape(host),
            escape(check["name"]),
            escape(check["kind"]),
            f"{escape(page_data.cut(check['reason'], limit))}{_link(' runbook', check['runbook'])}",
            escape(check["since"].replace("T", " ")[:16]),
            course,
            f"{check['seconds']:.3f}",
        )
    )


def _link(label: str, address: str) -> str:
    usable = web_address(address)
    return f'<a href="{escape(usable)}" rel="noopener noreferrer">{label}</a>' if usable else ""


def _window(window: Mapping[str, Any]) -> Iterator[str]:
    if not window:
        return
    yield f'<section aria-labelledby="window"><h2 id="window">Window {escape(str(window.get("id", "")))}</h2>'
    yield f"<p>{escape(str(window.get('reason', '')))}; {escape(times_of(window))}</p>"
    lines = (
        _cells((escape(name), _mark(str(step.get("status", ""))), *_times(step))) for name, step in steps_of(window)
    )
    yield from _table(("step", "status", "begun", "last noted"), lines, "Steps of the window")
    yield "</section>"


def _times(step: Mapping[str, Any]) -> tuple[str, str]:
    return escape(str(step.get("started_at", ""))), escape(str(step.get("at", "")))


def _section(number: int, section: Mapping[str, Any]) -> Iterator[str]:
    title = f"section-{number}"
    yield f'<section aria-labelledby="{title}"><h2 id="{title}">{escape(section["title"])}</h2>'
    if section["text"]:
        yield f'<p class="lines">{escape(section["text"])}</p>'
    if section["rows"]:
        yield from _table(section["columns"], _section_rows(section["rows"]), section["title"])
    if section["items"]:
        yield f'<ul class="items">{"".join(map(_item, section["items"]))}</ul>'
    yield "</section>"


def _section_rows(lines: Sequence[Sequence[Any]]) -> Iterator[str]:
    for line in lines[:_STATIC_ROWS]:
        yield _cells(_mark(cell_text(cell)) for cell in line)
    if len(lines) > _STATIC_ROWS:
        yield _cells([f"and {len(lines) - _STATIC_ROWS} more"])


def _item(item: Mapping[str, Any]) -> str:
    box = f'<input type="checkbox" disabled{" checked" if is_done(item) else ""} aria-label="{_done_word(item)}">'
    facts = [_mark(item["status"])] if item["status"] else []
    facts += [f"{key} {escape(item[key])}" for key in ("owner", "due") if item[key]]
    facts += [_link("link", item["link"])] if item["link"] else []
    told = f' <span class="small">{", ".join(facts)}</span>' if facts else ""
    command = f"<pre><code>{escape(item['command'])}</code></pre>" if item["command"] else ""
    return f"<li>{box} {escape(item['text'])}{told}{command}</li>"


def _done_word(item: Mapping[str, Any]) -> str:
    return "done" if is_done(item) else "to do"


def _hosts(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not hosts:
        return
    yield '<section aria-labelledby="hosts"><h2 id="hosts">Hosts</h2>'
    yield f"<details{' open' if len(hosts) <= _OPEN_HOSTS else ''}>"
    yield f"<summary>{len(hosts)} hosts</summary>"
    lines = (
        _cells((_mark(host["status"]), escape(name), escape(page_data.cut(host["summary"], 400))))
        for name, host in hosts.items()
    )
    yield from _table(("status", "host", "summary"), lines, "Hosts")
    yield "</details></section>"


def _script(report: Report, has_rows: bool) -> Iterator[str]:
    if has_rows:
        yield f'<script type="application/json" id="data">{page_data.embedded(report)}</script>'
    yield f"<script>{_part('page.js')}</script>"
