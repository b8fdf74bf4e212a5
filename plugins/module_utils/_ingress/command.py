# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that programs of the host read and turn: a rule of a firewall, a proxy's socket, a script."""

from __future__ import annotations

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import InputError, OpsError, one_line
from . import outside
from .base import CLOSED, OPEN, Options
from .outside import seen_from_outside

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

_PROGRAM = {"type": "list", "elements": "str", "required": True}

SPEC = (
    ArgSpec(
        options={
            "is_closed": _PROGRAM,
            "close": _PROGRAM,
            "open": _PROGRAM,
            "command_timeout": {"type": "float", "default": 30.0},
        }
    )
    + outside.SPEC
)
_ANSWERS = {0: CLOSED, 1: OPEN}


def position(options: Options) -> str:
    """Ask the program ``is_closed``: status 0 says closed, 1 open. :raises OpsError: it says neither."""
    done = run(_named(options, "is_closed"), options["command_timeout"], expect_status=None)
    if done.status not in _ANSWERS:
        raise OpsError(
            f"is_closed ended with status {done.status}",
            on=options["is_closed"][0],
            advice=one_line(done.stderr) or "expected 0 (closed) or 1 (open)",
        )
    return _ANSWERS[done.status]


def turn(options: Options, state: str) -> None:
    """Run the program for that position. :raises OpsError: it fails."""
    run(_named(options, "open" if state == OPEN else "close"), options["command_timeout"])


def _named(options: Options, name: str) -> list[str]:
    argv: list[str] = options[name]
    if not argv:
        raise InputError(f"switch: {name} is empty", advice="expected a program and its arguments")
    return argv
