# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Measuring many queues of one Redis together: in each round, what all of them ask goes out in one pipeline."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .._core.errors import OpsError, WrongType
from .._core.redis_connection import explain, explained
from .._core.redis_rounds import Rounds

if TYPE_CHECKING:
    import redis

    from .base import Depth
    from .redis_queue import RedisQueue

Answer = TypeVar("Answer")

Command = tuple[Any, ...]
# A conversation with the server: yields the commands of a round, is sent their answers (an error stands where its
# answer would), returns what it came for.
Steps = Generator[list[Command], list[Any], Answer]

_DOING = "measure the queue"


class ServerClock:
    """The server's time. It is asked once; then our own monotonic clock, which nobody sets, tells what has passed."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def now(self) -> Steps[float]:
        """Return seconds since the epoch, as the server counts them."""
        if self._offset is None:
            (answer,) = yield from ask("", "its clock", ("TIME",))
            self._offset = int(answer[0]) + int(answer[1]) / 1e6 - time.monotonic()
        return time.monotonic() + self._offset


def ask(expected_type: str, on: str, *commands: Command) -> Steps[list[Any]]:
    """Return the answers to ``commands``, whose second word is the key.

    :param expected_type: what ``TYPE`` should say of the keys, for the message when they are of another type.
    :raises OpsError: the first error among the answers.
    """
    answers = (yield list(commands)) if commands else []
    yield from refuse_errors(expected_type, on, commands, answers)
    return answers


def refuse_errors(expected_type: str, on: str, commands: Sequence[Command], answers: Sequence[Any]) -> Steps[None]:
    """Raise the first error among answers that were asked for without :func:`ask`. The parameters are those of it."""
    for command, answer in zip(commands, answers):
        if isinstance(answer, Exception):
            raise (yield from _explain(answer, command, expected_type, on))


def _explain(error: Exception, command: Command, expected_type: str, on: str) -> Steps[OpsError]:
    ours = explain(error, _DOING, on)
    if not isinstance(ours, WrongType):
        return ours
    (answer,) = yield [("TYPE", command[1])]
    actual = answer.decode() if isinstance(answer, bytes) else "thing of another type"
    return WrongType(
        f"the key {command[1]} holds a {actual}, a {expected_type} was expected", on=on, advice="check key and kind"
    )


class RedisMeasurer:
    """One connection to one database of one server."""

    def __init__(self, client: redis.Redis, where: str, single: bool = False) -> None:
        """Take a client.

        :param single: whether it leads to one server that stays the same, not to a cluster or by sentinels.
        """
        self._client = client
        self._rounds = Rounds(client) if single else None
        # Answers as the server gives them: the same with each version of the library, and nothing is spent on them.
        client.response_callbacks.clear()
        self._where = where
        self._clock = ServerClock()

    def close(self) -> None:
        """See :class:`.base.Measurer`."""
        if self._rounds is not None:
            self._rounds.close()
        self._client.close()  # type: ignore[no-untyped-call]

    def measure(self, queues: Sequence[RedisQueue]) -> list[Depth | OpsError]:
        """See :class:`.base.Measurer`."""
        return self.converse([queue.measure(self._clock) for queue in queues])

    def converse(self, conversations: Sequence[Steps[Answer]]) -> list[Answer | OpsError]:
        """Hold all conversations at once: each round of all of them is one round trip. Returns what each came to."""
        outcomes: dict[int, Answer | OpsError] = {}
        asked: dict[int, list[Command]] = {}

        def go_on(number: int, answers: list[Any] | None) -> None:
            """Hand a conversation its answers (None at its start) and note what it says next."""
            steps = conversations[number]
            try:
                asked[number] = next(steps) if answers is None else steps.send(answers)
            except StopIteration as end:
                outcomes[number] = end.value
            except OpsError as error:
                outcomes[number] = error

        for number in range(len(conversations)):
            go_on(number, None)
        while asked:
            round_of, asked = asked, {}
            try:
                answers = self._round_trip([command for commands in round_of.values() for command in commands])
            except OpsError as error:
                outcomes.update(dict.fromkeys(round_of, error))
                break
            start = 0
            for number, commands in round_of.items():
                go_on(number, answers[start : start + len(commands)])
                start += len(commands)
        return [outcomes[number] for number in range(len(conversations))]

    def _round_trip(self, commands: list[Command]) -> list[Any]:
        """Return an answer or an error for each command.

        :raises OpsError: no answers at all: no connection, no access.
        """
        with explained(_DOING, self._where):
            if self._rounds is not None:
                return self._rounds.ask(commands)
            pipeline = self._client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
            return list(pipeline.execute(raise_on_error=False))  # type: ignore[no-untyped-call]
