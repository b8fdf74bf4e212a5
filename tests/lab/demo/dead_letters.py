# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service's own view of its dead letters: which there are, and putting them back by number or by id."""

from __future__ import annotations

import json
from typing import Any

import redis

from . import names

MOST = 100_000

_BY_NUMBER = """\
local moved = 0
while moved < tonumber(ARGV[1]) and redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') do moved = moved + 1 end
return moved
"""
_BY_ID = """\
local wanted, moved = {}, 0
for _, id in ipairs(ARGV) do wanted[id] = true end
for _, letter in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if wanted[cjson.decode(letter).id] then
    redis.call('LREM', KEYS[1], 1, letter)
    redis.call('RPUSH', KEYS[2], letter)
    moved = moved + 1
  end
end
return moved
"""


class OutOfRange(ValueError):
    """A number of letters that nobody may ask for."""


def all_letters(client: redis.Redis) -> list[dict[str, Any]]:
    """Return the dead letters, the oldest first."""
    found: Any = client.lrange(names.DEAD, 0, -1)
    return [json.loads(letter) for letter in found]


def put_back(client: redis.Redis, count: str) -> int:
    """Put back so many letters, the oldest first, and return how many there were.

    Raises OutOfRange for what is no number from 1 to MOST.
    """
    if not count.isdigit() or not 1 <= int(count) <= MOST:
        raise OutOfRange(f"Input should be a number from 1 to {MOST}")
    return int(str(client.eval(_BY_NUMBER, 2, names.DEAD, names.QUEUE, count)))


def put_back_these(client: redis.Redis, ids: list[str]) -> int:
    """Put back the letters of these ids, and return how many there were."""
    return int(str(client.eval(_BY_ID, 2, names.DEAD, names.QUEUE, *ids))) if ids else 0
