# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a list, put back into the list they came from.

Letters leave at one end. What is kept is put on at the other end, so a whole pass keeps the order; each batch is
settled only while that end is still as it was looked at.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .._core.errors import InputError, WrongType
from .dead_letters import OLDEST, Settled, Terms
from .letters import Letter, Reader
from .redis_letters import RedisLetters, Script, as_text, settled, signs
from .redis_payloads import Payloads

if TYPE_CHECKING:
    from .redis_list import RedisList

LEFT, RIGHT = "left", "right"
_OTHER = {LEFT: RIGHT, RIGHT: LEFT}

# KEYS: dead, target. ARGV: account, how many, bytes, the end to take from, the push command of the target. In portions,
# so that few large letters are held twice at a time; this takes less of the server's time than LMOVE for each.
_SWEEP = Script("""
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'list')
if wrong then return wrong end
local most, bytes, from, push = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local portion = math.min(64, math.max(1, math.floor(most / 8)))
local moved, size = 0, 0
-- Whoever may not remove must learn it before anything is copied.
redis.call('LTRIM', KEYS[1], 0, -1)
while moved < most and size < bytes do
  local number = math.min(portion, most - moved)
  local items
  if from == 'LEFT' then
    items = redis.call('LRANGE', KEYS[1], 0, number - 1)
  else
    items = {}
    local found = redis.call('LRANGE', KEYS[1], -number, -1)
    for at = #found, 1, -1 do items[#items + 1] = found[at] end
  end
  if #items == 0 then break end
  redis.call(push, KEYS[2], unpack(items))
  if from == 'LEFT' then
    redis.call('LTRIM', KEYS[1], #items, -1)
  else
    redis.call('LTRIM', KEYS[1], 0, -#items - 1)
  end
  moved = moved + #items
  for _, item in ipairs(items) do size = size + #item end
end
account(moved, moved, 0)
return {moved, 0, 0, 0, 0, 0, size}
""")

# KEYS: dead, target, parked, redrives. ARGV: account, the end that was looked at, the push command of the target, a
# sign for each letter, the letters, then their ids when redrives are counted. (To send the letters back costs less of
# the server's time than to have it hash them.)
_SETTLE = Script("""
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'list') or wrong_type(KEYS[3], 'list')
if wrong then return wrong end
local from, push, verdicts = ARGV[2], ARGV[3], ARGV[4]
local number, size = #verdicts, 0
local items = {}
if from == 'LEFT' then
  items = redis.call('LRANGE', KEYS[1], 0, number - 1)
else
  local found = redis.call('LRANGE', KEYS[1], -number, -1)
  for at = #found, 1, -1 do items[#items + 1] = found[at] end
end
local lots = {m = {}, p = {}, k = {}, d = {}}
for at = 1, number do
  if items[at] ~= ARGV[4 + at] then return {0, 0, 0, 0, 0, 1, 0} end
  local lot = lots[verdicts:sub(at, at)]
  lot[#lot + 1] = items[at]
end
-- Whoever may not remove must learn it before anything is copied.
redis.call('LTRIM', KEYS[1], 0, -1)
local function put(command, key, lot)
  for at = 1, #lot, 1000 do
    redis.call(command, key, unpack(lot, at, math.min(at + 999, #lot)))
  end
end
put(push, KEYS[2], lots.m)
put('RPUSH', KEYS[3], lots.p)
put(from == 'LEFT' and 'RPUSH' or 'LPUSH', KEYS[1], lots.k)
if from == 'LEFT' then
  redis.call('LTRIM', KEYS[1], number, -1)
else
  redis.call('LTRIM', KEYS[1], 0, -number - 1)
end
for at = 1, number do
  local verdict, id = verdicts:sub(at, at), ARGV[4 + number + at]
  if id and verdict == 'm' then count_redrive(KEYS[4], id) end
  if id and (verdict == 'p' or verdict == 'd') then redis.call('HDEL', KEYS[4], id) end
end
for _, item in ipairs(lots.m) do size = size + #item end
account(number, #lots.m, #lots.p)
return {#lots.m, #lots.p, #lots.d, #lots.k, 0, 0, size}
""")

# KEYS: dead, a mark of the batch. ARGV: account, the push command, seconds for which the mark stays, the letters.
_RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'list')
if wrong then return wrong end
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then
  redis.call(ARGV[2], KEYS[1], unpack(ARGV, 4))
  return #ARGV - 3
end
return 0
""")
_MARK_SECONDS = 30 * 86400


class RedisListLetters(RedisLetters):
    """A pass through a list of dead letters."""

    TYPE: ClassVar[str] = "list"
    queue: RedisList

    def __init__(self, queue: RedisList, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._reader = Reader(queue.options.get("item"))
        self._payloads = Payloads(queue.options.get("payload_key"))
        oldest = _OTHER[queue.options["push"]]
        self._from = oldest if terms.order == OLDEST else _OTHER[oldest]
        self._left = 0
        self._walked = 0

    def begin(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        (kind,) = self.ask(("TYPE", self.dead))
        if as_text(kind) not in ("list", "none"):
            raise WrongType(f"the key {self.dead} holds a {as_text(kind)}, a list was expected", on=self.on)
        (length,) = self.ask(("LLEN", self.dead))
        if not length:
            self.note(f"the key {self.dead} does not exist: no dead letters, or a misspelt name")
        self._left = min(length, self._of_earlier_part(length))
        return self._left

    def _of_earlier_part(self, length: int) -> int:
        """Return how many letters the pass still has, by what is known of its earlier part."""
        position = self.terms.position
        if not position:
            return length
        looked = self.account().get("looked", 0)
        return max(int(position["size"]) - looked, 0) if looked else int(position["left"])

    def count(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        (length,) = self.ask(("LLEN", self.dead))
        return int(length)

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = min(most, self._left, self.size.items)
        if wanted <= 0:
            return []
        start = self._walked
        bounds = (start, start + wanted - 1) if self._from == LEFT else (-start - wanted, -start - 1)
        (bodies,) = self.ask(("LRANGE", self.dead, *bounds))
        if self._from == RIGHT:
            bodies.reverse()
        letters = [self._reader.letter(body) for body in bodies]
        self.size.learn(len(bodies), 0.0, sum(map(len, bodies)))
        if self.terms.dry:
            self._walked += len(letters)
            self._left -= len(letters)
        if not letters:
            self._left = 0
        return self.with_redrives(self._payloads.checked(letters, self.ask))

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        ids = [letter.id for letter in letters] if self.terms.count_redrives else []
        done = settled(
            self.call(
                _SETTLE,
                [self.dead, self.queue.key, self.parking(), self.redrives_key],
                self._from.upper(),
                self._push(),
                signs(verdicts),
                *[letter.body or b"" for letter in letters],
                *ids,
                items=len(letters),
            )
        )
        self._left -= 0 if done.changed else len(letters)
        return done

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = min(most, self._left, self.size.items)
        if wanted <= 0:
            return Settled()
        answer = self.call(
            _SWEEP,
            [self.dead, self.queue.key],
            wanted,
            self.size.bytes,
            self._from.upper(),
            self._push(),
            items=wanted,
        )
        done = settled(answer)
        self._left = self._left - done.moved if done.moved else 0
        return done

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`."""
        return {"left": self._left, "size": self._left + self.account().get("looked", 0)}

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        return {"id": letter.id, "body": base64.b64encode(letter.body or b"").decode()}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`."""
        try:
            bodies = [base64.b64decode(record["body"], validate=True) for record in records]
        except (KeyError, TypeError, binascii.Error):
            raise InputError("a record of the archive is not one of a list", advice="expected a field body") from None
        if not bodies:
            return 0
        mark = self.beside_dead(f"day2:restored:{batch}")
        return int(self.call(_RESTORE, [self.dead, mark], self._push(), _MARK_SECONDS, *bodies, items=len(bodies)))

    def _push(self) -> str:
        return "RPUSH" if self.queue.options["push"] == RIGHT else "LPUSH"
