# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Paths into JSON values: ``data.checks.redis``, ``items[0].id``, ``checks.*`` (each entry), ``"a.b".c``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Union

from .errors import InputError

Step = Union[str, int]
EACH = "*"
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\[(?P<index>-?\d+)\]|(?P<name>[^."\[\]]+)')


def parse(path: str) -> list[Step]:
    """Return the steps of ``path``; the empty path is the value itself.

    :raises InputError: the text is no path.
    """
    steps: list[Step] = []
    position = 0
    while position < len(path):
        if steps and path[position] == ".":
            position += 1
        match = _TOKEN.match(path, position)
        if match is None:
            raise InputError("not a path into JSON", on=path, advice='expected names and indexes: a.b[0]."c.d".*')
        steps.append(int(match["index"]) if match["index"] else match["quoted"] or match["name"])
        position = match.end()
    return steps


class Missing:
    """Stands for a value that a path does not lead to; ``at`` names the step that found nothing."""

    def __init__(self, at: str) -> None:
        self.at = at

    def __repr__(self) -> str:
        return f"nothing at '{self.at}'"


def look_up(value: Any, path: str) -> list[Any]:
    """Return what ``path`` leads to: one value, or as many as a ``*`` finds; :class:`Missing` where it leads nowhere.

    :raises InputError: the text is no path.
    """
    return [found for _at, found in look_up_at(value, path)]


def look_up_at(value: Any, path: str) -> list[tuple[str, Any]]:
    """Return as :func:`look_up` does, each value with the path that leads to it alone: the name in place of a ``*``.

    :raises InputError: the text is no path.
    """
    found = _walk(value, [], parse(path), path)
    return [(path if isinstance(one, Missing) else join(steps), one) for steps, one in found]


def join(steps: Sequence[Step]) -> str:
    """Return the path of these steps, as :func:`parse` reads it."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{quoted(step)}" if text else quoted(step)
    return text


def quoted(name: str) -> str:
    """Return a name as a path has it: in quotes where it holds what has a meaning there."""
    return f'"{name}"' if not name or set(name) & set('."[]') or name == EACH else name


def _walk(value: Any, done: list[Step], steps: list[Step], path: str) -> Iterator[tuple[list[Step], Any]]:
    if not steps:
        yield done, value
        return
    step, rest = steps[0], steps[1:]
    found = _children(value) if step == EACH else _child(value, step)
    if not found:
        yield done, Missing(f"{step} of {path}")
    for name, inner in found:
        yield from _walk(inner, [*done, name], rest, path)


def _children(value: Any) -> list[tuple[Step, Any]]:
    if isinstance(value, dict):
        return [(str(name), inner) for name, inner in value.items()]
    return list(enumerate(value)) if isinstance(value, list) else []


def _child(value: Any, step: Step) -> list[tuple[Step, Any]]:
    if isinstance(value, dict) and str(step) in value:
        return [(step, value[str(step)])]
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return [(step, value[step])]
    return []
