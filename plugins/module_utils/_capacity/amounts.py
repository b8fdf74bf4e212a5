# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Amounts of a resource: numbers and sizes as people write them, and commands that ask for an amount."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.text.formatters import human_to_bytes

from .._core.errors import InputError

# {wanted}, or {{ wanted }} in text that Ansible was told not to template. ${NAME} is the shell's own.
_PLACEHOLDER = re.compile(r"(?<!\$)(?:\{\{\s*(?P<double>\w+)\s*\}\}|\{(?P<single>[A-Za-z_]\w*)\})")


@dataclass(frozen=True)
class Amount:
    """A number with the text that stands for it in a command: 4 and ``4``, 4294967296 and ``4G``."""

    number: float
    text: str


@dataclass(frozen=True)
class Need:
    """How much of a resource a row of the table wants; without ``most`` more does no harm."""

    least: Amount
    most: Amount | None


def amount(value: Any, where: str) -> Amount:
    """Return a number, or a size such as ``4G``, as an amount.

    :raises InputError: it is neither.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Amount(float(value), number_text(value))
    try:
        return Amount(float(human_to_bytes(str(value))), str(value))
    except ValueError as error:
        raise InputError(
            f"{where}: not an amount", on=str(value), advice="expected a number, or a size as 4G"
        ) from error


def need(value: Any, where: str) -> Need:
    """Return what a row says of a resource: ``4``, ``4G``, or ``{min: 1, max: 2}`` where ``max`` may be left out.

    :raises InputError: it is none of them.
    """
    if not isinstance(value, Mapping):
        plain = amount(value, where)
        return Need(plain, plain)
    if "min" not in value or set(value) - {"min", "max"}:
        raise InputError(
            f"{where}: not a need", on=", ".join(value), advice="expected min, and max where more is too much"
        )
    least = amount(value["min"], where)
    return Need(least, amount(value["max"], where) if value.get("max") is not None else None)


def number_text(value: float) -> str:
    """Return a number without needless decimals."""
    return str(int(value)) if float(value).is_integer() else f"{value:.4g}"


def fill(command: str, where: str, **values: str) -> str:
    """Return a command with its placeholders replaced by ``values``, each quoted for a shell.

    :raises InputError: a placeholder that does not exist.
    """

    def replace(match: re.Match[str]) -> str:
        name = match["double"] or match["single"]
        if name not in values:
            raise InputError(f"{where}: unknown placeholder", on=name, advice=f"expected {', '.join(sorted(values))}")
        return shlex.quote(values[name])

    return _PLACEHOLDER.sub(replace, command)
