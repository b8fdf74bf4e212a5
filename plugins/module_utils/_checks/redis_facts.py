# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a Redis-compatible server must be asked for beside INFO: its slow log, its clients, its keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError, Unreachable, one_line
from .._core.redis_connection import explained
from .base import Options, Values
from .facts import TOP, Fact
from .limits import COUNT, Limit
from .redis_info import Info, server_time

if TYPE_CHECKING:
    import redis

# Entries of the slow log that are read. A server keeps 128 of them unless told otherwise (slowlog-max-len).
_MOST = 1000
# Above, the list of clients alone would be megabytes.
_MOST_CLIENTS = 5000
# With more than 32 arguments the log has the first 31 and this.
_MORE = re.compile(rb"\.\.\. \((\d+) more arguments\)\Z")


@dataclass(frozen=True)
class Server:
    """A client, what INFO said, and the server's name for messages."""

    client: redis.Redis
    info: Info
    on: str

    def ask(self, doing: str, *command: str | int) -> Any:
        """Send a command and return the answer as the server gives it.

        :raises OpsError: or one of its kinds: "cannot <doing>".
        """
        client: Any = self.client
        with explained(doing, self.on):
            return client.execute_command(*command)


@dataclass(frozen=True)
class _Entry:
    """One entry of the slow log: when it began (s since 1970), how long it took (s), the command, who sent it."""

    number: int
    at: float
    seconds: float
    command: list[bytes]
    client: str

    @classmethod
    def of(cls, raw: list[Any]) -> _Entry:
        """Read an entry as the server gives it; servers before 4.0 do not tell the client."""
        address, name = (_text(part) for part in [*raw[4:6], b"", b""][:2])
        return cls(int(raw[0]), float(raw[1]), raw[2] / 1e6, [bytes(part) for part in raw[3]], name or address)

    @property
    def arguments(self) -> int:
        """Return how many arguments the command had."""
        more = _MORE.match(self.command[-1]) if self.command else None
        return len(self.command) - 1 + (int(more[1]) - 1 if more else 0)

    def shown(self, with_arguments: bool) -> Values:
        """Return the entry for people. Arguments may be secrets: without being told so, none is shown."""
        arguments = {"command": " ".join(map(_text, self.command))} if with_arguments else {}
        return {
            "at": datetime.fromtimestamp(self.at, timezone.utc).isoformat(),
            "duration": round(self.seconds, 6),
            "command": one_line(_text(self.command[0]).upper(), 40) if self.command else "",
            "arguments": self.arguments,
            "client": one_line(self.client, 80),
            **{name: one_line(text, 200) for name, text in arguments.items()},
        }


def _slow_log(server: Server, options: Options) -> Values:
    """Return how many commands of the last ``slowlog_window`` took long, and the longest of them.

    :raises OpsError: or one of its kinds: the log cannot be read, is off, or is too short to tell.
    """
    off, most = _bounds(server)
    if off:
        raise OpsError("the slow log is off", on=server.on, advice="set slowlog-log-slower-than to 0 or more")
    entries = [_Entry.of(raw) for raw in server.ask("read the slow log", "SLOWLOG", "GET", _MOST)]
    since = server_time(server.info) - options["slowlog_window"]
    counted = [entry for entry in entries if entry.at >= since and entry.seconds >= options["slowlog_min_duration"]]
    _refuse_a_full_log(entries, counted, most, server.on, options)
    counted.sort(key=lambda entry: -entry.seconds)
    return {
        "slowlog_entries": len(counted),
        "slowlog": [entry.shown(options["slowlog_arguments"]) for entry in counted[:TOP]],
    }


def _bounds(server: Server) -> tuple[bool, int]:
    """Return whether the log is off and how many entries it keeps; where CONFIG is not to be had: no, and our most."""
    try:
        answer = server.ask("read the settings of the slow log", "CONFIG", "GET", "slowlog-*")
    except Unreachable:
        raise
    except OpsError:
        return False, _MOST
    settings = {_text(name): _text(value) for name, value in _pairs(answer)}
    slower_than, length = settings.get("slowlog-log-slower-than", "0"), settings.get("slowlog-max-len", str(_MOST))
    return int(slower_than) < 0 or int(length) == 0, min(_MOST, int(length))


def _pairs(answer: Any) -> list[tuple[Any, Any]]:
    """Return names and values of CONFIG GET, which is a flat list, or a dictionary where redis-py makes it one."""
    return list(answer.items()) if isinstance(answer, Mapping) else list(zip(answer[::2], answer[1::2]))


def _refuse_a_full_log(entries: list[_Entry], counted: list[_Entry], most: int, on: str, options: Options) -> None:
    """Refuse to say that there were few when the log holds no more: older entries of the window have been dropped.

    :raises OpsError: the limit could not be exceeded.
    """
    limit = options.get("max_slowlog_entries")
    if limit is not None and len(entries) >= most and len(counted) == len(entries) <= limit:
        raise OpsError(
            f"the slow log holds {len(entries)} entries, all of the window", on=on, advice="raise slowlog-max-len"
        )


def _clients(server: Server, _options: Options) -> Values:
    """Return the clients by host, name and user, the most first.

    :raises OpsError: or one of its kinds: they cannot be listed, or are too many.
    """
    connected = server.info.get("connected_clients")
    if connected is not None and connected > _MOST_CLIENTS:
        raise OpsError(f"{connected} clients are too many to list", on=server.on)
    with explained("list the clients", server.on):
        listed: Any = server.client.client_list()
    groups: Counter[tuple[str, str, str]] = Counter()
    largest: dict[tuple[str, str, str], int | None] = {}
    for one in listed:
        group = (str(one.get("addr", "")).rpartition(":")[0], one.get("name", ""), one.get("user", ""))
        groups[group] += 1
        largest[group] = max(largest.get(group) or 0, _client_memory(one)) or None
    return {
        "clients": [
            {
                "host": one_line(group[0], 80),
                "name": one_line(group[1], 80),
                "user": one_line(group[2], 80),
                "count": count,
                "largest": largest[group],
            }
            for group, count in groups.most_common(TOP)
        ]
    }


def _client_memory(client: Mapping[str, Any]) -> int:
    """Return the bytes that a client takes; before 7.0 the server tells of its buffers alone."""
    told = client.get("tot-mem") or int(client.get("qbuf") or 0) + int(client.get("omem") or 0)
    return int(told)


def _keyspace(server: Server, _options: Options) -> Values:
    """Return for each database that is not empty its keys, how many of them expire, and their mean time left."""
    numbers = sorted(int(name[2:]) for name in server.info if re.fullmatch(r"db\d+", name))
    return {"keyspace": [_database(number, server.info[f"db{number}"]) for number in numbers[:TOP]]}


def _database(number: int, told: Mapping[str, Any]) -> Values:
    left = told.get("avg_ttl")
    return {
        "db": number,
        "keys": told.get("keys"),
        "expires": told.get("expires"),
        "mean_time_left": None if not left else round(left / 1000, 1),
    }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


FACTS: tuple[Fact[Server], ...] = (
    Fact(
        ("slowlog_entries", "slowlog"),
        _slow_log,
        (Limit("max_slowlog_entries", COUNT, "slowlog_entries"),),
    ),
    Fact(("clients",), _clients),
    Fact(("keyspace",), _keyspace),
)
