# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The names that a restore gives, by regular expressions as Java has them, for both servers are written in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from .._core.errors import InputError
from .names import check_index
from .restore_choice import Selection

_NAMED = re.compile(r"\(\?<([A-Za-z][A-Za-z0-9]*)>")
_STREAM = ".ds-"


@dataclass(frozen=True)
class Renaming:
    """A pattern and what replaces each of its matches, as the server is given them."""

    pattern: str
    replacement: str

    def body(self) -> dict[str, str]:
        """Return the part of the request."""
        return {"rename_pattern": self.pattern, "rename_replacement": self.replacement}

    def namer(self) -> Callable[[str], str]:
        """Return what gives the new name of an old one, as ``String.replaceAll`` of Java does.

        :raises InputError: the pattern or the replacement cannot be read.
        """
        try:
            compiled = re.compile(_NAMED.sub(r"(?P<\1>", self.pattern))
        except (re.error, OverflowError) as error:
            raise InputError(
                f"rename_pattern {self.pattern!r} cannot be read: {error}", advice="expected a regular expression"
            ) from None
        pieces = _pieces(self.replacement, compiled)

        def replaced(match: re.Match[str]) -> str:
            return "".join(piece(match) for piece in pieces)

        return lambda name: compiled.sub(replaced, name)


Piece = Callable[["re.Match[str]"], str]


def _pieces(replacement: str, pattern: re.Pattern[str]) -> list[Piece]:
    """Return what makes up a replacement: ``$1``, ``${name}``, ``\\`` before a letter that is meant itself."""
    pieces: list[Piece] = []
    at = 0
    while at < len(replacement):
        letter = replacement[at]
        if letter == "\\":
            pieces.append(_literal(_at(replacement, at + 1)))
            at += 2
        elif letter == "$":
            piece, at = _group(replacement, at + 1, pattern)
            pieces.append(piece)
        else:
            pieces.append(_literal(letter))
            at += 1
    return pieces


def _literal(letter: str) -> Piece:
    return lambda _match: letter


def _of_group(group: str | int) -> Piece:
    return lambda match: match[group] or ""


def _at(replacement: str, at: int) -> str:
    if at >= len(replacement):
        raise _bad(replacement, "ends too early")
    return replacement[at]


def _group(replacement: str, at: int, pattern: re.Pattern[str]) -> tuple[Piece, int]:
    """Return what a reference after a ``$`` stands for, and where it ends. Digits count as long as there is a group."""
    first = _at(replacement, at)
    if first == "{":
        name, closed, _rest = replacement[at + 1 :].partition("}")
        if not closed or name not in pattern.groupindex:
            raise _bad(replacement, f"names no group of rename_pattern with ${{{name}")
        return _of_group(name), at + len(name) + 2
    if not first.isdigit() or int(first) > pattern.groups:
        raise _bad(replacement, f"has ${first}, which is no group of rename_pattern")
    number, at = int(first), at + 1
    while at < len(replacement) and replacement[at].isdigit():
        longer = number * 10 + int(replacement[at])
        if longer > pattern.groups:
            break
        number, at = longer, at + 1
    return _of_group(number), at


def _bad(replacement: str, why: str) -> InputError:
    return InputError(f"rename_replacement {replacement!r} {why}", advice="expected such as restored-$1")


def literal(text: str) -> str:
    """Return text as a replacement that means itself."""
    return text.replace("\\", "\\\\").replace("$", "\\$")


def targets(selection: Selection, renaming: Renaming | None) -> dict[str, str]:
    """Return the new name of each index, by its name in the snapshot. Those behind a data stream keep their ``.ds-``.

    :raises InputError: a name that no index can have; two indices would get one name.
    """
    namer = renaming.namer() if renaming is not None else str
    found = {name: namer(name) for name in selection.indices}
    for behind in selection.streams.values():
        found.update({name: _STREAM + namer(name[len(_STREAM) :]) for name in behind})
    _require_sense(found)
    return found


def stream_targets(selection: Selection, renaming: Renaming | None) -> dict[str, str]:
    """Return the name that each data stream gets. :raises InputError: see :func:`targets`."""
    namer = renaming.namer() if renaming is not None else str
    found = {name: namer(name) for name in selection.streams}
    _require_sense(found)
    return found


def _require_sense(found: Mapping[str, str]) -> None:
    sources: dict[str, str] = {}
    for source, target in sorted(found.items()):
        check_index(target, f"the new name of {source}:")
        if target in sources:
            raise InputError(
                f"{sources[target]} and {source} would both be restored as {target}",
                advice="let rename_replacement tell them apart, as restored-$1",
            )
        sources[target] = source
