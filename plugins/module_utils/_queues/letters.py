# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A dead letter as everything above the brokers sees it, and how one is read whose body is JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.jsonpath import EACH, parse
from .._core.moments import moment

# How to find in a body of JSON what the broker itself does not tell; paths as ``error.type`` or ``attempts[0]``.
ITEM = ArgSpec(
    options={
        "item": {
            "type": "dict",
            "options": {
                "id": {"type": "str"},
                "error": {"type": "str"},
                "type": {"type": "str"},
                "failed_at": {"type": "str"},
                "attempts": {"type": "str"},
                "payload": {"type": "str"},
            },
        }
    }
)

# What a filter can ask of a letter beside the values in its JSON.
FIELDS = frozenset({"error", "type", "failed_at", "attempts"})

NOT_JSON = "not JSON"
# A count from which on it is none, and the longest text of one that is less.
_NO_COUNT = 2**63
_LONGEST_COUNT = 30


class _Unread:
    """Stands for a body that nobody has decoded yet."""


_UNREAD = _Unread()


@dataclass
class Letter:
    """A dead letter.

    :param id: what the broker calls it; where it has no name, a hash of its body.
    :param body: what the producer sent, None when it is gone or closed (a pickle stays closed).
    :param error: why it died, as far as known. :param type: what kind of work it is: a task's or a message's name.
    :param failed_at: when, seconds since the epoch. :param attempts: how often it was tried, as the broker counts.
    :param redrives: how often we have moved it, see ``Terms.count_redrives``.
    :param gone: why it can never succeed, in a few words that are the same for all such letters; empty when it may.
    :param fault: why it cannot be read, in a few words; it can be moved all the same.
    :param handle: the kind's own. :param decoded: the decoded JSON body, where it has been decoded already.
    :param named: False when the id is only a hash of the body.
    """

    id: str
    body: bytes | None = None
    error: str | None = None
    type: str | None = None
    failed_at: float | None = None
    attempts: int | None = None
    redrives: int = 0
    gone: str = ""
    fault: str = ""
    handle: Any = None
    decoded: Any = _UNREAD
    named: bool = True

    @property
    def digest(self) -> str:
        """Return a hash of the body for journals and archives: the first 32 hexadecimal digits of its SHA-256."""
        return digest(self.body or b"")

    @property
    def payload(self) -> Any:
        """Return the decoded JSON body; None when there is none, or it is not JSON."""
        if isinstance(self.decoded, _Unread):
            self.decoded, self.fault = _decoded(self.body, self.fault)
        return self.decoded


def digest(body: bytes) -> str:
    """Return the first 32 hexadecimal digits of the SHA-256 of ``body``."""
    return hashlib.sha256(body).hexdigest()[:32]


def _decoded(body: bytes | None, fault: str) -> tuple[Any, str]:
    if body is None:
        return None, fault
    try:
        return _loaded(body.decode()), fault
    except (ValueError, RecursionError):  # not UTF-8 is a ValueError too
        return None, fault or NOT_JSON


def _loaded(text: str) -> Any:
    """Return what ``json.loads`` does; of text with no space around it in three quarters of the time."""
    try:
        value, end = _decode(text)
    except ValueError:
        end = -1
    return value if end == len(text) else json.loads(text)


_decode = json.JSONDecoder().raw_decode


class Reader:
    """Makes letters of bodies by the option ``item`` of a queue. One that is not JSON makes a letter with a fault."""

    def __init__(self, item: Mapping[str, Any] | None) -> None:
        """Take the option as given.

        :raises InputError: a text that is no path.
        """
        given = {name: path for name, path in (item or {}).items() if path is not None}
        self._fields = [(name, _getter(path), _CONVERSIONS[name]) for name, path in given.items() if name != "payload"]
        self._payload = _getter(given["payload"]) if "payload" in given else None
        self.reads = bool(given)

    def letter(self, body: bytes, handle: Any = None) -> Letter:
        """Return the letter of a body, with what the paths lead to."""
        if not self.reads:
            return Letter(id=digest(body), body=body, handle=handle, named=False)
        decoded, fault = _decoded(body, "")
        letter = Letter(
            id="",
            body=body,
            fault=fault,
            handle=handle,
            decoded=self._payload(decoded) if self._payload else decoded,
        )
        for name, get, convert in self._fields if not fault else ():
            setattr(letter, name, convert(get(decoded)))
        if not letter.id:
            letter.id, letter.named = digest(body), False
        return letter


def _getter(path: str) -> Callable[[Any], Any]:
    steps = parse(path)
    if EACH in steps:
        raise InputError("item: a path with * leads to many values", on=path, advice="expected a path to one value")

    name = steps[0] if len(steps) == 1 and isinstance(steps[0], str) else None

    def get(value: Any) -> Any:
        if name is not None and isinstance(value, dict):  # the usual case, which is to be quick
            return value.get(name)
        for step in steps:
            try:
                value = value[str(step) if isinstance(value, dict) else step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    return get


def _text(value: Any) -> str | None:
    """Return a value as text that can be written anywhere; None for what is nested too deep."""
    if value is None:
        return None
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return None
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()  # JSON can name half a surrogate pair, and UTF-8 cannot


def _whole(value: Any) -> int | None:
    """Return a count; None for what is none, and for what nothing can have counted."""
    if isinstance(value, str) and len(value) > _LONGEST_COUNT:
        return None
    try:
        count = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return count if abs(count) < _NO_COUNT else None


def _moment(value: Any) -> float | None:
    return moment(value) if isinstance(value, (str, int, float)) else None


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "id": _text,
    "error": _text,
    "type": _text,
    "failed_at": _moment,
    "attempts": _whole,
}


def tally(values: Sequence[str | None], unknown: str = "not known") -> dict[str, int]:
    """Return how often each value occurs, the most frequent first."""
    counts: dict[str, int] = {}
    for value in values:
        name = unknown if value is None else value
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
