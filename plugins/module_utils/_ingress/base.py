# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of an ingress switch: it tells its state, changes it, and is believed only when seen from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from .._core.argspec import ArgSpec

OPEN = "open"
CLOSED = "closed"
# Some of it is closed by us: who closed or opened it died over that. It is turned, whatever is wanted.
HALF = "half-way"

Options = Mapping[str, Any]


class Switch(Protocol):
    """What the file of a kind of switch offers, as module-level names. Each may raise ``OpsError``."""

    SPEC: ArgSpec

    def position(self, options: Options) -> str:
        """Return what the switch itself says: open, closed or half-way."""

    def turn(self, options: Options, state: str) -> None:
        """Turn it to open or closed."""

    def seen_from_outside(self, options: Options) -> str:
        """Return what a client meets: open, closed, or words that describe what else was seen."""


@runtime_checkable
class Keeper(Protocol):
    """What kinds offer, too, whose resource can be written by others while it is closed.

    Whether what it holds then lets clients in is not known before they are seen to come in.
    """

    def kept_at(self, options: Options) -> str:
        """Return where it is kept what was; empty when nothing is."""

    def let_go(self, options: Options) -> None:
        """Forget what was kept: clients come in."""
