# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``redis_stream``: a stream, alone or as one of its consumer groups sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import WrongType
from .base import Depth
from .dead_letters import ATOMIC, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, SWEEPS, DeadLetters, Terms
from .letters import FIELDS, ITEM
from .redis_payloads import PAYLOAD
from .redis_queue import AGE, CONSUMERS, DEAD, IN_FLIGHT, MISSING, PARKED, RedisQueue
from .redis_server import Command, ServerClock, Steps, refuse_errors
from .stale import Asked, StaleItems

_STEP = 500
_MOST_STEPS = 200
# Those with the most pending entries are told.
_MOST_MEMBERS = 200


class RedisStream(RedisQueue):
    """A stream; with ``group``, what this group has still to be given and has not acknowledged."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + MISSING
        + ArgSpec(
            options={
                "key": {"type": "str", "no_log": False},
                "group": {"type": "str"},
                "dead": {"type": "str"},
                "field": {"type": "str"},
                "idle_after": {"type": "float", "default": 60.0},
            }
        )
        + PARKED
        + PAYLOAD
        + ITEM
    )
    TYPE: ClassVar[str] = "stream"
    TRAITS: ClassVar[frozenset[str]] = frozenset({ATOMIC, SWEEPS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, RESTORES})
    told_by_item: ClassVar[frozenset[str]] = FIELDS - {"failed_at"}  # an entry's id tells when it was added

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        by_group = {IN_FLIGHT, CONSUMERS} if self.options.get("group") else set()
        return frozenset({AGE} | by_group | ({DEAD} if self.options.get("dead") else set()))

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`."""
        now = yield from clock.now()
        group: str | None = self.options.get("group")
        commands: list[Command] = [("TYPE", self.key), ("XLEN", self.key), *self._group_commands(group)]
        answers = yield commands
        absent = self._absent(answers, group)
        if absent:
            return Depth(exists=False, type=self.TYPE, note=absent)
        yield from refuse_errors(self.TYPE, self.on(), commands, answers)
        if group is None:
            depth = yield from self._whole(answers[1], now)
        else:
            info = {_text(info["name"]): info for info in map(as_fields, answers[2])}[
                group
            ]  # _absent has seen it there
            depth = yield from self._of_group(info, answers[1], answers[3], answers[4], now)
        return (yield from self._with_dead(depth))

    def _group_commands(self, group: str | None) -> list[Command]:
        if group is None:
            return []
        return [
            ("XINFO GROUPS", self.key),
            ("XPENDING", self.key, group),
            ("XINFO CONSUMERS", self.key, group),
        ]

    def _absent(self, answers: list[Any], group: str | None) -> str:
        """Return the sentence that says what is not there; empty when all is.

        :raises WrongType: the key holds something else.
        """
        kind = _text(answers[0]) if isinstance(answers[0], bytes) else self.TYPE
        if kind == "none":
            return f"the stream {self.key} does not exist; that is never taken for an empty one"
        if kind != self.TYPE:
            raise WrongType(
                f"the key {self.key} holds a {kind}, a stream was expected", on=self.on(), advice="check key and kind"
            )
        if group is None or isinstance(answers[2], Exception):
            return ""
        names = [_text(as_fields(info)["name"]) for info in answers[2]]
        if group in names:
            return ""
        return f"the stream {self.key} has no group {group}; it has {', '.join(sorted(names)[:10]) or 'none'}"

    def _whole(self, length: int, now: float) -> Steps[Depth]:
        """Measure a stream without a group: each entry is waiting."""
        oldest = (yield from self._first_after("0-0")) if length else None
        return Depth(exists=True, type=self.TYPE, ready=length, oldest_age=_age(oldest, now))

    def _of_group(
        self, info: dict[str, Any], length: int, pending: list[Any], consumers: list[Any], now: float
    ) -> Steps[Depth]:
        """Measure as a group sees it.

        :param info: of ``XINFO GROUPS``. :param pending: the summary of ``XPENDING``: how many, lowest id, …
        """
        last = _text(info["last-delivered-id"])
        lag, notes = info.get("lag"), []
        if lag is None:
            lag = (yield from self._count_after(last)) if length else 0
            notes.append(
                "the server does not know the lag; "
                + (f"counted after {last}" if lag is not None else f"more than {_STEP * _MOST_STEPS} entries wait")
            )
        oldest = _text(pending[1]) if pending[0] else None
        if oldest is None and lag != 0:
            oldest = yield from self._first_after(last)
        members = [_member(as_fields(consumer)) for consumer in consumers]
        active, note = self._consumers(members)
        return Depth(
            exists=True,
            type=self.TYPE,
            ready=lag,
            in_flight=pending[0],
            lag=lag,
            consumers=active,
            oldest_age=_age(oldest, now),
            note="; ".join([*notes, *note]),
            members=sorted(members, key=lambda member: (-member["pending"], member["name"]))[:_MOST_MEMBERS],
        )

    def _consumers(self, members: list[dict[str, Any]]) -> tuple[int, list[str]]:
        """Return how many consumers are active, and the sentence on the others."""
        limit = float(self.options["idle_after"])
        active = sum(1 for member in members if member["idle"] <= limit)
        idle = len(members) - active
        return active, [f"{idle} more consumers were silent for over {limit:g} s"] if idle else []

    def _first_after(self, entry: str) -> Steps[str | None]:
        (entries,) = yield from self.ask(("XRANGE", self.key, _after(entry), "+", "COUNT", 1))
        return _text(entries[0][0]) if entries else None

    def _count_after(self, entry: str) -> Steps[int | None]:
        """Count in bounded steps; None when there are too many to count."""
        count = 0
        for _step in range(_MOST_STEPS):
            (entries,) = yield from self.ask(("XRANGE", self.key, _after(entry), "+", "COUNT", _STEP))
            count += len(entries)
            if len(entries) < _STEP:
                return count
            entry = _text(entries[-1][0])
        return None

    def _with_dead(self, depth: Depth) -> Steps[Depth]:
        """Add the entries of the stream of dead letters. Unlike the stream itself it may not have been needed yet."""
        dead: str | None = self.options.get("dead")
        if not dead:
            return depth
        exists, length = yield from self.ask(("EXISTS", dead), ("XLEN", dead))
        size = length if exists else self.known(dead, 0)
        notes = filter(None, [depth.note, self.missing_note({dead: size})])
        return replace(depth, dead=size, note="; ".join(notes))

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .redis_stream_letters import RedisStreamLetters

        dead = self.dead_key()
        if (self.options.get("item") or {}).get("id"):
            self.TRAITS = self.TRAITS | {IDS}  # type: ignore[misc]  # an id that the letters bring stays the same
        return RedisStreamLetters(self, terms, dead)

    def stale_items(self, asked: Asked) -> StaleItems:
        """See :class:`.stale.Recoverable`."""
        from .redis_stream_stale import RedisStreamStale

        return RedisStreamStale(self, asked)


def as_fields(answer: Any) -> dict[str, Any]:
    """Return a flat list of names and values, as Redis sends it, as a mapping."""
    return {_text(name): value for name, value in zip(answer[::2], answer[1::2])}


def _member(info: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a consumer, for what ``XINFO CONSUMERS`` says of it."""
    return {"name": _text(info["name"]), "pending": int(info["pending"]), "idle": info["idle"] / 1000}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _after(entry: str) -> str:
    """Return the lowest id after ``entry``. (Servers before 6.2 do not know the sign for "without this one".)"""
    milliseconds, _dash, number = entry.partition("-")
    return f"{milliseconds}-{int(number) + 1}"


def _age(entry: str | None, now: float) -> float:
    """Return the seconds since an entry was added, which its id tells; 0.0 for no entry."""
    return max(now - int(entry.partition("-")[0]) / 1000, 0.0) if entry else 0.0
