# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The message of a line, and its shape: without numbers, ids and addresses, so that the same thing is counted once."""

from __future__ import annotations

import re

from .._core.errors import one_line
from .._core.masking import masked
from .base import Entry
from .times import span_of

_FIELDS = ("message", "msg", "event", "error", "text")
_LONGEST = 200  # characters of a shape

_SHAPES = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), "<ip>"),
    (re.compile(r"\b(?:0x[0-9a-fA-F]+|(?=[a-f]*\d)[0-9a-f]{8,}|(?=[A-F]*\d)[0-9A-F]{8,})\b"), "<hex>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<n>"),
)


def message_of(entry: Entry) -> str:
    """Return what a line says, less its time: a field of JSON, or the text around the time."""
    for name in _FIELDS:
        value = entry.fields.get(name)
        if isinstance(value, str) and value:
            return value
    time = span_of(entry.text)
    return entry.text if time is None else f"{entry.text[: time.start()]}{entry.text[time.end() :]}".strip(" []")


def shape_of(text: str) -> str:
    """Return ``text`` without secrets and with placeholders for what differs each time, on one bounded line."""
    shape = masked(text[: 4 * _LONGEST])
    for pattern, placeholder in _SHAPES:
        shape = pattern.sub(placeholder, shape)
    return one_line(shape, _LONGEST)
