# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Documents that are keys of Redis: what was there is renamed, so that its type and its end stay what they are.

Putting away, noting and writing are one step of the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.redis_connection import connect, explained, where
from .base import CLOSED, HALF, OPEN, Options
from .written_since import expect_open, is_ours

SPEC = ArgSpec(
    options={
        "redis": {"type": "dict", "default": {}},
        "key": {"type": "str", "required": True, "no_log": False},
        "closed_type": {"type": "str", "choices": ["string", "hash", "json", "absent"], "default": "string"},
        "closed_content": {"type": "raw"},
    }
)

# KEYS: the key, where it is put away, the note, a new one, a copy of what was written. ARGV: 1 where what is there is
# to be put away; the command that makes the new one, less its key; none when nothing is to be there. What makes it may
# fail, so it comes first. The note is a key that has no end, or the millisecond of it; what has ended while it was put
# away would have ended anyway.
_CLOSE = """
local made = #ARGV > 1
redis.call('DEL', KEYS[4])
if made then redis.call(ARGV[2], KEYS[4], unpack(ARGV, 3)) end
if ARGV[1] == '1' then
  local note = 'absent'
  redis.call('DEL', KEYS[2])
  if redis.call('EXISTS', KEYS[1]) == 1 then
    local left = redis.call('PTTL', KEYS[1])
    note = 'there'
    if left >= 0 then
      local now = redis.call('TIME')
      note = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + left)
    end
    redis.call('RENAME', KEYS[1], KEYS[2])
  end
  redis.call('SET', KEYS[3], note)
end
redis.call('DEL', KEYS[1], KEYS[5])
if made then
  redis.call('RENAME', KEYS[4], KEYS[1])
  redis.call(ARGV[2], KEYS[5], unpack(ARGV, 3))
end
return 1
"""
# Returns 0 when what was put away is gone, and should not be.
_OPEN = """
local note = redis.call('GET', KEYS[3])
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('RENAME', KEYS[2], KEYS[1])
elseif note == 'there' then
  return 0
elseif note ~= 'absent' then
  local now = redis.call('TIME')
  if now[1] * 1000 + math.floor(now[2] / 1000) < tonumber(note) then return 0 end
  redis.call('DEL', KEYS[1])
else
  redis.call('DEL', KEYS[1])
end
redis.call('DEL', KEYS[3], KEYS[5])
return 1
"""
_JSON = b"ReJSON-RL"


def position(options: Options) -> str:
    """Read the key. :raises OpsError: Redis does not let us."""
    with _Server(options) as server:
        found = _look(options, server)
    return CLOSED if found.closed else HALF if found.noted else OPEN


def turn(options: Options, state: str) -> None:
    """Put the key away and write another, or put it back.

    :raises OpsError: Redis refuses, or nobody knows what was there.
    """
    with _Server(options) as server:
        found = _look(options, server)
        if state == CLOSED and not found.as_described:
            _close(options, server, found)
        elif state == OPEN and found.closed:  # else who wrote it since knows better what it is to hold
            _open(server, found)


def kept_at(options: Options) -> str:
    """See Keeper.kept_at."""
    with _Server(options) as server:
        return server.away if _look(options, server).noted else ""


def let_go(options: Options) -> None:
    """See Keeper.let_go."""
    with _Server(options) as server:
        server.ask("remove what was put away", ("DEL", *server.keys[1:]))


class _Found(NamedTuple):
    """What is there: the key and what was put away, as :meth:`_Server.value` has them, and what they tell."""

    now: Any
    before: Any
    noted: bool
    as_described: bool
    # as described, or as it was when it was closed by us, maybe by another description
    closed: bool


def _look(options: Options, server: _Server) -> _Found:
    key, away, note, _new, written = server.keys
    now, before = server.value(key), server.value(away)
    (noted,) = server.ask("read the document", ("EXISTS", note))
    as_described = now == _TYPES[options["closed_type"]][1](options)
    closed = as_described or (bool(noted) and is_ours(now, server.value(written), before))
    return _Found(now, before, bool(noted), as_described, closed)


def _close(options: Options, server: _Server, found: _Found) -> None:
    if not found.closed and found.before not in (None, found.now):
        expect_open(options, server.on, server.away)
    making = _TYPES[options["closed_type"]][0](options)
    server.run("write the document", _CLOSE, int(not found.closed), *making)


def _open(server: _Server, found: _Found) -> None:
    if not found.noted:
        raise OpsError(
            "the ingress was closed by somebody else: what the key held before is not known",
            on=server.on,
            advice="write it by hand",
        )
    if not server.run("put the document back", _OPEN):
        raise OpsError("what the key held was put away, and is gone", on=server.on, advice=f"see {server.away}")


class _Server:
    """A connection, and the names of the keys."""

    def __init__(self, options: Options) -> None:
        given = {name: value for name, value in options["redis"].items() if value is not None}
        self._options = redis_connection.SPEC.validate(given, "switch: redis")
        key = options["key"]
        # in the same slot of a cluster
        base = key if "{" in key else f"{{{key}}}"
        ends = ("day2-ingress", "day2-ingress-note", "day2-ingress-new", "day2-ingress-written")
        self.keys = [key, *(f"{base}:{end}" for end in ends)]
        self.away = self.keys[1]
        self.on = f"{key} at {where(self._options)}"
        self._client = connect(self._options)
        self._client.response_callbacks.clear()

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def ask(self, doing: str, *commands: tuple[Any, ...]) -> list[Any]:
        """Return the answers."""
        with explained(doing, self.on):
            return [self._client.execute_command(*command) for command in commands]  # type: ignore[no-untyped-call]

    def value(self, key: str) -> Any:
        """Return what a key holds, fit to be compared: fields of a hash, what JSON says; None when it is not there."""
        (kind,) = self.ask("read the document", ("TYPE", key))
        if kind == b"none":
            return None
        command, meaning = _READING.get(kind, ("DUMP", lambda answer: (answer,)))
        (answer,) = self.ask("read the document", (command, key))
        return None if answer is None else meaning(answer)

    def run(self, doing: str, script: str, *arguments: object) -> Any:
        """Run a script on the keys."""
        return self.ask(doing, ("EVAL", script, len(self.keys), *self.keys, *arguments))[0]


def _text(options: Options) -> str:
    content = options["closed_content"]
    if content is None:
        raise InputError("switch: closed_content is missing", advice=f"the key is to be a {options['closed_type']}")
    return content if isinstance(content, str) else json.dumps(content)


def _fields(options: Options) -> Mapping[str, str]:
    content = options["closed_content"]
    if not isinstance(content, dict) or not content:
        raise InputError("switch: closed_content is no dictionary", advice="expected the fields of a hash")
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in content.items()}


def _as_json(options: Options) -> str:
    """Return the content as JSON; a string is taken for JSON itself. :raises InputError: it is none."""
    text = _text(options)
    try:
        json.loads(text)
    except ValueError as error:
        raise InputError("switch: closed_content is not JSON", on=options["key"]) from error
    return text


def _hash(options: Options) -> dict[bytes, bytes]:
    return {name.encode(): text.encode() for name, text in _fields(options).items()}


_Making = Callable[[Options], "list[object]"]
_Being = Callable[[Options], Any]
# What makes a key of a type, less the key, and what it holds then, as read.
_TYPES: dict[str, tuple[_Making, _Being]] = {
    "string": (lambda options: ["SET", _text(options)], lambda options: _text(options).encode()),
    "hash": (lambda options: ["HSET", *(part for pair in _fields(options).items() for part in pair)], _hash),
    "json": (lambda options: ["JSON.SET", "$", _as_json(options)], lambda options: _said(_as_json(options))),
    "absent": (lambda _options: [], lambda _options: None),
}


def _said(text: Any) -> dict[str, Any]:
    """Return what JSON says, apart from a key that is not there where it says null."""
    return {"$": json.loads(text)}


# By what TYPE says: how it is read, and what that means. All others are compared as a whole.
_READING: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"string": ("GET", bytes),
    b"hash": ("HGETALL", lambda flat: dict(zip(flat[::2], flat[1::2]))),
    _JSON: ("JSON.GET", _said),
}
