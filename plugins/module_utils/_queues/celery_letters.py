# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters of Celery: a list of messages, each put back into the list of its priority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from .celery_messages import FOREIGN, MessageReader, priority, without_retries
from .dead_letters import ATTEMPTS_RESET, KEEP, MOVE, PARK, Settled, Terms
from .letters import Letter
from .redis_letters import RedisLetters, Script, settled, signs
from .redis_list_letters import HEAD, PUT, RedisListLetters

if TYPE_CHECKING:
    from .celery import Celery

# KEYS: dead, parked, redrives (where a key is not used, the first stands for it), the queue's lists. ARGV: account, the
# end that was looked at, a sign for each letter, the letters, then of each the number of its list and what is put there
# instead of it (empty: the letter), then their ids when redrives are counted. Celery puts on at the left and takes from
# the right. What has been pushed is taken back when a later push is refused.
_SETTLE = Script(
    HEAD
    + PUT
    + """
local from, verdicts = ARGV[2], ARGV[3]
local number, lists = #verdicts, #KEYS - 3 - (account_key and 1 or 0)
local first_id = 3 + 3 * number
local counted = ARGV[first_id + 1] ~= nil
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'list')
for at = 1, lists do wrong = wrong or wrong_type(KEYS[3 + at], 'list') end
if wrong then return wrong end
local items = head(KEYS[1], from, 0, number)
local lots, targets, size = {m = {}, p = {}, k = {}, d = {}}, {}, 0
for at = 1, lists do targets[at] = {} end
for at = 1, number do
  local item, sign, base = items[at], verdicts:sub(at, at), 3 + number + 2 * at
  if item ~= ARGV[3 + at] then return {0, 0, 0, 0, 0, 1, 0} end
  table.insert(lots[sign], item)
  if sign == 'm' then
    table.insert(targets[tonumber(ARGV[base - 1])], ARGV[base] ~= '' and ARGV[base] or item)
    size = size + #item
  end
end
-- What must not be refused once something is copied is tried first, in a form that changes nothing.
local refused = try('LTRIM', KEYS[1], 0, -1)
if counted and not refused then
  refused = try('HINCRBY', KEYS[3], ARGV[first_id + 1], 0) or try('EXPIRE', KEYS[3], redrives_seconds)
    or try('HDEL', KEYS[3], '')
end
for at = 1, lists do refused = refused or put('LPUSH', KEYS[3 + at], targets[at]) end
refused = refused or put('RPUSH', KEYS[2], lots.p)
  or put(from == 'LEFT' and 'RPUSH' or 'LPUSH', KEYS[1], lots.k)
if refused then return refused end
cut(KEYS[1], from, number)
for at = 1, counted and number or 0 do
  local sign, id = verdicts:sub(at, at), ARGV[first_id + at]
  if sign == 'm' then count_redrive(KEYS[3], id) end
  if sign == 'p' or sign == 'd' then redis.call('HDEL', KEYS[3], id) end
end
account(number, #lots.m, #lots.p)
return {#lots.m, #lots.p, #lots.d, #lots.k, 0, 0, size}
"""
)


class CeleryLetters(RedisListLetters):
    """A pass through the list to which workers put messages whose task has failed."""

    def __init__(self, queue: Celery, terms: Terms, dead: str) -> None:
        super().__init__(cast("Any", queue), terms, dead)
        self._celery = queue
        self._reader = cast("Any", MessageReader(queue.options.get("item")))

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. What no worker could read is not moved: it may end the worker."""
        vain = [letter.gone == FOREIGN and verdict == MOVE for letter, verdict in zip(letters, verdicts)]
        actual = [KEEP if hopeless else verdict for hopeless, verdict in zip(vain, verdicts)]
        lists = self._celery.keys
        reset, counted = self.terms.attempts == ATTEMPTS_RESET, self.terms.count_redrives
        told: list[Any] = []
        for letter in letters:
            told.append(lists.index(self._celery.key_for(priority(letter.handle))) + 1)
            told.append(without_retries(letter.handle) if reset else b"")
        done = settled(
            self.call(
                _SETTLE,
                [
                    self.dead,
                    self.parking() if PARK in actual else self.dead,
                    self.redrives_key if counted else self.dead,
                    *lists,
                ],
                self._from.upper(),
                signs(actual),
                *[letter.body or b"" for letter in letters],
                *told,
                *([letter.id for letter in letters] if counted else []),
                items=len(letters),
            )
        )
        if done.changed:
            return done
        self._left -= len(letters)
        self._kept += done.kept
        number = sum(vain)
        return replace(done, kept=done.kept - number, skipped={FOREIGN: number}) if number else done

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. Which list a message belongs to stands in it: each is looked at."""
        return RedisLetters.sweep(self, most)
