# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which dead letters are meant: by error, type, age, attempts, and by values inside their JSON."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.comparison import OPERATORS, NotComparable
from .._core.errors import InputError
from .._core.jsonpath import Missing, look_up
from .letters import Letter

SPEC = ArgSpec(
    options={
        "error": {"type": "str"},
        "type": {"type": "str"},
        "min_age": {"type": "float"},
        "max_age": {"type": "float"},
        "min_attempts": {"type": "int"},
        "max_attempts": {"type": "int"},
        "where": {
            "type": "list",
            "elements": "dict",
            "options": {
                "path": {"type": "str", "required": True},
                "op": {"type": "str", "default": "eq", "choices": list(OPERATORS)},
                "value": {"type": "raw", "required": True},
            },
        },
    }
)

# Option -> the letter's field that it asks for.
ASKS_FOR = {
    "error": "error",
    "type": "type",
    "min_age": "failed_at",
    "max_age": "failed_at",
    "min_attempts": "attempts",
    "max_attempts": "attempts",
}

NOT_MEANT = "filtered out"
NOT_KNOWN = "not known whether it is meant"

# Tells of a letter at a moment (seconds since the epoch) whether it is meant; None when that is not known.
Test = Callable[[Letter, float], "bool | None"]


class Filter:
    """A letter is meant when all that is given holds. What is not known does not hold."""

    def __init__(self, given: Mapping[str, Any] | None) -> None:
        """Take the option, validated by ``SPEC``.

        :raises InputError: no regular expression, no path, a value that the operator cannot use, no condition.
        """
        options = {name: value for name, value in (given or {}).items() if value is not None}
        if options.get("where") == []:
            raise InputError(
                "filter: where is empty, and would leave nothing out", advice="give conditions, or leave it out"
            )
        self._tests = [_MAKERS[name](value) for name, value in options.items() if name != "where"]
        self._tests += [_where(one) for one in options.get("where", [])]

    def __bool__(self) -> bool:
        return bool(self._tests)

    def refuses(self, letter: Letter, now: float) -> str:
        """Return why the letter is not meant, in a few words, or nothing when it is.

        :param now: seconds since the epoch.
        """
        unknown = False
        for test in self._tests:
            answer = test(letter, now)
            if answer is False:
                return NOT_MEANT
            unknown = unknown or answer is None
        if not unknown:
            return ""
        return f"{NOT_KNOWN} ({letter.fault})" if letter.fault else NOT_KNOWN


def _compiled(pattern: str, option: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InputError(f"filter: {option} is no regular expression ({error})", on=pattern) from None


def _text_test(field: str) -> Callable[[str], Test]:
    def made(pattern: str) -> Test:
        search = _compiled(pattern, field).search

        def test(letter: Letter, _now: float) -> bool | None:
            text = getattr(letter, field)
            return None if text is None else search(text) is not None

        return test

    return made


def _bound_test(measure: Callable[[Letter, float], Any], holds: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def made(bound: Any) -> Test:
        def test(letter: Letter, now: float) -> bool | None:
            value = measure(letter, now)
            return None if value is None else holds(value, bound)

        return test

    return made


def _age(letter: Letter, now: float) -> float | None:
    return None if letter.failed_at is None else now - letter.failed_at


def _attempts(letter: Letter, _now: float) -> int | None:
    return letter.attempts


_MAKERS: dict[str, Callable[[Any], Test]] = {
    "error": _text_test("error"),
    "type": _text_test("type"),
    "min_age": _bound_test(_age, operator.ge),
    "max_age": _bound_test(_age, operator.le),
    "min_attempts": _bound_test(_attempts, operator.ge),
    "max_attempts": _bound_test(_attempts, operator.le),
}


def _where(given: Mapping[str, Any]) -> Test:
    path, sign, wanted = given["path"], given["op"], given["value"]
    holds = OPERATORS[sign][1]
    _refuse_unusable(path, sign, wanted)

    def test(letter: Letter, _now: float) -> bool | None:
        values = [value for value in look_up(letter.payload, path) if not isinstance(value, Missing)]
        if not values:
            return None
        return any(_holds(holds, value, wanted) for value in values)

    return test


def _refuse_unusable(path: str, sign: str, wanted: Any) -> None:
    """Refuse now what would otherwise be found out with the first letter.

    :raises InputError: see :class:`Filter`.
    """
    look_up({}, path)
    if sign == "matches":
        _compiled(str(wanted), f"where ({path})")
    if sign == "in" and not isinstance(wanted, list):
        raise InputError(f"filter: where ({path}) in needs a list of values", on=str(wanted))


def _holds(holds: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    try:
        return holds(value, wanted)
    except NotComparable:
        return False
