# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Entries that consumers of a group have been given and never acknowledged, as they are gone.

They are added to the stream anew and acknowledged in one step: most consumers only ask for new entries, and would never
look at one that is claimed for them. Where other groups read the stream too, an entry that is added anew would be
worked on by them a second time; so there, and where the user says so, they are claimed for a consumer that looks after
what is pending for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, NotThere, WrongType
from .._core.waiting import Clock
from .redis_letters import Script, as_text
from .redis_stale import RedisStale
from .redis_stream_scripts import MOST_TEXTS, TOO_WIDE
from .stale import Asked, Holding, Recovered

if TYPE_CHECKING:
    from .redis_stream import RedisStream

ALIVE = "its consumer is alive"
RECENT = "it was given out lately"
_PAGE = 500

# KEYS: the stream. ARGV: account, group, consumer, milliseconds of silence, who shall get the entries (empty: they are
# added anew), then ids.
_RECOVER = Script(
    """
local group, consumer, silence, heir = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
for _, found in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group)) do
  local told = {}
  for at = 1, #found, 2 do told[found[at]] = found[at + 1] end
  if told.name == consumer and told.idle < silence then return {0, 0, 0} end
end
-- Whoever may not acknowledge must learn it before anything is added.
redis.call('XACK', KEYS[1], group, '0-0')
local recovered, gone, too_wide = 0, 0, 0
for at = 6, #ARGV do
  local id = ARGV[at]
  local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)[1]
  if pending and pending[2] == consumer and pending[3] >= silence then
    local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
    if not entry then
      redis.call('XACK', KEYS[1], group, id)
      gone = gone + 1
    elseif heir ~= '' then
      redis.call('XCLAIM', KEYS[1], group, heir, silence, id)
      recovered = recovered + 1
    elseif #entry[2] > """
    + str(MOST_TEXTS)
    + """ then
      too_wide = too_wide + 1
    else
      redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
      redis.call('XACK', KEYS[1], group, id)
      recovered = recovered + 1
    end
  end
end
return {recovered, gone, too_wide}
"""
)


class RedisStreamStale(RedisStale):
    """The entries that are pending for the consumers of a group."""

    def __init__(self, queue: RedisStream, asked: Asked) -> None:
        super().__init__(queue, asked)
        self._key = queue.key
        group: str | None = queue.options.get("group")
        if not group:
            raise InputError(f"the queue {queue.name} does not say whose entries are meant", advice="give group")
        if asked.taken_at:
            raise InputError("taken_at is for lists; a stream itself tells when entries were given out")
        self._group = group
        self._after: dict[str, str | None] = {}  # by consumer, where the next page begins; None when there is none

    def find(self, clock: Clock) -> Sequence[Holding]:
        """See :class:`.stale.StaleItems`. A consumer is taken for gone when it has been silent for long enough."""
        self._check()
        (consumers,) = self.ask(("XINFO CONSUMERS", self._key, self._group))
        return [self._holding(_told(one)) for one in consumers]

    def _check(self) -> None:
        """Refuse what cannot be, before anything is changed."""
        (kind,) = self.ask(("TYPE", self._key))
        if as_text(kind) == "none":
            raise NotThere(f"the stream {self._key} does not exist", on=self._on)
        if as_text(kind) != "stream":
            raise WrongType(f"the key {self._key} holds a {as_text(kind)}, a stream was expected", on=self._on)
        (groups,) = self.ask(("XINFO GROUPS", self._key))
        names = [as_text(_told(one)["name"]) for one in groups]
        if self._group not in names:
            raise NotThere(f"the stream {self._key} has no group {self._group}", on=self._on)
        if len(names) > 1 and not self._asked.consumer:
            others = ", ".join(name for name in names if name != self._group)
            raise InputError(
                f"entries added anew would be worked on by other groups of the stream too: {others}",
                on=self._on,
                advice="give consumer: one of this group that looks at what is pending for it",
            )
        if self._asked.consumer:
            self._check_heir(self._asked.consumer)

    def _check_heir(self, heir: str) -> None:
        (consumers,) = self.ask(("XINFO CONSUMERS", self._key, self._group))
        alive = [as_text(one["name"]) for one in map(_told, consumers) if one["idle"] < self._asked.idle * 1000]
        if heir not in alive:
            raise InputError(
                f"the consumer {heir} is not alive in the group {self._group}",
                on=self._on,
                advice=f"alive are {', '.join(alive[:10]) or 'none'}",
            )

    def _holding(self, consumer: dict[str, Any]) -> Holding:
        name, pending = as_text(consumer["name"]), int(consumer["pending"])
        if not pending:
            return Holding(name)
        if consumer["idle"] < self._silence:
            return Holding(name, left={ALIVE: pending})
        stale = sum(len(page) for page in self._pages(name))
        return Holding(name, stale, {RECENT: pending - stale} if pending > stale else {})

    @property
    def _silence(self) -> int:
        return int(self._asked.idle * 1000)

    def _pages(self, consumer: str) -> Iterator[list[str]]:
        """Yield the ids of what is stale, page by page."""
        after = ""
        while True:
            page, after = self._page(consumer, after, _PAGE)
            if page:
                yield page
            if not after:
                return

    def _page(self, consumer: str, after: str, most: int) -> tuple[list[str], str]:
        """Return ids after this one that are stale, and where the next page begins; empty when this is the last."""
        start = _next(after) if after else "-"
        (found,) = self.ask(("XPENDING", self._key, self._group, start, "+", most, consumer))
        stale = [as_text(one[0]) for one in found if one[2] >= self._silence]
        return stale, as_text(found[-1][0]) if len(found) == most else ""

    def recover(self, holding: Holding, most: int) -> Recovered:
        """See :class:`.stale.StaleItems`."""
        after = self._after.get(holding.consumer, "")
        ids: list[str] = []
        while not ids and after is not None:
            ids, following = self._page(holding.consumer, after, most)
            after = following or None
        self._after[holding.consumer] = after
        if not ids:
            return Recovered()
        heir = self._asked.consumer or ""
        answer = self.call(_RECOVER, [self._key], self._group, holding.consumer, self._silence, heir, *ids)
        recovered, gone, too_wide = map(int, answer)
        return Recovered(recovered, gone=gone, left={TOO_WIDE: too_wide} if too_wide else {})


def _told(answer: Sequence[Any]) -> dict[str, Any]:
    return {as_text(name): value for name, value in zip(answer[::2], answer[1::2])}


def _next(entry: str) -> str:
    """Return the lowest id after ``entry``. (Servers before 6.2 do not know the sign for "without this one".)"""
    milliseconds, _dash, number = entry.partition("-")
    return f"{milliseconds}-{int(number) + 1}"
