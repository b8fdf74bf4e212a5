# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is a document which the service reads: while the ingress is closed it holds something else.

Where it is stored is one file each, which offers what a kind of switch does, less the look from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Protocol

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from . import outside
from .base import Options
from .outside import seen_from_outside

__all__ = ["SPEC", "kept_at", "let_go", "position", "seen_from_outside", "turn"]


class Store(Protocol):
    """Where documents are. See Keeper for kept_at and let_go."""

    SPEC: ArgSpec

    def position(self, options: Options) -> str:
        """See Switch.position."""

    def turn(self, options: Options, state: str) -> None:
        """See Switch.turn. What was there is put back to the byte, or is gone again when nothing was."""

    def kept_at(self, options: Options) -> str:
        """See Keeper.kept_at."""

    def let_go(self, options: Options) -> None:
        """See Keeper.let_go."""


def _file() -> Store:
    from . import document_file

    return document_file


def _http() -> Store:
    from . import document_http

    return document_http


def _redis() -> Store:
    from . import document_redis

    return document_redis


STORES: dict[str, Callable[[], Store]] = {"file": _file, "http": _http, "redis": _redis}


class _DocumentSpec(ArgSpec):
    """The options that a store has of its own come to those of each."""

    def for_options(self, given: Mapping[str, Any]) -> ArgSpec:
        """See ArgSpec.for_options."""
        return self + _store(given).SPEC


SPEC: ArgSpec = _DocumentSpec(
    options={"store": {"type": "str", "required": True, "choices": sorted(STORES)}, **outside.SPEC.options},
    required_together=outside.SPEC.required_together,
)


def position(options: Options) -> str:
    """Read the document. :raises OpsError: it cannot be read."""
    return _store(options).position(options)


def turn(options: Options, state: str) -> None:
    """Replace it, or put back what was there.

    :raises OpsError: it cannot be written, or nobody knows what was there.
    """
    _store(options).turn(options, state)


def kept_at(options: Options) -> str:
    """See Keeper.kept_at."""
    return _store(options).kept_at(options)


def let_go(options: Options) -> None:
    """See Keeper.let_go."""
    _store(options).let_go(options)


def _store(options: Mapping[str, Any]) -> Store:
    name = str(options.get("store", ""))
    if name not in STORES:
        raise InputError(f"switch: unknown store '{name}'", advice=f"known are {', '.join(sorted(STORES))}")
    return STORES[name]()
