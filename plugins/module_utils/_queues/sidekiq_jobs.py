# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sidekiq's jobs as text: what they say, and changing some of it without touching the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# Up to Sidekiq 7 times are seconds with a fraction, from 8 on whole milliseconds.
_MILLISECONDS_FROM = 1e11
_DECODER = json.JSONDecoder()
_BLANKS = " \t\n\r"


def read(body: bytes) -> dict[str, Any] | None:
    """Return what a job says; None when it is no JSON object."""
    try:
        job = json.loads(body)
    except (ValueError, RecursionError):  # not UTF-8 is a ValueError too
        return None
    return job if isinstance(job, dict) else None


def queue_of(body: bytes) -> str | None:
    """Return the queue that a job belongs to; None when it cannot be read, or names none."""
    queue = (read(body) or {}).get("queue")
    return queue if isinstance(queue, str) else None


def in_milliseconds(job: Mapping[str, Any]) -> bool:
    """Tell whether the Sidekiq that wrote a job counts milliseconds."""
    times = (job.get(name) for name in ("created_at", "enqueued_at", "failed_at"))
    return any(isinstance(time, (int, float)) and time > _MILLISECONDS_FROM for time in times)


def changed(body: bytes, values: Mapping[str, Any]) -> bytes:
    """Return a job with these values, everything else as it was, byte for byte.

    Reading and writing the whole of it would write some numbers differently.

    :param body: an object of JSON, as :func:`read` accepts it.
    """
    text = body.decode()
    parts, done, left = [], 0, dict(values)
    for name, start, end in _members(text):
        if name in values:
            parts += [text[done:start], json.dumps(values[name])]
            done = end
            left.pop(name, None)
    text = "".join(parts) + text[done:]
    if left:
        head = text.index("{") + 1
        more = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in left.items())
        comma = "" if text[head:].lstrip(_BLANKS).startswith("}") else ","
        text = text[:head] + more + comma + text[head:]
    return text.encode()


def member(body: bytes, name: str) -> bytes | None:
    """Return the text of one value of a job, None when there is none."""
    text = body.decode()
    found = [text[start:end] for key, start, end in _members(text) if key == name]
    return found[-1].encode() if found else None


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield names of an object's own members, and where the text of their values begins and ends."""
    position = _skip(text, text.index("{") + 1)
    while text[position] != "}":
        name, position = _DECODER.raw_decode(text, position)
        start = _skip(text, _skip(text, position) + 1)
        _value, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    """Return the first position from there on that holds no blank."""
    while text[position] in _BLANKS:
        position += 1
    return position
