# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Comparing values that programs answered with values that people wrote: ``200``, ``"200"`` and ``true`` alike."""

from __future__ import annotations

import math
import re
from typing import Any, Callable


class NotComparable(Exception):
    """The value seen is of a type that the operator cannot work with; the text says which was expected."""


def as_text(value: Any) -> str:
    """Return the form in which values are compared: people write 200, "200", true and "true" alike."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _equal(seen: Any, wanted: Any) -> bool:
    if isinstance(seen, (dict, list)) or isinstance(wanted, (dict, list)):
        return bool(seen == wanted)
    return as_text(seen) == as_text(wanted) or (isinstance(seen, bool) and as_text(seen) == str(wanted).lower())


def number(value: Any) -> float:
    """Return a value as a number.

    :raises NotComparable: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise NotComparable("a number")
    try:
        found = float(value)
    except (ValueError, OverflowError) as error:  # the latter of a whole number that is larger than any float
        raise NotComparable("a number") from error
    if math.isnan(found):
        raise NotComparable("a number")
    return found


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda seen, wanted: compare(number(seen), number(wanted))


def _in(seen: Any, wanted: Any) -> bool:
    choices = wanted if isinstance(wanted, list) else [wanted]
    return any(_equal(seen, choice) for choice in choices)


def _contains(seen: Any, wanted: Any) -> bool:
    if isinstance(seen, str):
        return as_text(wanted) in seen
    if isinstance(seen, list):
        return any(_equal(inner, wanted) for inner in seen)
    if isinstance(seen, dict):
        return as_text(wanted) in seen
    raise NotComparable("text, a list or an object")


def _matches(seen: Any, wanted: Any) -> bool:
    if isinstance(seen, (dict, list)):
        raise NotComparable("text")
    return re.search(str(wanted), as_text(seen)) is not None


# Name -> what is wanted, in words, and the comparison of what is seen with what is wanted.
OPERATORS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "eq": ("", _equal),
    "ne": ("anything but", lambda seen, wanted: not _equal(seen, wanted)),
    "lt": ("below", _ordered(lambda seen, wanted: seen < wanted)),
    "le": ("at most", _ordered(lambda seen, wanted: seen <= wanted)),
    "gt": ("above", _ordered(lambda seen, wanted: seen > wanted)),
    "ge": ("at least", _ordered(lambda seen, wanted: seen >= wanted)),
    "in": ("one of", _in),
    "not_in": ("none of", lambda seen, wanted: not _in(seen, wanted)),
    "contains": ("to contain", _contains),
    "matches": ("to match", _matches),
}
