# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a list whose target, or whose parking, is in another slot of a cluster: no script can use both.

A batch takes three steps. It is claimed where the dead letters are, so that no other run touches it. It is pushed where
it belongs, and a marker beside that, in the same step, has its number. It is removed where the dead letters are, and a
mark there has its number too. A run that was killed sees by the two numbers that a batch was pushed and not removed,
and only removes it. A letter is never lost. It may come twice when nobody takes up the run that was killed, and when
somebody takes letters of a batch out of the list in the instant between the steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._core.libraries import load
from .._core.redis_connection import explained
from .._core.redis_slots import slot_of
from .dead_letters import MOVE, PARK, Settled, Terms
from .letters import Letter
from .redis_letters import RedisLetters, Script, as_text, beside, settled, signs
from .redis_list_letters import LEFT, RedisListLetters

if TYPE_CHECKING:
    from .redis_list import RedisList

# How long a claim keeps others away from a list when the run that has made it is killed.
_CLAIM_SECONDS = 60
_RUN_SECONDS = 7 * 86400
# So many letters may have been added before a batch while it was moved, and it is found all the same.
_MOST_BEFORE = 1000

_HEAD = """
local function head(from, number)
  if from == 'LEFT' then return redis.call('LRANGE', KEYS[1], 0, number - 1) end
  local found, items = redis.call('LRANGE', KEYS[1], -number, -1), {}
  for at = #found, 1, -1 do items[#items + 1] = found[at] end
  return items
end
local function is_at(items, first)
  for at = 1, #ARGV - first + 1 do
    if items[at] ~= ARGV[first + at - 1] then return false end
  end
  return true
end
"""

# KEYS: dead, the claim, target, parked (those in another slot: dead again).
# ARGV: account, the end that was looked at, the run, seconds, the letters.
_CLAIM = Script(
    _HEAD
    + """
for _, at in ipairs({1, 3, 4}) do
  local wrong = wrong_type(KEYS[at], 'list')
  if wrong then return wrong end
end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[3] then return 0 end
if not is_at(head(ARGV[2], #ARGV - 4), 5) then return 0 end
-- Whoever may not remove must learn it before anything is copied.
redis.call('LTRIM', KEYS[1], 0, -1)
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4])
return 1
"""
)

# KEYS: the list, its marker. ARGV: account, the push command, the batch's number, seconds, then of the whole batch how
# many letters it has, their hash and a sign for each; then those letters that belong here.
_PUSH = Script("""
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'hash')
if wrong then return wrong end
if redis.call('HGET', KEYS[2], 'batch') == ARGV[3] then return 0 end
for at = 8, #ARGV, 1000 do
  redis.call(ARGV[2], KEYS[1], unpack(ARGV, at, math.min(at + 999, #ARGV)))
end
redis.call('HSET', KEYS[2], 'batch', ARGV[3], 'count', ARGV[5], 'hash', ARGV[6], 'signs', ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
""")

# KEYS: dead, the claim, target, parked (those in another slot: dead again), the mark, redrives. ARGV: account, the end
# that was looked at, the run, seconds, the batch's number, the push command of the target, the signs of letters that
# were pushed elsewhere, a sign for each letter, how many may stand before them, the letters, then their ids when
# redrives are counted.
_REMOVE = Script(
    _HEAD
    + """
local from, run, seconds, batch, push, pushed, verdicts = unpack(ARGV, 2, 8)
local number = #verdicts
local ids = {unpack(ARGV, 10 + number)}
for at = #ARGV, 10 + number, -1 do ARGV[at] = nil end
local items = head(from, number)
if not is_at(items, 10) then items = head(from, number + tonumber(ARGV[9])) end
local wanted, found, rest = {}, {}, {}
for at = number, 1, -1 do
  local letter = ARGV[9 + at]
  wanted[letter] = wanted[letter] or {}
  table.insert(wanted[letter], at)
end
for _, item in ipairs(items) do
  local at = wanted[item] and table.remove(wanted[item])
  if at then found[at] = true else rest[#rest + 1] = item end
end
local done, size, vanished, twice = {m = 0, p = 0, d = 0, k = 0}, 0, 0, 0
local other_end = from == 'LEFT' and 'RPUSH' or 'LPUSH'
for at = 1, number do
  local sign, letter, id = verdicts:sub(at, at), ARGV[9 + at], ids[at]
  local elsewhere = pushed:find(sign, 1, true)
  if found[at] or elsewhere then
    done[sign] = done[sign] + 1
    if sign == 'm' then size = size + #letter end
    if id and sign == 'm' then count_redrive(KEYS[6], id) end
    if id and (sign == 'p' or sign == 'd') then redis.call('HDEL', KEYS[6], id) end
  end
  if not found[at] then
    if elsewhere then twice = twice + 1 else vanished = vanished + 1 end
  elseif sign == 'k' then
    redis.call(other_end, KEYS[1], letter)
  elseif sign == 'm' and not elsewhere then
    redis.call(push, KEYS[3], letter)
  elseif sign == 'p' and not elsewhere then
    redis.call('RPUSH', KEYS[4], letter)
  end
end
if from == 'LEFT' then
  redis.call('LTRIM', KEYS[1], #items, -1)
else
  redis.call('LTRIM', KEYS[1], 0, -#items - 1)
end
for at = #rest, 1, -1 do redis.call(from == 'LEFT' and 'LPUSH' or 'RPUSH', KEYS[1], rest[at]) end
redis.call('SET', KEYS[5], batch, 'EX', seconds)
if redis.call('GET', KEYS[2]) == run then redis.call('DEL', KEYS[2]) end
account(number, done.m, done.p)
return {{done.m, done.p, done.d, done.k, vanished, 0, size}, twice}
"""
)


def is_apart(letters: RedisListLetters) -> bool:
    """Tell whether the target or the parking of dead letters is in another slot than they are."""
    here = slot_of(letters.dead)
    return any(slot_of(key) != here for key in (letters.queue.key, letters.parking()))


class RedisListAcross(RedisListLetters):
    """A pass through a list of dead letters, some of which go into another slot."""

    def __init__(self, queue: RedisList, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        here = slot_of(dead)
        ways = ((MOVE[0], queue.key, self._push()), (PARK[0], self.parking(), "RPUSH"))
        self._elsewhere = [way for way in ways if slot_of(way[1]) != here]
        # Where each sign goes in the last step, or dead itself, which is in the right slot and is not touched for it.
        self._here = [dead if slot_of(key) != here else key for _sign, key, _push in ways]
        self._batch = 0

    def begin(self) -> int:
        """See :class:`.dead_letters.DeadLetters`. A batch that an earlier part has pushed is removed."""
        if not self.terms.dry:
            others = " and ".join(key for _sign, key, _push in self._elsewhere)
            self.note(
                f"{self.dead} and {others} are in different slots of the cluster: a batch that is interrupted comes"
                " twice unless this run is resumed"
            )
            self._finish_earlier()
        return super().begin()

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. What is pushed elsewhere must have been looked at."""
        return RedisLetters.sweep(self, most)

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        bodies = [letter.body or b"" for letter in letters]
        arguments = (self._from.upper(), self.terms.run, _CLAIM_SECONDS, *bodies)
        if not self.call(_CLAIM, [self.dead, self._claim_key, *self._here], *arguments, items=len(letters)):
            return Settled(changed=True)
        done = self._carried(letters, signs(verdicts), self._batch + 1)
        self._left -= len(letters)
        self._kept += done.kept
        return done

    def _carried(self, letters: Sequence[Letter], signed: str, batch: int) -> Settled:
        """Push a batch where it belongs, which is not done again, and remove it."""
        bodies = [letter.body or b"" for letter in letters]
        whole = (len(bodies), head_hash(bodies), signed)
        for sign, key, push in self._elsewhere:
            lot = [body for body, of_body in zip(bodies, signed) if of_body == sign]
            if lot:
                self._call_elsewhere(_PUSH, [key, self._marker(key)], push, batch, _RUN_SECONDS, *whole, *lot)
        ids = [self.redrives_name(letter) for letter in letters] if self.terms.count_redrives else []
        answer = self.call(
            _REMOVE,
            [self.dead, self._claim_key, *self._here, self._mark_key, self.redrives_key],
            self._from.upper(),
            self.terms.run,
            _RUN_SECONDS,
            batch,
            self._push(),
            "".join(sign for sign, _key, _push in self._elsewhere),
            signed,
            _MOST_BEFORE,
            *bodies,
            *ids,
            items=len(letters),
        )
        self._batch = batch
        if int(answer[1]):
            self._may_come_twice(int(answer[1]))
        return settled(answer)

    def _finish_earlier(self) -> None:
        """Find out by the numbers whether a batch of this run was pushed and not removed, and remove it."""
        names = ("batch", "count", "hash", "signs")
        marks = [("HMGET", self._marker(key), *names) for _sign, key, _push in self._elsewhere]
        last, *markers = self.ask(("GET", self._mark_key), *marks)
        self._batch = int(last or 0)
        for batch, count, hashed, signed in markers:
            if int(batch or 0) == self._batch + 1:
                bodies = self._found(int(count), as_text(hashed))
                self._batch += 1
                if bodies:
                    self._carried([self._reader.letter(body) for body in bodies], as_text(signed), self._batch)
                else:
                    self._may_come_twice(int(count))
                return

    def _found(self, count: int, hashed: str) -> list[bytes]:
        """Return the letters of a batch when they are at the end they were taken from, or near it; else none."""
        most = count + _MOST_BEFORE
        bounds = (0, most - 1) if self._from == LEFT else (-most, -1)
        (bodies,) = self.ask(("LRANGE", self.dead, *bounds))
        if self._from != LEFT:
            bodies.reverse()
        batches = (bodies[start : start + count] for start in range(len(bodies) - count + 1))
        return next((list(batch) for batch in batches if head_hash(batch) == hashed), [])

    def _may_come_twice(self, number: int) -> None:
        self.note(f"{number} letters come twice: somebody else changed {self.dead} while they were moved")

    def _call_elsewhere(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Call a script in another slot, where there is no account."""
        rest = [len(keys), *keys, "0", *arguments]
        with explained("settle dead letters", self.on):
            try:
                return self.client.execute_command("EVALSHA", script.sha, *rest)
            except load("redis.exceptions").NoScriptError:
                return self.client.execute_command("EVAL", script.text, *rest)

    @property
    def _claim_key(self) -> str:
        return self.beside_dead("day2:claimed")

    @property
    def _mark_key(self) -> str:
        return self.beside_dead(f"day2:across:{self.terms.run}")

    def _marker(self, key: str) -> str:
        return beside(key, f"day2:across:{self.terms.run}", in_cluster=True)


def head_hash(bodies: Sequence[bytes]) -> str:
    """Return a hash of letters in their order."""
    lengths = ",".join(str(len(body)) for body in bodies)
    return hashlib.sha256(lengths.encode() + b":" + b"".join(bodies)).hexdigest()
