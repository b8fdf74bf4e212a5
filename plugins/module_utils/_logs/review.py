# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is in a log: levels, patterns, messages, requests, slow ones, errors by hour. All of it bounded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import one_line
from .._core.masking import masked
from .._core.moments import written_utc
from .base import Entry
from .counting import Counting, Seen
from .levels import LEVELS, at_least
from .messages import message_of, shape_of
from .requests import request_of
from .slow import Slow

NO_LEVEL = "none"
_HOUR = 3600
_SHOWN = 300
_DENIED = (401, 403)
_NOTABLE = at_least("warning")
_ERRORS = at_least("error")


class _Pattern:
    """Counts the lines that one of the user's patterns matches."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._name = given["name"]
        self._search = re.compile(given["pattern"]).search
        self._unwanted = re.compile(given["exclude"]).search if given.get("exclude") else None
        self._seen = Seen()
        self._last = ""

    def add(self, entry: Entry) -> None:
        if self._search(entry.text) is None or (self._unwanted and self._unwanted(entry.text)):
            return
        if self._seen.add(entry):
            self._last = entry.text

    def told(self) -> dict[str, Any]:
        last = one_line(masked(self._last), _SHOWN) if self._seen.count else None
        return {"name": self._name, **_times(self._seen), "last": last}


def _times(seen: Seen) -> dict[str, Any]:
    if not seen.count:
        return {"count": 0, "first_at": None, "last_at": None}
    return {"count": seen.count, "first_at": written_utc(seen.first), "last_at": written_utc(seen.last)}


class _Requests:
    """Counts the requests of access logs by status, and those that were denied by client and path."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._statuses: Counter[int] = Counter()
        self._denied: Counting[tuple[int, str, str]] = Counting()

    def add(self, entry: Entry) -> None:
        request = request_of(entry)
        if request is None:
            return
        self._statuses[request.status] += 1
        if request.status in _DENIED:
            self._denied.add((request.status, request.client, request.path), entry)

    def told(self) -> dict[str, Any]:
        return {
            "requests": sum(self._statuses.values()),
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
            "denied": [
                {"status": status, "client": client, "path": path, **_times(seen)}
                for (status, client, path), seen in self._denied.most_common(self._most)
            ],
            "denied_total": sum(self._statuses[status] for status in _DENIED),
        }


class Review:
    """Looks at entries one by one, and tells at the end what they were.

    :param patterns: the user's: ``name``, ``pattern``, perhaps ``exclude``. :param most: how many of a list are told.
    :param slow_after: seconds. :param duration_fields: names of what tells how long something took.
    """

    def __init__(
        self, patterns: Sequence[Mapping[str, Any]], most: int, slow_after: float, duration_fields: Sequence[str]
    ) -> None:
        self._most = most
        self._lines = 0
        self._levels: Counter[str] = Counter()
        self._hours: Counter[int] = Counter()
        self._messages: Counting[tuple[str, str]] = Counting()
        self._patterns = [_Pattern(given) for given in patterns]
        self._requests = _Requests(most)
        self._slow = Slow(duration_fields, slow_after, most)

    def add(self, entry: Entry) -> None:
        """Look at one entry."""
        self._lines += 1
        level = entry.level or NO_LEVEL
        self._levels[level] += 1
        if level in _NOTABLE:
            self._messages.add((level, shape_of(message_of(entry))), entry)
        if level in _ERRORS:
            self._hours[int(entry.time // _HOUR) * _HOUR] += 1
        for pattern in self._patterns:
            pattern.add(entry)
        self._requests.add(entry)
        self._slow.add(entry)

    def told(self) -> dict[str, Any]:
        """Return what was seen, JSON-safe."""
        return {
            "lines": self._lines,
            "levels": {level: self._levels[level] for level in (*LEVELS, NO_LEVEL)},
            "patterns": [pattern.told() for pattern in self._patterns],
            "messages": [
                {"level": level, "message": message, **_times(seen)}
                for (level, message), seen in self._messages.most_common(self._most)
            ],
            "other_messages": self._messages.others,
            "errors_per_hour": [
                {"hour": written_utc(hour), "count": count} for hour, count in sorted(self._hours.items())
            ],
            "http": self._requests.told(),
            "slow": self._slow.told(),
        }
