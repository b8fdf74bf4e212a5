# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the bytes of a line to its text and its JSON fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .base import MAX_LINE

_NOTHING: Mapping[str, Any] = {}
_INDENT = 16  # blanks before an object are few
_INNER = ("message", "msg", "log")


def text_of(line: bytes) -> str:
    """Return a line as text, cut to what is looked at. What is no UTF-8, and NUL, shows as a sign for that."""
    return line[: 4 * MAX_LINE].decode("utf-8", "replace").replace("\0", "\ufffd")[:MAX_LINE].rstrip("\r\n")


def fields_of(text: str) -> Mapping[str, Any]:
    """Return the fields of a line that is a JSON object; nothing for others.

    Shippers like to put a line that is JSON itself into ``message`` of another: the inner fields win over the outer,
    unless they are null.
    """
    outer = _object(text)
    for name in _INNER if outer else ():
        inner = _object(outer[name]) if isinstance(outer.get(name), str) else _NOTHING
        if inner:
            return {**outer, **{key: value for key, value in inner.items() if value is not None}}
    return outer


def _object(text: str) -> Mapping[str, Any]:
    if "{" not in text[:_INDENT] or text.lstrip()[0] != "{" or text.rstrip()[-1] != "}":
        return _NOTHING
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _NOTHING
    return value if isinstance(value, dict) else _NOTHING
