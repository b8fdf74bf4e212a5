# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Placeholders such as ``{service}`` in texts, in addresses and anywhere in JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .._core.errors import InputError

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def filled(given: Any, values: Mapping[str, Any], where: str) -> Any:
    """Return nested ``given`` with values in place of placeholders.

    A text that is one placeholder and nothing else becomes the value as it is, such as a number.

    :param where: names the place for the message. :raises InputError: a placeholder that does not exist.
    """
    if isinstance(given, str):
        whole = _PLACEHOLDER.fullmatch(given)
        return _value(whole[1], values, where) if whole else filled_text(given, values, where)
    if isinstance(given, Mapping):
        return {str(name): filled(inner, values, where) for name, inner in given.items()}
    if isinstance(given, (list, tuple)):
        return [filled(inner, values, where) for inner in given]
    return given


def filled_text(text: str, values: Mapping[str, Any], where: str) -> str:
    """Return a text with values in it. :raises InputError: a placeholder that does not exist."""
    return _PLACEHOLDER.sub(lambda match: _shown(_value(match[1], values, where)), text)


def filled_address(url: str, values: Mapping[str, Any], where: str) -> str:
    """Return a URL with values in it, each written so that it stays one part of the URL. :raises InputError: so."""
    return _PLACEHOLDER.sub(lambda match: quote(_shown(_value(match[1], values, where)), safe=""), url)


def asks_for(given: Any, name: str) -> bool:
    """Tell whether nested ``given`` has that placeholder."""
    if isinstance(given, Mapping):
        return any(asks_for(inner, name) for inner in given.values())
    if isinstance(given, (list, tuple)):
        return any(asks_for(inner, name) for inner in given)
    return isinstance(given, str) and f"{{{name}}}" in given


def _value(name: str, values: Mapping[str, Any], where: str) -> Any:
    if name not in values:
        known = ", ".join(sorted(values))
        raise InputError(f"{where}: no such placeholder", on=f"{{{name}}}", advice=f"known are {known}")
    return values[name]


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
