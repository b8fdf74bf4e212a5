# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What passes through dead letters in Redis have in common: scripts, the size of a call, the account of a run.

A kind gives scripts in Lua. Each of them settles a batch as one step of the server. A script begins with what is in
``_PRELUDE``, answers with what :func:`settled` reads, and is called by :meth:`RedisLetters.call`, which adds the key of
the account when a run keeps one. As a script that fails in the middle is not undone, it checks the types of all keys
that it writes to before it writes (``wrong_type``).
"""

from __future__ import annotations

import hashlib
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._core import redis_connection
from .._core.errors import InputError
from .._core.libraries import load
from .._core.redis_connection import explained
from .call_size import CALL_SECONDS, GENTLE_SECONDS, CallSize
from .dead_letters import KEEP, MOVE, PARK, Settled, Terms
from .letters import Letter
from .redis_ahead import IN_A_ROW, Ahead, row_arguments
from .redis_queue import RedisQueue
from .redis_server import Command

# Days for which the server remembers a run, and how often a letter was moved.
_RUN_SECONDS = 7 * 86400
_REDRIVES_SECONDS = 30 * 86400

_PRELUDE = (
    f"""
local run_seconds, redrives_seconds = {_RUN_SECONDS}, {_REDRIVES_SECONDS}
"""
    + """
local account_key = ARGV[1] == '1' and KEYS[#KEYS] or nil
local function account(looked, moved, parked)
  if not account_key then return end
  redis.call('HINCRBY', account_key, 'looked', looked)
  redis.call('HINCRBY', account_key, 'moved', moved)
  redis.call('HINCRBY', account_key, 'parked', parked)
  redis.call('EXPIRE', account_key, run_seconds)
end
-- A script that is refused in the middle is not undone, so that is found out first.
if account_key then
  local answer = redis.pcall('HINCRBY', account_key, 'looked', 0)
  if type(answer) == 'table' and answer.err then return answer end
  answer = redis.pcall('EXPIRE', account_key, run_seconds)
  if type(answer) == 'table' and answer.err then return answer end
end
local function wrong_type(key, expected)
  local actual = redis.call('TYPE', key).ok
  if actual ~= 'none' and actual ~= expected then
    return redis.error_reply('WRONGTYPE the key ' .. key .. ' holds a ' .. actual .. ', a ' .. expected .. ' is needed')
  end
end
-- Returns the error when redrives may not be counted; to be asked before anything is moved.
local function may_not_count(key)
  if wrong_type(key, 'hash') then return wrong_type(key, 'hash') end
  local probe = '\\0day2.ops\\0'
  for _, asked in ipairs({{'HINCRBY', key, probe, 0}, {'EXPIRE', key, redrives_seconds}, {'HDEL', key, probe}}) do
    local answer = redis.pcall(unpack(asked))
    if type(answer) == 'table' and answer.err then return answer end
  end
end
local function count_redrive(key, id)
  redis.call('HINCRBY', key, id, 1)
  redis.call('EXPIRE', key, redrives_seconds)
end
"""
)

_REASONS = 7
_SUMS = ("moved", "parked", "dropped", "kept", "vanished", "size")


# A call's time by our clock has the way there, others' turns and the disk in it, which do not become less when fewer
# letters go into a call. So the script is timed; 0 stands for a server that does not tell its time.
CLOCK = """
local function microseconds()
  local time = redis.pcall('TIME')
  return time.err and 0 or time[1] * 1000000 + time[2]
end
"""
_TIMED = (
    CLOCK
    + """
local function settle()
%s
end
local began = microseconds()
local answer = settle()
if type(answer) ~= 'table' or answer.err then return answer end
return {microseconds() - began, answer}
"""
)


class Script:
    """A script in Lua that is sent once and called by its hash from then on.

    :ivar timed: the same script, which answers a list as two: microseconds that it took, and the list.
    """

    timed: Script

    def __init__(self, text: str, timed: bool = False) -> None:
        """Take the script without the prelude. ``ARGV[1]`` is the prelude's, its own arguments begin at 2."""
        self.text = _PRELUDE + (_TIMED % text if timed else text)
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()
        self.timed = self if timed else Script(text, True)


def settled(answer: Sequence[Any]) -> Settled:
    """Return what a script answered: moved, parked, dropped, kept, vanished, changed, bytes, then reason and number of
    what was skipped, as often as there are reasons. A script that tells more answers a list that begins with this one.
    """
    if answer and isinstance(answer[0], list):
        answer = answer[0]
    moved, parked, dropped, kept, vanished, changed, size = (int(number) for number in answer[:_REASONS])
    reasons = answer[_REASONS:]
    skipped = {as_text(reason): int(count) for reason, count in zip(reasons[::2], reasons[1::2])}
    return Settled(moved, parked, dropped, kept, skipped, vanished, bool(changed), size)


def added_up(batches: Sequence[Settled]) -> Settled:
    """Return what several batches came to."""
    skipped: dict[str, int] = {}
    for batch in batches:
        for reason, number in batch.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + number
    sums = {name: sum(getattr(batch, name) for batch in batches) for name in _SUMS}
    return Settled(**sums, skipped=skipped, changed=any(batch.changed for batch in batches))


def as_text(value: Any) -> str:
    """Return what Redis sent as text."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def signs(verdicts: Sequence[str]) -> str:
    """Return verdicts as one letter each, for a script: m, p, d, k."""
    return "".join(verdict[0] for verdict in verdicts)


class RedisLetters(ABC):
    """A pass through dead letters in Redis. See :class:`.dead_letters.DeadLetters` for what the methods do.

    :ivar dead: the key that holds the dead letters.
    """

    TYPE: ClassVar[str]

    def __init__(self, queue: RedisQueue, terms: Terms, dead: str) -> None:
        """Take a pass's terms. Nothing is sent."""
        self.queue = queue
        self.terms = terms
        self.dead = dead
        self.looked = 0
        self.size = CallSize(GENTLE_SECONDS if terms.gentle else CALL_SECONDS)
        self._client: Any = None
        self._ahead: Ahead | None = None
        # In a cluster a key of ours beside those of the queue may be on another node.
        self._may_go_ahead = not terms.gentle and not self.in_cluster
        self._notes: list[str] = []

    # The kind's own

    @abstractmethod
    def begin(self) -> int | None:
        """See the protocol."""

    @abstractmethod
    def count(self) -> int | None:
        """See the protocol."""

    @abstractmethod
    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol."""

    @abstractmethod
    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol."""

    @abstractmethod
    def position(self) -> dict[str, Any]:
        """See the protocol."""

    def sweep(self, most: int) -> Settled:
        """See the protocol. A kind without a script for it looks at the letters, and moves them all."""
        letters = self.take(most)
        return self.settle(letters, [MOVE] * len(letters)) if letters else Settled()

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol. A kind with the trait ``ids`` overrides this."""
        raise InputError(f"letters of the kind {self.queue.kind} have no ids of their own", on=self.on)

    # In common

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def note(self, sentence: str) -> None:
        """Add a sentence to :meth:`notes`, once."""
        if sentence not in self._notes:
            self._notes.append(sentence)

    def parking(self) -> str:
        """See the protocol: the terms' key, the queue's option ``parked``, or the key of dead letters with a suffix."""
        return str(self.terms.park or self.queue.options.get("parked") or self.beside_dead("parked"))

    def account(self) -> Mapping[str, int]:
        """See the protocol."""
        if not self.terms.account:
            return {}
        (answer,) = self.ask(("HGETALL", self.account_key))
        return {as_text(name): int(value) for name, value in zip(answer[::2], answer[1::2])}

    @property
    def account_key(self) -> str:
        """Return the key where the server notes how far the run has come."""
        return self.beside_dead(f"day2:run:{self.terms.run}")

    @property
    def redrives_key(self) -> str:
        """Return the key of the hash that holds how often each letter was moved, by id."""
        return self.beside_dead("day2:redrives")

    def beside_dead(self, suffix: str) -> str:
        """Return the name of a key that belongs to the dead letters' one."""
        return beside(self.dead, suffix, self.in_cluster)

    @property
    def in_cluster(self) -> bool:
        """Tell whether keys that are used together must be in one slot."""
        return bool(self.queue.options.get("cluster"))

    @property
    def on(self) -> str:
        """Return key and server, for messages."""
        return f"{self.dead} at {redis_connection.where(self.queue.options)}"

    @property
    def client(self) -> Any:
        """Return the connection, which is made when first needed; answers are as the server gives them."""
        if self._client is None:
            self._client = redis_connection.connect(self.queue.options)
            self._client.response_callbacks.clear()
        return self._client

    def close(self) -> None:
        """See the protocol."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def ask(self, *commands: Command, doing: str = "read the dead letters") -> list[Any]:
        """Return the answers to commands, which go out together.

        :raises OpsError: the first error among the answers; no connection.
        """
        if not commands:
            return []
        with explained(doing, self.on):
            pipeline = self.client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute())

    def call(self, script: Script, keys: Sequence[str], *arguments: Any, items: int) -> Any:
        """Call a script and learn from the time it took.

        :param items: how many it is asked to settle. :returns: its answer, as the server gave it.
        """
        began = time.perf_counter()
        with explained("settle dead letters", self.on):
            answer = self._evaluated(script.timed, self._accounted(keys, arguments))
        seconds = time.perf_counter() - began
        answer = self._learned(answer, items, seconds)
        self.be_gentle(seconds)
        return answer

    def calls(self, script: Script, keys: Sequence[str], *arguments: Any, items: int, most: int) -> list[Any]:
        """Call a script with :data:`.redis_ahead.AHEAD` in it as often in a row as ``most`` items allow.

        :param keys: two; the note's is added. :param items: how many each call is asked to settle.
        :returns: the answers up to the first error, which the next call meets again.
        """
        number = min(IN_A_ROW, most // items) if self._may_go_ahead else 1
        note = self.beside_dead(f"day2:at:{self.terms.run}") if number > 1 else self.dead
        rows = [[*arguments, *row] for row in row_arguments(max(number, 1))]
        if number <= 1:
            return [self.call(script, [*keys, note], *rows[0], items=items)]
        began = time.perf_counter()
        with explained("settle dead letters", self.on):
            answers = self._answers_ahead(script.timed, [self._accounted([*keys, note], row) for row in rows])
        each = (time.perf_counter() - began) / number
        return [self._learned(answer, items, each) for answer in answers]

    def _answers_ahead(self, script: Script, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the answers of calls in a row up to the first error, which is raised when it is the first answer."""
        if self._ahead is None:
            self.client.execute_command("SCRIPT LOAD", script.text)
            self._ahead = Ahead(self.client)
        answers = self._ahead.answers(script.sha, calls)
        good = list(itertools.takewhile(lambda answer: not isinstance(answer, Exception), answers))
        self._may_go_ahead = len(good) == len(answers)
        # The server may have been restarted since, and then knows no script any more.
        return good or [self._evaluated(script, calls[0])]

    def _accounted(self, keys: Sequence[str], arguments: Sequence[Any]) -> list[Any]:
        """Return what follows a script's hash: keys and arguments, those of the account among them."""
        every = [*keys, *([self.account_key] if self.terms.account else [])]
        return [len(every), *every, "1" if self.terms.account else "0", *arguments]

    def _learned(self, answer: Any, items: int, seconds: float) -> Any:
        """Take into account how long the server says a call took, and return the rest of its answer."""
        if isinstance(answer, list):
            microseconds, answer = answer
            self.size.learn(items, microseconds / 1e6 or seconds, settled(answer).size)
        return answer

    def be_gentle(self, seconds: float) -> None:
        """Leave the server to everybody else for as long again as a call took, when the terms want it."""
        if self.terms.gentle:
            time.sleep(seconds)

    def read(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Call a script that changes nothing, and return its answer as the server gave it."""
        with explained("read the dead letters", self.on):
            return self._evaluated(script, [len(keys), *keys, "0", *arguments])

    def _evaluated(self, script: Script, rest: Sequence[Any]) -> Any:
        try:
            return self.client.execute_command("EVALSHA", script.sha, *rest)
        except load("redis.exceptions").NoScriptError:
            return self.client.execute_command("EVAL", script.text, *rest)

    def with_redrives(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        """Fill in how often each letter was moved, when the terms want it."""
        if letters and self.terms.count_redrives:
            names = [self.redrives_name(letter) for letter in letters]
            (counts,) = self.ask(("HMGET", self.redrives_key, *names))
            for letter, count in zip(letters, counts):
                letter.redrives = int(count or 0)
        return letters

    def settle_keys(self, target: str, verdicts: Sequence[str]) -> list[str]:
        """Return a settling script's keys: of the dead letters, the queue, the parked ones, the counts of redrives.

        Nobody need be allowed to use what is not used: the first stands for it.
        """
        parking = self.parking() if PARK in verdicts else self.dead
        return [self.dead, target, parking, self.redrives_key if self.terms.count_redrives else self.dead]

    def redrives_name(self, letter: Letter) -> str:
        """Return by what redrives of a letter are counted. A kind whose ids change when a letter dies overrides it."""
        return letter.id

    def refuse_unknown(self, verdicts: Iterable[str], known: frozenset[str]) -> None:
        """Refuse a verdict that the kind cannot execute.

        :raises InputError: there is one.
        """
        for verdict in set(verdicts) - known - {KEEP, MOVE}:
            what = "parked" if verdict == PARK else "removed"
            raise InputError(f"letters of the kind {self.queue.kind} cannot be {what}", on=self.on)


def beside(key: str, suffix: str, in_cluster: bool) -> str:
    """Return the name of a key that belongs to another: in a cluster one that is in the same slot.

    The slot is that of what stands in braces, where something does.
    """
    return f"{{{key}}}:{suffix}" if in_cluster and "{" not in key else f"{key}:{suffix}"
