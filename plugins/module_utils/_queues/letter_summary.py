# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What dead letters have in common, counted: errors, types, ages, attempts, and a few of them as samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import one_line
from .._core.jsonpath import EACH, Step, parse
from .._core.masking import MASK, masked
from .._core.secrets import is_secret_name
from .letters import Letter

_UNKNOWN = "not known"
_OTHERS = "others"
_MOST_NAMES = 50
_TEXT = 200
_PAYLOAD_TEXT = 500
_MOST_ENTRIES = 100
_TOO_DEEP = "nested too deep to be shown"
# Upper bound in seconds -> name.
_AGES = ((60.0, "under 1 minute"), (3600.0, "under 1 hour"), (86400.0, "under 1 day"), (7 * 86400.0, "under 1 week"))
_OLDER = "1 week and more"


class Summary:
    """Counts letters that are shown to it. Its size does not grow with their number.

    :param samples: how many letters to keep as samples. :param show_payload: whether samples have the payload.
    :param mask: paths in the payload that are masked, besides what looks like a secret.
    :raises InputError: a text that is no path.
    """

    def __init__(self, samples: int, show_payload: bool = False, mask: Sequence[str] = ()) -> None:
        self.letters = 0
        self._counts: dict[str, dict[str, int]] = {"error": {}, "type": {}, "age": {}, "attempts": {}}
        self._gone: dict[str, int] = {}
        self._faults: dict[str, int] = {}
        self._samples: list[dict[str, Any]] = []
        self._most_samples = samples
        self._show_payload = show_payload
        self._mask = [parse(path) for path in mask]

    def see(self, letter: Letter, now: float) -> None:
        """Count a letter.

        :param now: seconds since the epoch.
        """
        self.letters += 1
        age = None if letter.failed_at is None else max(now - letter.failed_at, 0.0)
        _count(self._counts["error"], letter.error)
        _count(self._counts["type"], letter.type)
        _count(self._counts["age"], None if age is None else _age_name(age))
        _count(self._counts["attempts"], None if letter.attempts is None else str(letter.attempts))
        if letter.gone:
            _count(self._gone, letter.gone)
        if letter.fault:
            _count(self._faults, letter.fault)
        if len(self._samples) < self._most_samples:
            self._samples.append(self._sample(letter, age))

    def as_dict(self) -> dict[str, Any]:
        """Return the counts, the most frequent first: by_error, by_type, by_age, by_attempts, gone, unreadable."""
        counts = {f"by_{name}": _sorted(numbers) for name, numbers in self._counts.items()}
        return {**counts, "gone": _sorted(self._gone), "unreadable": _sorted(self._faults), "samples": self._samples}

    def _sample(self, letter: Letter, age: float | None) -> dict[str, Any]:
        sample: dict[str, Any] = {
            "id": one_line(letter.id, _TEXT),
            "error": None if letter.error is None else _shown(letter.error, _TEXT),
            "type": None if letter.type is None else _shown(letter.type, _TEXT),
            "age": None if age is None else round(age, 3),
            "attempts": letter.attempts,
            "gone": letter.gone,
            "unreadable": letter.fault,
            "size": None if letter.body is None else len(letter.body),
        }
        if self._show_payload:
            sample["payload"] = self._payload(letter)
        return sample

    def _payload(self, letter: Letter) -> str | None:
        """Return the payload as bounded text; only JSON is shown, as nothing can be masked in other bodies."""
        if letter.payload is None:
            return None
        payload = letter.payload
        try:
            for steps in self._mask:
                payload = _hidden(payload, steps)
            return one_line(json.dumps(_without_secrets(payload), ensure_ascii=False), _PAYLOAD_TEXT)
        except RecursionError:
            return _TOO_DEEP


def _count(counts: dict[str, int], name: str | None) -> None:
    """Add one; names beyond a bounded number are counted together."""
    known = _UNKNOWN if name is None else _shown(name, _TEXT)
    if known not in counts and len(counts) >= _MOST_NAMES:
        known = _OTHERS
    counts[known] = counts.get(known, 0) + 1


def _shown(text: str, limit: int) -> str:
    """Return others' text in one line, without what looks like a secret."""
    return one_line(masked(text[: 10 * limit]), limit)


def _hidden(value: Any, steps: Sequence[Step]) -> Any:
    """Return a copy of the value in which what the steps lead to is masked.

    Rather too much than nothing: a name in front of a list means that of each entry.
    """
    if not steps:
        return MASK
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        return {name: _hidden(one, rest) if step == EACH or str(step) == name else one for name, one in value.items()}
    if isinstance(value, list):
        return [_hidden_entry(one, steps, (number, number - len(value))) for number, one in enumerate(value)]
    return value


def _hidden_entry(entry: Any, steps: Sequence[Step], numbers: Sequence[int]) -> Any:
    """Return a copy of a list's entry, as :func:`_hidden` does.

    :param numbers: its index from the front and from the back.
    """
    step, rest = steps[0], steps[1:]
    if step == EACH or str(step) in map(str, numbers):
        return _hidden(entry, rest)
    return entry if isinstance(step, int) else _hidden(entry, steps)


def _without_secrets(value: Any) -> Any:
    """Return a copy of the value in which whatever looks like a secret is masked."""
    if isinstance(value, dict):
        return {name: MASK if is_secret_name(name) else _without_secrets(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_secrets(one) for one in value[:_MOST_ENTRIES]]
    return masked(value[:_PAYLOAD_TEXT]) if isinstance(value, str) else value


def _age_name(age: float) -> str:
    return next((name for bound, name in _AGES if age < bound), _OLDER)


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
