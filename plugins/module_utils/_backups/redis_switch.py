# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Stopping and starting the server on this host: a unit of systemd, or two commands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Protocol

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import InputError, OpsError, Unreachable
from .._core.systemctl import SYSTEM, ask, unit_name

SPEC = ArgSpec(
    options={
        "service": {"type": "str"},
        "stop_command": {"type": "list", "elements": "str"},
        "start_command": {"type": "list", "elements": "str"},
        "wait": {"type": "raw", "default": "10m"},
    },
    mutually_exclusive=[("service", "stop_command"), ("service", "start_command")],
    required_together=[("stop_command", "start_command")],
)


class Switch(Protocol):
    """Stops and starts a server. Both return when the order was given; whether it is so is seen at the server."""

    def stop(self) -> None:
        """Stop it. :raises OpsError: that was refused."""

    def start(self) -> None:
        """Start it. :raises OpsError: that was refused."""


@dataclass(frozen=True)
class Unit:
    """A unit of systemd. :param timeout: seconds."""

    name: str
    timeout: float

    def stop(self) -> None:
        """See Switch.stop."""
        ask(["stop", "--", self.name], SYSTEM, self.timeout)

    def start(self) -> None:
        """See Switch.start."""
        ask(["start", "--", self.name], SYSTEM, self.timeout)


@dataclass(frozen=True)
class Commands:
    """Two programs with their arguments. :param timeout: seconds."""

    stop_command: Sequence[str]
    start_command: Sequence[str]
    timeout: float

    def stop(self) -> None:
        """See Switch.stop."""
        run(self.stop_command, self.timeout)

    def start(self) -> None:
        """See Switch.start."""
        run(self.start_command, self.timeout)


def switch_of(options: Mapping[str, Any], timeout: float) -> Switch:
    """Return what ``options`` (validated by SPEC) say. :raises InputError: they say nothing, or what cannot be."""
    if options.get("service"):
        try:
            return Unit(unit_name(options["service"]), timeout)
        except ValueError as error:
            raise InputError(f"service: {error}", on=str(options["service"])) from None
    stop, start = options.get("stop_command"), options.get("start_command")
    if not stop or not start:
        raise InputError(
            "nothing says how the server is stopped and started",
            advice="give service, or stop_command and start_command; or method: replay, which needs neither",
        )
    return Commands(stop, start, timeout)


def await_gone(look: Callable[[], object], on: str, timeout: float) -> None:
    """Wait until nobody takes connections any more.

    :param look: asks the server for anything. :raises Unreachable: it still answers; nothing may be moved then.
    """
    end = time.monotonic() + timeout
    while True:
        try:
            look()
        except Unreachable as error:
            if "no connection" in error.failed:
                return
        except OpsError:
            pass
        if time.monotonic() > end:
            raise Unreachable("the server was stopped and still answers", on=on, advice="is service the right one?")
        time.sleep(0.05)
