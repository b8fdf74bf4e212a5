# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Calls of a script that are sent before the one in front was answered, so that the server need not wait for us.

Such a call cannot be told where the one in front has come to. That one notes it on the server. A call that finds no
note of the one in front does nothing: that was refused, or did not come to its end.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from .._core.libraries import load

# Two calls under way are enough, and whoever else asks the server has a turn in between.
UNDER_WAY = 2
# Calls in a row, before anything else is looked at.
IN_A_ROW = 8
# The two arguments, at the end of a script's own, of a call that is by itself.
ALONE = ("", "")

# For scripts whose KEYS[3] is the note (or any key, for a call by itself), and whose last two arguments are by what the
# note is known and `1` for those that go on from it.
AHEAD = """
local row, goes_on = ARGV[#ARGV - 1], ARGV[#ARGV] == '1'
-- Where the call in front has come to; nil when it has not.
local function noted()
  local text = redis.pcall('GET', KEYS[3])
  if type(text) ~= 'string' or text:sub(1, #row) ~= row then return nil end
  return text:sub(#row + 1)
end
local function note(place)
  if row ~= '' then redis.pcall('SET', KEYS[3], row .. place, 'EX', 60) end
end
"""
# The same for a walk of :data:`.redis_place.PAGING`.
AHEAD_ON_WALK = (
    AHEAD
    + """
-- Lets a walk go on from where the call in front has come to; false when that has not come to its end.
local function went_on(walk)
  local place = noted()
  if not place then return false end
  local at = place:find(' ', 1, true)
  walk.score, walk.member = place:sub(1, at - 1), place:sub(at + 1)
  return true
end
-- Where nothing was left, the next one begins where this one did, and need not look for its place.
local function note_walk(walk, nothing_left)
  note(nothing_left and ' ' or walk.score .. ' ' .. walk.member)
end
"""
)


class Ahead:
    """A connection of its own over which calls are sent ahead. Raises what redis-py does."""

    def __init__(self, client: Any) -> None:
        # Where redis-py gives a connection out, more can be sent before an answer is read.
        self._single = client.client()
        self._connection = self._single.connection

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.disconnect()
        self._single.close()

    def answers(self, sha: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """Call the script with the hash ``sha`` with these arguments each, and return the answers, errors among them.

        :raises NoScriptError, ConnectionError: as redis-py has them, the first when the server knows no such script.
        """
        told: list[Any] = []
        for number, arguments in enumerate(calls):
            self._connection.send_packed_command(self._connection.pack_command("EVALSHA", sha, *arguments))
            if number + 1 >= UNDER_WAY:
                told.append(self._read())
        while len(told) < len(calls):
            told.append(self._read())
        return told

    def _read(self) -> Any:
        try:
            return self._connection.read_response()
        except load("redis.exceptions").ResponseError as error:
            return error


def row_arguments(number: int) -> list[tuple[str, str]]:
    """Return the last two arguments of so many calls in a row."""
    row = f"{uuid.uuid4().hex} " if number > 1 else ""
    return [(row, "1" if index else "") for index in range(number)]
