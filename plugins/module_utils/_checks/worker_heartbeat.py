# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sign of life: a key in Redis that a worker writes again and again, with a time in it or with a time to live."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import show_duration
from .._core.errors import InputError, OpsError, Unreachable, WrongType, one_line
from .._core.jsonpath import look_up
from .._core.moments import moment
from .._core.redis_connection import connect, explained, where
from .base import Condition, Context, Options, Values
from .limits import COUNT, SECONDS, Limit, limit_conditions, limits_spec

LIMITS = (
    Limit("max_age", SECONDS, "heartbeat.youngest_age", unit="s", null_means="there is no heartbeat"),
    Limit("min_workers", COUNT, "heartbeat.workers", "ge"),
)

SPEC = limits_spec(LIMITS) + ArgSpec(
    options={
        "heartbeat_key": {"type": "str", "no_log": False},
        "heartbeat_path": {"type": "str"},
        "min_workers": {"type": COUNT, "default": 1},
    },
    required_by={"heartbeat_path": ["heartbeat_key", "max_age"], "max_age": ["heartbeat_key"]},
)

MAX_KEYS = 1000
_NAMED = 10  # of the silent, so many are named
_AHEAD = 60.0  # seconds that a worker's clock may be ahead of the server's
_NO_TTL = -1
_STEP = 1000

Client = Any  # redis-py's annotations mix its two clients, one of which answers with awaitables
_Written = Iterator[tuple[str, Any]]  # who writes, and what was written


@dataclass(frozen=True)
class _Beat:
    """The last sign of one worker. :param age: seconds; None when its being there is the sign."""

    worker: str
    age: float | None


def look(options: Options, context: Context) -> Values:
    """Return how many workers are alive, how old the youngest heartbeat is, and who is silent.

    :raises WrongType: a heartbeat holds no time. :raises InputError: a key stays for ever, so that it proves nothing.
    :raises OpsError: more than a thousand keys match.
    """
    on = f"{options['heartbeat_key']} at {where(options)}"
    with context.few_at_once(where(options)), connect(options) as client, explained("read the heartbeat", on):
        read = _there if options.get("max_age") is None else _timed
        beats = [beat for key in _keys(client, options, on) for beat in read(client, key, options)]
    return {"heartbeat": _told(beats, options.get("max_age"))}


def _keys(client: Client, options: Options, on: str) -> list[bytes]:
    """Return the key, or those that match the pattern: in bounded steps (SCAN, never KEYS), and in time."""
    wanted = str(options["heartbeat_key"])
    if not any(sign in wanted for sign in "*?["):
        return [wanted.encode()]
    servers = [client]
    if options.get("cluster"):
        from .._core.redis_cluster import primaries

        servers = primaries(client)
    found: set[bytes] = set()
    deadline = time.monotonic() + options["timeout"]
    for server in servers:
        cursor = None
        while cursor != 0:
            if time.monotonic() > deadline:
                raise Unreachable("there are too many keys to look through in time", on=on, advice="name the key")
            cursor, keys = server.scan(cursor or 0, match=wanted, count=_STEP)
            found.update(keys)
    if len(found) > MAX_KEYS:
        raise OpsError(f"more than {MAX_KEYS} heartbeats", on=on, advice="give a narrower pattern")
    return sorted(found)


def _there(client: Client, key: bytes, _options: Options) -> Iterator[_Beat]:
    """Take a key that goes by itself for a sign of life."""
    lives = client.pttl(key)
    if lives == _NO_TTL:
        raise InputError(
            "the heartbeat has no time to live, so that it is there proves nothing",
            on=_name(key),
            advice="give max_age if it holds a time",
        )
    if lives >= 0:
        yield _Beat(_name(key), None)


def _timed(client: Client, key: bytes, options: Options) -> Iterator[_Beat]:
    """Take the times in a key for signs of life."""
    kind = client.type(key)
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if kind == "none":
        return
    if kind not in _READERS:
        raise WrongType(f"the heartbeat is a {kind}", on=_name(key), advice=f"expected {', '.join(_READERS)}")
    seconds, microseconds = client.time()
    for worker, written in _READERS[kind](client, key, options.get("heartbeat_path")):
        written_at = moment(written)
        if written_at is None:
            raise WrongType(
                "the heartbeat holds no time",
                on=worker,
                advice="expected seconds or milliseconds since 1970 or ISO 8601; heartbeat_path leads into JSON",
            )
        yield _Beat(worker, seconds + microseconds / 1e6 - written_at)


def _string(client: Client, key: bytes, path: str | None) -> _Written:
    value = client.get(key)
    if value is None:
        return  # gone since we asked for its type
    if path is None:
        yield _name(key), value
        return
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise WrongType("the heartbeat is no JSON", on=_name(key), advice="leave heartbeat_path out") from error
    for found in look_up(parsed, path):
        yield _name(key), found if isinstance(found, (str, int, float)) else None


def _hash(client: Client, key: bytes, field: str | None) -> _Written:
    """Without a field, each is a worker of its own."""
    if field is not None:
        yield _name(key), client.hget(key, field)
        return
    if client.hlen(key) > MAX_KEYS:
        raise OpsError(f"more than {MAX_KEYS} heartbeats", on=_name(key), advice="name one with heartbeat_path")
    for name, value in client.hgetall(key).items():
        yield f"{_name(key)} {_name(name)}", value


def _zset(client: Client, key: bytes, _path: str | None) -> _Written:
    """Each member is a worker, its score the time. Those with the latest come first, and silence is old."""
    for name, score in client.zrevrange(key, 0, MAX_KEYS - 1, withscores=True):
        yield f"{_name(key)} {_name(name)}", score


_READERS: dict[str, Callable[[Client, bytes, str | None], _Written]] = {
    "string": _string,
    "hash": _hash,
    "zset": _zset,
}


def _name(key: bytes) -> str:
    return one_line(key.decode("utf-8", "replace"), 80)


def _told(beats: list[_Beat], max_age: float | None) -> Values:
    alive = [beat for beat in beats if _is_fresh(beat, max_age)]
    ages = [beat.age for beat in beats if beat.age is not None and beat.age >= -_AHEAD]
    return {
        "workers": len(alive),
        "youngest_age": round(max(min(ages), 0.0), 3) if ages else None,
        "silent": [_silence(beat) for beat in beats if beat not in alive][:_NAMED],
    }


def _is_fresh(beat: _Beat, max_age: float | None) -> bool:
    return beat.age is None or max_age is None or -_AHEAD <= beat.age <= max_age


def _silence(beat: _Beat) -> str:
    age = beat.age or 0.0
    if age < 0:
        return f"{beat.worker} ({show_duration(-age)} ahead of the server's clock)"
    return f"{beat.worker} ({show_duration(age)})"


def conditions(options: Options) -> list[Condition]:
    """Expect as many workers as were asked for, and a heartbeat that is young enough."""
    return limit_conditions(LIMITS, options)
