# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Values that cost a question of their own: asked for only when an option wants them, each seen or not by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Generic, TypeVar

from .._core.argspec import ArgSpec
from .._core.errors import OpsError, Unreachable, one_line
from .._core.jsonpath import Missing, parse
from .base import Condition, Options, Values
from .limits import Limit, limit_conditions

Source = TypeVar("Source")

# Entries of a list that is shown to people.
TOP = 20
# Options whose entries have a path into the values.
_WITH_PATHS = ("expect", "baseline", "progress")


class Unseen(Missing):
    """Stands for a value that could not be looked at; the text says why and what to do about it."""

    def __repr__(self) -> str:
        return self.at


@dataclass(frozen=True)
class Fact(Generic[Source]):
    """Values that come from one question.

    :param names: of the values that ``read`` returns, all of them each time.
    :param read: asks ``Source`` and returns JSON-safe values. Raises ``Unreachable`` when the thing is at fault, any
        other ``OpsError`` when only these values cannot be seen.
    :param limits: thresholds on the values; each path is one of the names.
    """

    names: tuple[str, ...]
    read: Callable[[Source, Options], Values]
    limits: tuple[Limit, ...] = ()

    def is_wanted(self, options: Options) -> bool:
        """Tell whether a threshold, ``details`` or a path of ``expect`` and its like asks for one of the values."""
        asked = {*options["details"], *_named_in_paths(options)}
        return bool(asked & set(self.names)) or any(options.get(limit.option) is not None for limit in self.limits)


def details_spec(*names: str) -> ArgSpec:
    """Return the option ``details``, which asks for lists to show."""
    return ArgSpec(options={"details": {"type": "list", "elements": "str", "choices": list(names), "default": []}})


def limits_of(facts: Iterable[Fact[Any]]) -> tuple[Limit, ...]:
    """Return the thresholds of all ``facts``."""
    return tuple(limit for fact in facts for limit in fact.limits)


def read_facts(facts: Sequence[Fact[Source]], source: Source, options: Options) -> Values:
    """Return the values of the facts wanted, and ``unseen``: value -> why it is null.

    For conditions each value is there a second time under ``_name``, where :class:`Unseen` stands for one not seen.

    :raises Unreachable: the thing is at fault.
    """
    values: Values = {}
    unseen: dict[str, str] = {}
    for fact in facts:
        if fact.is_wanted(options):
            values.update(_read(fact, source, options, unseen))
    twins = {f"_{name}": Unseen(unseen[name]) if name in unseen else value for name, value in values.items()}
    return {**values, **twins, "unseen": unseen}


def fact_conditions(facts: Iterable[Fact[Any]], options: Options) -> list[Condition]:
    """Return the conditions of the thresholds given, on what :func:`read_facts` returns."""
    return limit_conditions((replace(limit, path=f"_{limit.path}") for limit in limits_of(facts)), options)


def _read(fact: Fact[Source], source: Source, options: Options, unseen: dict[str, str]) -> Values:
    try:
        return fact.read(source, options)
    except Unreachable:
        raise
    except OpsError as error:
        unseen.update(dict.fromkeys(fact.names, one_line(error, 300)))
        return dict.fromkeys(fact.names)


def _named_in_paths(options: Options) -> set[str]:
    """Return the first names of the paths in ``expect``, ``baseline`` and ``progress``."""
    rules = [rule for option in _WITH_PATHS for rule in options.get(option) or []]
    return {str(step) for rule in rules for step in parse(str(rule.get("path") or ""))[:1]}
