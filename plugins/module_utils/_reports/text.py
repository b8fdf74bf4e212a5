# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Text from elsewhere, made harmless once, before any form of a report sees it: one line, bounded, no control codes."""

from __future__ import annotations

import functools
import math
import re
from typing import Any
from urllib.parse import urlsplit

NAME_LIMIT = 200  # characters of a name, a kind, a time
TEXT_LIMIT = 1000  # of a reason or a summary
LONG_LIMIT = 8000  # of a section's text or a command

# Control codes (C0, DEL, C1), soft hyphen, zero-width and direction marks (text could be shown in another order than it
# stands), line and paragraph separators, lone surrogates, byte order marks, and what Unicode says is no character.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

# Blanks and line breaks; what str.split() would take for them among the control codes (x1c to x1f) is to be seen.
_BLANKS = re.compile(r"[ \t\r\n\v\f\x85\u00a0\u2028\u2029]+")


def _visible(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


@functools.lru_cache(maxsize=65536)
def _harmless(text: str, limit: int) -> str:
    # A value may be megabytes; only its beginning can be shown.
    folded = _HARMFUL.sub(_visible, _BLANKS.sub(" ", text[: limit * 4]).strip())
    return folded if len(folded) <= limit else folded[: limit - 3] + "..."


def harmless(text: object, limit: int = TEXT_LIMIT) -> str:
    """Return text as one line of at most ``limit`` characters in which each control code can be seen (``\\x1b``)."""
    return _harmless(str(text), limit)


def harmless_lines(text: object, limit: int = LONG_LIMIT) -> str:
    """Return text with its line breaks, of at most ``limit`` characters, in which each control code can be seen."""
    lines = (_HARMFUL.sub(_visible, line).rstrip() for line in str(text)[:limit].splitlines())
    return "\n".join(lines).strip("\n")[:limit]


def name(text: object) -> str:
    """Return a name: one short line."""
    return harmless(text, NAME_LIMIT)


def web_address(text: object) -> str:
    """Return ``text`` when it is an address that may become a link (http or https), else an empty string."""
    address = harmless(text, LONG_LIMIT)
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in address
    except ValueError:
        return ""
    return address if usable else ""


def harmless_value(value: Any) -> Any:
    """Return nested data in which each string is harmless and each number is one that JSON has."""
    if isinstance(value, dict):
        return {name(key): harmless_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [harmless_value(inner) for inner in value]
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
