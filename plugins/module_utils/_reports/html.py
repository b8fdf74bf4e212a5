# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report as one self-contained page, light and dark, without script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .model import Report

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --pass: #1a7f37; --fail: #cf222e; --unknown: #9a6700; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.pass, .passed, .done { color: var(--pass); } .fail, .failed, .refused { color: var(--fail); font-weight: 600; }
.unknown, .started, .undone { color: var(--unknown); font-weight: 600; }
@media (prefers-color-scheme: dark) { :root { --pass: #3fb950; --fail: #ff7b72; --unknown: #d29922; } }
@media print { body { margin: 0; max-width: none; } }
"""


def page(report: Report) -> str:
    """Return the report as HTML; every value in it is escaped."""
    title = escape(report["title"])
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}: {escape(report['status'])}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}: {_mark(report['status'])}</h1>",
        f"<p>{escape(report['summary'])}<br><small>{escape(report['generated_at'])}</small></p>",
        *_window(report["window"]),
        *(part for name, host in report["hosts"].items() for part in _host(name, host)),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _mark(status: str) -> str:
    return f'<span class="{escape(status)}">{escape(status)}</span>'


def _table(heads: Iterable[str], rows: Iterable[str]) -> Iterable[str]:
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    yield f"<table><thead><tr>{columns}</tr></thead><tbody>"
    yield from rows
    yield "</tbody></table>"


def _window(window: Mapping[str, Any]) -> Iterable[str]:
    if not window:
        return
    yield f"<h2>Window {escape(window['id'])}</h2>"
    times = f"opened {window['opened_at']}" + (f", closed {window['closed_at']}" if window.get("closed_at") else "")
    yield f"<p>{escape(window['reason'])}; {escape(times)}</p>"
    rows = (
        f"<tr><td>{escape(name)}</td><td>{_mark(step['status'])}</td><td>{escape(step['started_at'])}</td>"
        f"<td>{escape(step['at'])}</td></tr>"
        for name, step in sorted(window["steps"].items(), key=lambda item: str(item[1]["started_at"]))
    )
    yield from _table(("step", "status", "begun", "last noted"), rows)


def _host(name: str, host: Mapping[str, Any]) -> Iterable[str]:
    yield f"<h2>{escape(name)}: {_mark(host['status'])}</h2><p>{escape(host['summary'])}</p>"
    if host["checks"]:
        yield from _table(("check", "kind", "severity", "status", "reason", "seconds"), map(_check, host["checks"]))


def _check(check: Mapping[str, Any]) -> str:
    runbook = f' <a href="{escape(check["runbook"])}">runbook</a>' if check["runbook"].startswith("http") else ""
    return (
        f"<tr><td>{escape(check['name'])}</td><td>{escape(check['kind'])}</td><td>{escape(check['severity'])}</td>"
        f"<td>{_mark(check['status'])}</td><td>{escape(check['reason'])}{runbook}</td>"
        f'<td class="number">{check["seconds"]:.3f}</td></tr>'
    )
