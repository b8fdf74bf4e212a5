# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a user wants to be so in a restored Redis: commands that only read, and the answers that they must give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError, one_line
from .._core.redis_connection import explained

SPEC = ArgSpec(
    options={
        "command": {"type": "list", "elements": "str", "required": True},
        "expected": {"type": "raw", "required": True},
        "db": {"type": "int", "default": 0},
    }
)
_ON = "the scratch server"
_FLAGS = 2  # where an answer to COMMAND INFO has them


def assert_all(client: Any, assertions: Sequence[Mapping[str, Any]]) -> int:
    """Give each command to the server, and return how many there were.

    :param assertions: validated by SPEC.
    :raises InputError: a command may write. :raises OpsError: an answer is not what was expected.
    """
    for assertion in assertions:
        _require_reading(client, assertion["command"])
        answer = _answer(client, assertion)
        if _plain(answer) != _plain(assertion["expected"]):
            raise OpsError(
                f"the answer is {one_line(_plain(answer), 80)}, not {one_line(_plain(assertion['expected']), 80)}",
                on=one_line(" ".join(assertion["command"]), 120),
            )
    return len(assertions)


def _require_reading(client: Any, command: Sequence[str]) -> None:
    words = " ".join(command[:1]).upper()
    if not words:
        raise InputError("assertions: a command is empty")
    client.set_response_callback("COMMAND INFO", lambda answer, **_options: answer)
    with explained("ask for what a command does", _ON):
        known: Any = client.execute_command("COMMAND INFO", words)
    flags = known[0][_FLAGS] if known and known[0] else []
    if b"readonly" not in [flag if isinstance(flag, bytes) else str(flag).encode() for flag in flags]:
        raise InputError("assertions: expected a command that only reads", on=one_line(words, 80))


def _answer(client: Any, assertion: Mapping[str, Any]) -> Any:
    with explained("run the command", " ".join(assertion["command"][:2])):
        pipeline = client.pipeline(transaction=False)
        # by a name of no meaning to redis-py: the answer is taken as the server gave it
        pipeline.execute_command("SELECT", assertion["db"])
        pipeline.execute_command(assertion["command"][0].encode(), *assertion["command"][1:])
        pipeline.execute_command("SELECT", 0)
        return pipeline.execute()[1]


def _plain(value: Any) -> Any:
    """Return an answer, or what is expected, as text, lists of text, or None: ``5``, ``"5"`` and ``b"5"`` are equal."""
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None else str(value)
