# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Entries of a document that are other ones while it is closed, by their paths: ``chains``, ``workers[0].on``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .._core.errors import InputError
from .._core.jsonpath import EACH, Step, look_up, parse


def held(document: Any, entries: Mapping[str, Any]) -> bool:
    """Tell whether a document has all these entries."""
    return all(look_up(document, path) == [value] for path, value in entries.items())


def replaced(document: Any, entries: Mapping[str, Any], on: str) -> Any:
    """Return a document with these entries; what leads to one that is not there is made.

    :param on: what names the document, for messages.
    :raises InputError: a path goes through what has no entries, or beyond the end of a list.
    """
    changed = copy.deepcopy(document)
    for path, value in entries.items():
        steps = parse(path)
        if not steps or EACH in steps:
            raise InputError(f"closed_entries: not the path of one entry: '{path}'", on=on)
        inner = changed
        for step, following in zip(steps, steps[1:]):
            _fits(inner, step, path, on)
            if isinstance(step, str):
                inner.setdefault(step, [] if isinstance(following, int) else {})
            inner = inner[step]
        _fits(inner, steps[-1], path, on)
        inner[steps[-1]] = copy.deepcopy(value)
    return changed


def _fits(inner: Any, step: Step, path: str, on: str) -> None:
    if isinstance(inner, dict) and isinstance(step, str):
        return
    if isinstance(inner, list) and isinstance(step, int) and -len(inner) <= step < len(inner):
        return
    raise InputError(f"closed_entries: the document has no place for '{path}' (at '{step}')", on=on)
