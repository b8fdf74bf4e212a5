# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sections that a caller adds to a report: text, a table, a list of things to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .text import harmless, harmless_lines, name, web_address

ITEM_OPTIONS: dict[str, dict[str, Any]] = {
    "text": {"type": "str", "required": True},
    "status": {"type": "str", "default": ""},
    "owner": {"type": "str", "default": ""},
    "due": {"type": "str", "default": ""},
    "link": {"type": "str", "default": ""},
    "command": {"type": "str", "default": ""},
}
SECTION_OPTIONS: dict[str, dict[str, Any]] = {
    "title": {"type": "str", "required": True},
    "text": {"type": "str", "default": ""},
    "columns": {"type": "list", "elements": "str", "default": []},
    "rows": {"type": "list", "elements": "list", "default": []},
    "items": {"type": "list", "elements": "dict", "options": ITEM_OPTIONS, "default": []},
}

# How a word for the state of something is marked, beside being read.
TONES = {
    **dict.fromkeys(("pass", "passed", "done", "ok", "closed", "verified"), "pass"),
    **dict.fromkeys(("fail", "failed", "refused", "critical", "overdue"), "fail"),
    "unknown": "unknown",
    **dict.fromkeys(("warning", "aborted"), "warn"),
    **dict.fromkeys(("open", "started", "undone", "due", "pending"), "open"),
}


def tone(word: object) -> str:
    """Return pass, fail, unknown, warn or open for a word that stands for a state; an empty string for any other."""
    return TONES.get(str(word).lower(), "")


def is_done(item: Mapping[str, Any]) -> bool:
    """Tell whether a thing on a list is done."""
    return tone(item["status"]) == "pass"


def sections_of(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return validated sections with harmless text; a link that is no web address becomes part of the text."""
    return [_section(section) for section in given]


def _section(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": name(given["title"]),
        "text": harmless_lines(given["text"]),
        "columns": [name(column) for column in given["columns"]],
        "rows": [[_cell(value) for value in row] for row in given["rows"]],
        "items": [_item(item) for item in given["items"]],
    }


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and value - value == 0):
        return value
    return harmless(value)


def _item(given: Mapping[str, Any]) -> dict[str, Any]:
    link = given["link"] or ""
    address = web_address(link)
    text = given["text"] if address or not link else f"{given['text']} ({link})"
    return {
        "text": harmless(text),
        **{key: name(given[key] or "") for key in ("status", "owner", "due")},
        "link": address,
        "command": harmless_lines(given["command"] or ""),
    }


def cell_text(value: Any) -> str:
    """Return a cell as people read it; null is said, never shown as 0 or nothing."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
