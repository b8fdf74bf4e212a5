# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a list, put back into the list they came from.

Letters leave at one end. What is kept is put on at the other end, so a whole pass keeps the order; each batch is
settled only while that end is still as it was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .._core.errors import InputError, WrongType
from .archive_records import coded, decoded, reading_records
from .dead_letters import OLDEST, PARK, Settled, Terms
from .letters import Letter, Reader
from .redis_letters import RedisLetters, Script, as_text, settled, signs
from .redis_payloads import Payloads

if TYPE_CHECKING:
    from .redis_list import RedisList

LEFT, RIGHT = "left", "right"
_OTHER = {LEFT: RIGHT, RIGHT: LEFT}

# What is at the end of a list that is taken from, the first to be taken first.
HEAD = """
local function head(key, from, skipped, number)
  if from == 'LEFT' then return redis.call('LRANGE', key, skipped, skipped + number - 1) end
  local found = redis.call('LRANGE', key, -skipped - number, -skipped - 1)
  local items = {}
  for at = #found, 1, -1 do items[#items + 1] = found[at] end
  return items
end
local function cut(key, from, number)
  if from == 'LEFT' then redis.call('LTRIM', key, number, -1) else redis.call('LTRIM', key, 0, -number - 1) end
end
"""

# Behind HEAD: commands of which one may be refused, as for want of memory. What has been pushed is taken back then, and
# what was said is returned.
PUT = """
local pushed = {}
local function try(...)
  local answer = redis.pcall(...)
  if type(answer) ~= 'table' or not answer.err then return end
  for at = #pushed, 1, -1 do cut(pushed[at][2], pushed[at][1] == 'RPUSH' and 'RIGHT' or 'LEFT', pushed[at][3]) end
  return answer
end
local function put(command, key, lot)
  for at = 1, #lot, 1000 do
    local last = math.min(at + 999, #lot)
    local refused = try(command, key, unpack(lot, at, last))
    if refused then return refused end
    pushed[#pushed + 1] = {command, key, last - at + 1}
  end
end
"""

# KEYS: dead. ARGV: account, the end to take from, letters to pass over, how many, bytes. In portions, so that a large
# letter behind small ones does not bring many others with it.
TAKE = Script(
    HEAD
    + """
local from, skipped, most, bytes = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local items, size = {}, 0
while #items < most and size < bytes do
  local found = head(KEYS[1], from, skipped + #items, math.min(32, most - #items))
  if #found == 0 then break end
  for _, item in ipairs(found) do
    if size >= bytes then break end
    items[#items + 1], size = item, size + #item
  end
end
return items
"""
)

# KEYS: dead, target. ARGV: account, how many, bytes, the end to take from, the push command of the target. In portions,
# so that few large letters are held twice at a time; this takes less of the server's time than LMOVE for each.
_SWEEP = Script(
    HEAD
    + """
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'list')
if wrong then return wrong end
local most, bytes, from, push = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local portion, moved, size = 4, 0, 0
-- Whoever may not remove must learn it before anything is copied.
redis.call('LTRIM', KEYS[1], 0, -1)
while moved < most and size < bytes do
  local items = head(KEYS[1], from, 0, math.min(portion, most - moved))
  if #items == 0 then break end
  redis.call(push, KEYS[2], unpack(items))
  cut(KEYS[1], from, #items)
  moved = moved + #items
  for _, item in ipairs(items) do size = size + #item end
  portion = math.max(1, math.min(64, 4 * portion, math.floor(bytes * moved / (4 * size + 1))))
end
account(moved, moved, 0)
return {moved, 0, 0, 0, 0, 0, size}
"""
)

# KEYS: dead, target, parked, redrives (where a key is not used, the first stands for it). ARGV: account, the end that
# was looked at, the push command of the target, a sign for each letter, the letters, then their ids when redrives are
# counted. (To send the letters back costs less of the server's time than to have it hash them.) What has been pushed is
# taken back when a later push is refused.
_SETTLE = Script(
    HEAD
    + PUT
    + """
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'list') or wrong_type(KEYS[3], 'list')
if wrong then return wrong end
local from, push, verdicts = ARGV[2], ARGV[3], ARGV[4]
local number, size = #verdicts, 0
local counted = ARGV[5 + number] ~= nil
local items = head(KEYS[1], from, 0, number)
local lots = {m = {}, p = {}, k = {}, d = {}}
for at = 1, number do
  if items[at] ~= ARGV[4 + at] then return {0, 0, 0, 0, 0, 1, 0} end
  local lot = lots[verdicts:sub(at, at)]
  lot[#lot + 1] = items[at]
end
-- What must not be refused once something is copied is tried first, in a form that changes nothing.
local refused = try('LTRIM', KEYS[1], 0, -1)
if counted and not refused then
  refused = try('HINCRBY', KEYS[4], ARGV[5 + number], 0) or try('EXPIRE', KEYS[4], redrives_seconds)
    or try('HDEL', KEYS[4], '')
end
refused = refused or put(push, KEYS[2], lots.m) or put('RPUSH', KEYS[3], lots.p)
  or put(from == 'LEFT' and 'RPUSH' or 'LPUSH', KEYS[1], lots.k)
if refused then return refused end
cut(KEYS[1], from, number)
for at = 1, counted and number or 0 do
  local verdict, id = verdicts:sub(at, at), ARGV[4 + number + at]
  if verdict == 'm' then count_redrive(KEYS[4], id) end
  if verdict == 'p' or verdict == 'd' then redis.call('HDEL', KEYS[4], id) end
end
for _, item in ipairs(lots.m) do size = size + #item end
account(number, #lots.m, #lots.p)
return {#lots.m, #lots.p, #lots.d, #lots.k, 0, 0, size}
"""
)

# KEYS: dead. ARGV: account, the end to take from, how long the list should be. What is beyond has died since; it goes
# to the other end, out of the way of the pass.
PUT_BEHIND = Script(
    HEAD
    + """
local from, more = ARGV[2], redis.call('LLEN', KEYS[1]) - tonumber(ARGV[3])
for at = 1, math.min(more, 1000) do
  if from == 'LEFT' then
    redis.call('RPUSH', KEYS[1], redis.call('LINDEX', KEYS[1], 0))
  else
    redis.call('RPOPLPUSH', KEYS[1], KEYS[1])
  end
  if from == 'LEFT' then redis.call('LTRIM', KEYS[1], 1, -1) end
end
return math.max(more, 0)
"""
)

# KEYS: dead, a mark of the batch. ARGV: account, the push command, seconds for which the mark stays, the letters.
_RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'list')
if wrong then return wrong end
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then return 0 end
local answer = redis.pcall(ARGV[2], KEYS[1], unpack(ARGV, 4))
if type(answer) == 'table' and answer.err then
  redis.call('SET', KEYS[2], '1', 'PX', 1)
  return answer
end
return #ARGV - 3
""")
_MARK_SECONDS = 30 * 86400
# Of the newest letters: how many are looked at to see which of those that were moved are dead again.
_NEWEST_LOOKED_AT = 2000
# Letters that are read at a time by whoever may only read.
_PORTION = 32


class RedisListLetters(RedisLetters):
    """A pass through a list of dead letters."""

    TYPE: ClassVar[str] = "list"
    queue: RedisList

    def __init__(self, queue: RedisList, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._refuse_one_key_for_two()
        self._reader = Reader(queue.options.get("item"))
        self._payloads = Payloads(queue.options.get("payload_key"))
        oldest = _OTHER[queue.options["push"]]
        self._newest_first = terms.order != OLDEST
        self._from = _OTHER[oldest] if self._newest_first else oldest
        self._left = 0
        self._kept = 0
        self._walked = 0
        self._there = False

    def _refuse_one_key_for_two(self) -> None:
        keys = {"key": self.queue.key, "dead": self.dead, "parked": self.parking()}
        for one, other in (("key", "dead"), ("key", "parked"), ("dead", "parked")):
            if keys[one] == keys[other]:
                raise InputError(f"{one} and {other} are the same key", on=self.on, advice="give each a key of its own")

    def begin(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        (kind,) = self.ask(("TYPE", self.dead))
        if as_text(kind) not in ("list", "none"):
            raise WrongType(f"the key {self.dead} holds a {as_text(kind)}, a list was expected", on=self.on)
        self._there = as_text(kind) == "list" or self.queue.options["missing"] == "empty"
        if not self._there:
            self.note(f"the key {self.dead} does not exist: no dead letters, or a misspelt name")
        (length,) = self.ask(("LLEN", self.dead))
        self._left = length
        self._pick_up(length)
        return self._left

    def _pick_up(self, length: int) -> None:
        """Go on where an earlier part of the run ended; the server's account knows it, even if the part died."""
        position, account = self.terms.position, self.account()
        if not position:
            return
        looked = account.get("looked", 0)
        left = int(position["size"]) - looked if looked else int(position["left"])
        self._left = min(length, max(left, 0))
        settled = account.get("moved", 0) + account.get("parked", 0)
        self._kept = max(looked - settled, 0) if looked else int(position.get("kept", 0))

    def count(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        (length,) = self.ask(("LLEN", self.dead))
        self._there = self._there or length > 0
        return int(length) if self._there else None

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = min(most, self._left, self.size.items)
        if wanted <= 0:
            return []
        if self._newest_first and not self.terms.dry:
            self.call(PUT_BEHIND, [self.dead], self._from.upper(), self._left + self._kept, items=0)
        bodies = self._walk(wanted) if self.terms.dry else self._head(self._from, wanted, self.size.bytes)
        letters = [self._reader.letter(body) for body in bodies]
        self.size.learn(len(bodies), 0.0, sum(map(len, bodies)))
        if self.terms.dry:
            self._walked += len(letters)
            self._left -= len(letters)
        if not letters:
            self._left = 0
        return self.with_redrives(self._payloads.checked(letters, self.ask))

    def _head(self, end: str, most: int, size: int) -> list[bytes]:
        """Return the letters at an end of the list, at most ``most`` and about ``size`` bytes."""
        bodies: list[bytes] = self.read(TAKE, [self.dead], end.upper(), 0, most, size)
        return bodies

    def _walk(self, most: int) -> list[bytes]:
        """Return letters behind those that were returned before, with nothing that only reads may not do."""
        start = self._walked
        wanted = min(most, _PORTION)
        bounds = (start, start + wanted - 1) if self._from == LEFT else (-start - wanted, -start - 1)
        (bodies,) = cast("list[list[bytes]]", self.ask(("LRANGE", self.dead, *bounds)))
        return bodies if self._from == LEFT else bodies[::-1]

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        ids = [letter.id for letter in letters] if self.terms.count_redrives else []
        done = settled(
            self.call(
                _SETTLE,
                [
                    self.dead,
                    self.queue.key,
                    self.parking() if PARK in verdicts else self.dead,
                    self.redrives_key if ids else self.dead,
                ],
                self._from.upper(),
                self._push(),
                signs(verdicts),
                *[letter.body or b"" for letter in letters],
                *ids,
                items=len(letters),
            )
        )
        self._left -= 0 if done.changed else len(letters)
        self._kept += done.kept
        return done

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. The newest are looked at, as others may come before them."""
        if self._newest_first:
            return super().sweep(most)
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

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`. Only where ``item`` has a path to an id; the newest are looked at."""
        bodies = self._head(self.queue.options["push"], _NEWEST_LOOKED_AT + self._kept, 100 * self.size.bytes)
        sent = set(ids)
        return sum(self._reader.letter(body).id in sent for body in bodies)

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`."""
        return {"left": self._left, "kept": self._kept, "size": self._left + self.account().get("looked", 0)}

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        return {"id": letter.id, "body": coded(letter.body or b"")}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`."""
        with reading_records("a list", "a field body"):
            bodies = [decoded(record["body"]) for record in records]
        if not bodies:
            return 0
        mark = self.beside_dead(f"day2:restored:{batch}")
        return int(self.call(_RESTORE, [self.dead, mark], self._push(), _MARK_SECONDS, *bodies, items=len(bodies)))

    def _push(self) -> str:
        return "RPUSH" if self.queue.options["push"] == RIGHT else "LPUSH"
