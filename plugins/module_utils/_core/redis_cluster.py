# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A client of a Redis Cluster: redis-py's own, with a pipeline that is bounded in time and needs few permissions.

Redis-py's pipeline sends what a hung node did not answer again, one command after the other, each with its own timeout;
and it asks the server for the keys of commands, which a user with few permissions may not.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .errors import InputError, OpsError, Unreachable
from .libraries import load
from .redis_connection import explain, explained, where

if TYPE_CHECKING:
    from collections.abc import Mapping

    import redis

Command = tuple[Any, ...]

_DOING = "connect to the cluster"
_MOST_THREADS = 16
_BEFORE_6 = 6
_NUMBER_OF_KEYS = 2  # the word of a call of a script that says how many keys follow
_SCRIPTS = ("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO")
_ANY_NODE = ("TIME", "PING")


def connect_cluster(options: Mapping[str, Any], login: Mapping[str, Any]) -> redis.Redis:
    """Return a client of the cluster that the server at ``login_host`` belongs to; that one is asked for the others.

    Commands go to primaries. What is sent is never sent again by itself: whoever asked knows whether that may be done.
    Of a command the first key must be the second word, or the fourth of a call of a script.

    :param options: validated, with cluster. :param login: arguments for redis-py.
    :raises OpsError: or one of its kinds: no connection, no access, no cluster.
    """
    arguments = {name: value for name, value in login.items() if name != "db"}
    # A slot that nobody serves takes with it only what is in it.
    arguments.update(socket_connect_timeout=options["timeout"], require_full_coverage=False)
    if int(str(load("redis").__version__).partition(".")[0]) < _BEFORE_6:
        arguments["cluster_error_retry_attempts"] = 0
    host, port = options["login_host"], options["login_port"]
    start: dict[str, Any] = {"host": host, "port": port}
    if options["tls"]:
        from .redis_tls import tls_arguments, tls_connection

        # Only when it is given an address as a URL redis-py leaves it to us of what class connections are.
        start = {"url": f"redis://{f'[{host}]' if ':' in host else host}:{port}"}
        arguments.update(connection_class=tls_connection("SSLConnection", options), **tls_arguments(options))
    with explained(_DOING, where(options)):
        try:
            client: redis.Redis = _client_class()(**start, **arguments)
        except IndexError as error:  # of a list of primaries that is empty
            raise Unreachable(f"cannot {_DOING}: no node serves any slot", on=where(options)) from error
    return client


def _client_class() -> Any:
    base: Any = load("redis.cluster").RedisCluster

    class Client(base):
        """Redis-py's client of a cluster.

        :ivar response_callbacks: what is done with answers, one table for all nodes, as a client of one server has it.
        :ivar outdated: whether the nodes should be asked again who serves what.
        """

        def __init__(self, **arguments: Any) -> None:
            self.response_callbacks: Any = load("redis").Redis(lib_name=None, lib_version=None).response_callbacks
            self.outdated = False
            super().__init__(**arguments)

        def get_redis_connection(self, node: Any) -> Any:
            """Return the client of one node."""
            client = super().get_redis_connection(node)
            client.response_callbacks = self.response_callbacks
            return client

        def determine_slot(self, *command: Any) -> int:
            """Return the slot of the command's first key; that others are in another, the server says."""
            slot: int = self.keyslot(first_key(command))
            return slot

        def pipeline(self, transaction: bool = False, shard_hint: object = None) -> Pipeline:
            """Return a pipeline of our own."""
            return Pipeline(self)

    return Client


def first_key(command: Sequence[Any]) -> Any:
    """Return the first key of a command; see :func:`connect_cluster` for where it must be."""
    script = str(command[0]).upper() in _SCRIPTS
    return command[_NUMBER_OF_KEYS + 1 if script else 1]


def primaries(client: Any) -> list[Any]:
    """Return a client for each primary: the keys of all of them are those of the cluster."""
    return [client.get_redis_connection(node) for node in client.get_primaries()]


class Pipeline:
    """Commands that go out together: by node, all nodes side by side. Answers stand in the order of the commands.

    ``SCAN`` walks through all primaries, one after the other; its cursor is ours, and begins and ends with 0 as ever.
    Commands without a key (``TIME``, ``PING``) go to any node.
    """

    def __init__(self, client: Any) -> None:
        """Take the cluster's client."""
        self._client = client
        self._commands: list[Command] = []

    def execute_command(self, *command: Any) -> Pipeline:
        """Add a command."""
        self._commands.append(command)
        return self

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send all commands and return their answers, an error where an answer would stand.

        A node that does not answer takes only its own commands with it.

        :raises Exception: the first error among the answers, with ``raise_on_error``; or those of redis-py.
        """
        commands, self._commands = self._commands, []
        answers = _Round(self._client, commands).answers()
        for answer in answers if raise_on_error else ():
            if isinstance(answer, Exception):
                raise answer
        return answers


class _Round:
    """One round trip to the nodes that are concerned."""

    def __init__(self, client: Any, commands: Sequence[Command]) -> None:
        self._client = client
        self._known = load("redis.exceptions")
        self._commands = list(commands)
        self._answers: dict[int, Any] = {}
        self._walks: dict[int, _Walk] = {}

    def answers(self) -> list[Any]:
        _refresh(self._client)
        nodes: dict[str, Any] = {}
        numbers: dict[str, list[int]] = {}
        for number in range(len(self._commands)):
            try:
                node = self._node(number)
            except (self._known.RedisClusterException, OpsError) as error:  # nobody serves the slot; a broken walk
                self._answers[number] = error
                continue
            nodes[node.name] = node
            numbers.setdefault(node.name, []).append(number)
        trips = [(nodes[name], of_node) for name, of_node in numbers.items()]
        for (_node, of_node), answers in zip(trips, self._side_by_side(trips)):
            self._answers.update(zip(of_node, answers))
        for number in range(len(self._commands)):
            self._answers[number] = self._mended(number)
        return [self._answers[number] for number in range(len(self._commands))]

    def _node(self, number: int) -> Any:
        """Return the node that a command goes to, and turn the cursor of a ``SCAN`` into that node's own."""
        command = self._commands[number]
        if command[0] == "SCAN":
            walk = self._walks[number] = _Walk(self._client.get_primaries(), command[1])
            self._commands[number] = ("SCAN", walk.cursor, *command[2:])
            return walk.node
        if command[0] in _ANY_NODE:
            return self._client.get_primaries()[0]
        return self._client.get_node_from_key(first_key(command))

    def _side_by_side(self, trips: Sequence[tuple[Any, list[int]]]) -> Iterable[list[Any]]:
        if len(trips) <= 1:
            return [self._trip(*trip) for trip in trips]
        with ThreadPoolExecutor(min(len(trips), _MOST_THREADS)) as pool:
            return list(pool.map(lambda trip: self._trip(*trip), trips))

    def _trip(self, node: Any, numbers: Sequence[int]) -> list[Any]:
        return self._sent(node, [self._commands[number] for number in numbers])

    def _sent(self, node: Any, commands: Sequence[Command]) -> list[Any]:
        """Return the answers of one node; where there are none, the reason as often."""
        try:
            pipeline = self._client.get_redis_connection(node).pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute(raise_on_error=False))
        except (self._known.ConnectionError, self._known.TimeoutError, OSError) as error:
            self._client.outdated = True
            return [error] * len(commands)

    def _mended(self, number: int) -> Any:
        """Return the answer to a command, having gone where the first answer pointed; a cursor is made ours."""
        command, answer = self._commands[number], self._answers[number]
        if isinstance(answer, (self._known.AskError, self._known.TryAgainError)):  # the former also when moved for good
            answer = self._again(command)
        elif isinstance(answer, Exception) and command[0] in _ANY_NODE:
            answer = self._of_another(command, answer)
        walk = self._walks.get(number)
        return walk.went_on(answer) if walk and not isinstance(answer, Exception) else answer

    def _again(self, command: Command) -> Any:
        """Let redis-py follow what a node says of a slot that has moved, or is moving."""
        try:
            return self._client.execute_command(*command)
        except (self._known.RedisError, self._known.RedisClusterException, OSError) as error:
            return error

    def _of_another(self, command: Command, answer: Exception) -> Any:
        for node in self._client.get_primaries()[1:]:
            (other,) = self._sent(node, [command])
            if not isinstance(other, Exception):
                return other
        return answer


def _refresh(client: Any) -> None:
    """Ask again who serves what when a node has not answered; what it had may be another's by now."""
    if client.outdated:
        client.nodes_manager.initialize()
        client.outdated = False


class _Walk:
    """Where a ``SCAN`` through all primaries is: at which of them, with what cursor, and which they were when it began.

    :ivar node: the primary. :ivar cursor: its own cursor.
    """

    def __init__(self, nodes: Sequence[Any], cursor: Any) -> None:
        """Take the primaries and the cursor as :meth:`went_on` wrote it; 0 begins.

        :raises Unreachable: they are not the same as when the walk began, so keys could be missed.
        """
        nodes = sorted(nodes, key=lambda node: str(node.name))
        self._mark = zlib.crc32(" ".join(str(node.name) for node in nodes).encode())
        self._last = len(nodes) - 1
        text = cursor.decode() if isinstance(cursor, bytes) else str(cursor)
        mark, self._index, self.cursor = (
            (self._mark, 0, 0) if text == "0" else tuple(int(part) for part in text.split(":"))
        )
        if mark != self._mark:
            raise Unreachable("the cluster has changed while keys were looked for", advice="begin again")
        self.node = nodes[self._index]

    def went_on(self, answer: Sequence[Any]) -> list[Any]:
        """Return a node's answer with a cursor that leads on, to the next node when this one is through."""
        cursor, index = int(answer[0]), self._index
        if not cursor:
            index += 1
        ended = index > self._last
        return [b"0" if ended else f"{self._mark}:{index}:{cursor}".encode(), answer[1]]


def explain_cluster(error: Exception, doing: str, on: str) -> OpsError:
    """Return our error for one that redis-py's client of a cluster has made itself."""
    known = load("redis.exceptions")
    if isinstance(error, known.SlotNotCoveredError):
        return Unreachable(f"cannot {doing}", on=on, advice="a slot of the cluster is served by nobody")
    inner = error.__cause__ or error.__context__
    if isinstance(inner, known.RedisClusterException):
        return explain_cluster(inner, doing, on)
    if isinstance(inner, known.ResponseError) and "cluster support disabled" in str(inner):
        return InputError(f"cannot {doing}: the server is no node of a cluster", on=on, advice="leave `cluster` out")
    if isinstance(inner, (known.RedisError, OSError)):
        return explain(inner, doing, on)
    return Unreachable(f"cannot {doing}: the client says '{error}'", on=on)
