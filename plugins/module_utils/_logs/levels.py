# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How bad a line is, as the many ways of logging say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")

_WORDS = {
    "debug": ("trace", "debug", "dbg", "finest", "finer", "fine", "verbose"),
    "info": ("info", "inf", "information", "notice", "log"),
    "warning": ("warn", "warning", "wrn"),
    "error": ("error", "err", "severe"),
    "critical": ("critical", "crit", "fatal", "ftl", "panic", "emerg", "emergency", "alert"),
}
_LEVEL_OF = {word: level for level, words in _WORDS.items() for word in words}
# The numbers that bunyan and pino write.
_OF_NUMBER = {10: "debug", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "critical"}
# Priorities of syslog (RFC 5424), from emergency to debug.
OF_PRIORITY = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
_FIELDS = ("level", "levelname", "severity", "log.level", "lvl", "loglevel", "severity_text")

_LOOKED_AT = 200  # characters at the beginning of a line in which its level is looked for
# Looked for in this order: level=error, a word in capitals, one in brackets as web servers have it, the letter of klog.
_NAMED = re.compile(r"\b(?:level|lvl|severity)[=:][\"']?([A-Za-z]+)")
_CAPITALS = re.compile(r"(?<![\w/.-])[A-Z]{3,11}(?![\w/])")
_BRACKETED = re.compile(r"\[(?:\w+:)?(debug|info|notice|warn|warning|error|crit|alert|emerg)\]")
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:")
_OF_LETTER = {"I": "info", "W": "warning", "E": "error", "F": "critical"}


def level_of(text: str, fields: Mapping[str, Any]) -> str | None:
    """Return the level that a line tells: its JSON fields, or the first word in its beginning that is one."""
    for name in _FIELDS:
        level = _named(fields.get(name))
        if level:
            return level
    if fields:
        return None  # a word somewhere in JSON is not its level
    beginning = text[:_LOOKED_AT]
    return _said(beginning) or _shouted(beginning) or _marked(beginning)


def _said(text: str) -> str | None:
    found = _NAMED.search(text) if "l=" in text or "l:" in text or "y=" in text or "y:" in text else None
    return _named(found[1]) if found else None


def _shouted(text: str) -> str | None:
    """Return the level of the first word in capitals that is one; ``LOG`` only with a colon, as Postgres has it."""
    for found in _CAPITALS.finditer(text):
        level = _LEVEL_OF.get(found[0].lower())
        if level and (found[0] != "LOG" or text[found.end() : found.end() + 1] == ":"):
            return level
    return None


def _marked(text: str) -> str | None:
    bracketed = _BRACKETED.search(text) if "[" in text else None
    if bracketed:
        return _named(bracketed[1])
    letter = _KLOG.match(text)
    return _OF_LETTER[letter[1]] if letter else None


def _named(value: object) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _OF_NUMBER.get(int(value))
    return _LEVEL_OF.get(value.strip().lower()) if isinstance(value, str) else None


def at_least(level: str) -> frozenset[str]:
    """Return ``level`` and those that are worse."""
    return frozenset(LEVELS[LEVELS.index(level) :])
