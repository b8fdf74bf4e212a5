# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind tcp: a port takes connections, quickly enough, and greets as expected. Standard library only."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence

from .._core.argspec import ArgSpec
from .._core.errors import OpsError, Unreachable, one_line
from .._core.option_types import port_number, regular_expression
from .base import Condition, Context, Options, Values
from .limits import MAX_LATENCY, limit_conditions, limits_spec

LIMITS = (MAX_LATENCY,)

SPEC = ArgSpec(
    options={
        "host": {"type": "str", "default": "127.0.0.1"},
        "port": {"type": port_number, "required": True},
        "banner": {"type": regular_expression},
    }
) + limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ()

_BANNER_BYTES = 4096


def probe(options: Options, _context: Context) -> Values:
    """Return latency (s until the connection stood) and, when one is expected, the banner on one line.

    A connection that is taken proves health, unless more was asked for.

    :raises Unreachable: no connection, or no banner in time. :raises OpsError: closed without a banner.
    """
    on = f"{options['host']}:{options['port']}"
    started = time.monotonic()
    deadline = started + options["timeout"]
    try:
        with socket.create_connection((options["host"], options["port"]), timeout=options["timeout"]) as connection:
            values: Values = {"latency": round(time.monotonic() - started, 4)}
            if options.get("banner") is not None:
                values["banner"] = _banner(connection, options["banner"], deadline, on)
            return values
    except socket.timeout as error:
        raise Unreachable(f"no answer within {options['timeout']:g} s", on=on) from error
    except (OSError, OverflowError, UnicodeError) as error:
        raise Unreachable(f"no connection ({getattr(error, 'strerror', None) or error})", on=on) from error


def _banner(connection: socket.socket, pattern: str, deadline: float, on: str) -> str:
    """Read until the pattern is seen, the other side says no more, or time is up; return what was read."""
    wanted = re.compile(pattern)
    data = b""
    while len(data) < _BANNER_BYTES:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            piece = connection.recv(_BANNER_BYTES)
        except socket.timeout:
            piece = b""
            if not data:
                raise
        data += piece
        if not piece or wanted.search(_text(data)):
            break
    if not data:
        raise OpsError("the connection was closed without a banner", on=on)
    return _text(data)


def _text(data: bytes) -> str:
    """Return what can be printed of a banner."""
    text = data.decode("utf-8", "replace")
    return one_line("".join(letter if letter.isprintable() else " " for letter in text), 200)


def conditions(options: Options) -> list[Condition]:
    """Hold latency and banner against what was given; without either, the connection is the proof."""
    greeting = [Condition("banner", "matches", options["banner"])] if options.get("banner") is not None else []
    return [*limit_conditions(LIMITS, options), *greeting]
