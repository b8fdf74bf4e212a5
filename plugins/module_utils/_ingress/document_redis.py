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
from typing import Any, Callable

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.redis_connection import connect, explained, where
from .base import CLOSED, HALF, OPEN, Options

SPEC = ArgSpec(
    options={
        "redis": {"type": "dict", "default": {}},
        "key": {"type": "str", "required": True, "no_log": False},
        "closed_type": {"type": "str", "choices": ["string", "hash", "json", "absent"], "default": "string"},
        "closed_content": {"type": "raw"},
    }
)

# KEYS: the key, where it is put away, the note, a new one. ARGV: the command that makes the new one, less its key; none
# when nothing is to be there. What makes it may fail, so it comes first. The note is a key that has no end, or the
# millisecond of it; what has ended while it was put away would have ended anyway.
_CLOSE = """
if #ARGV > 0 then
  redis.call('DEL', KEYS[4])
  redis.call(ARGV[1], KEYS[4], unpack(ARGV, 2))
end
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
if #ARGV > 0 then redis.call('RENAME', KEYS[4], KEYS[1]) end
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
redis.call('DEL', KEYS[3])
return 1
"""
_JSON = b"ReJSON-RL"


def position(options: Options) -> str:
    """Read the key. :raises OpsError: Redis does not let us."""
    with _Server(options) as server:
        if _closed(options, server):
            return CLOSED
        (noted,) = server.ask("read the document", ("EXISTS", server.keys[2]))
        return HALF if noted else OPEN


def turn(options: Options, state: str) -> None:
    """Put the key away and write another, or put it back.

    :raises OpsError: Redis refuses, or nobody knows what was there.
    """
    with _Server(options) as server:
        closed = _closed(options, server)
        if state == CLOSED:
            if not closed:
                server.run("write the document", _CLOSE, *_TYPES[options["closed_type"]][0](options))
            return
        (noted,) = server.ask("read the document", ("EXISTS", server.keys[2]))
        if not closed:  # who wrote it since knows better what it is to hold
            server.ask("remove what was put away", ("DEL", server.keys[1], server.keys[2]))
            return
        if not noted:
            raise OpsError(
                "the ingress was closed by somebody else: what the key held before is not known",
                on=server.on,
                advice="write it by hand",
            )
        if not server.run("put the document back", _OPEN):
            raise OpsError("what the key held was put away, and is gone", on=server.on, advice=f"see {server.keys[1]}")


class _Server:
    """A connection, and the names of the keys."""

    def __init__(self, options: Options) -> None:
        given = {name: value for name, value in options["redis"].items() if value is not None}
        self._options = redis_connection.SPEC.validate(given, "switch: redis")
        key = options["key"]
        # in the same slot of a cluster
        base = key if "{" in key else f"{{{key}}}"
        self.keys = [key, f"{base}:day2-ingress", f"{base}:day2-ingress-note", f"{base}:day2-ingress-new"]
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

    def run(self, doing: str, script: str, *arguments: object) -> Any:
        """Run a script on the keys."""
        return self.ask(doing, ("EVAL", script, len(self.keys), *self.keys, *arguments))[0]


def _closed(options: Options, server: _Server) -> bool:
    (kind,) = server.ask("read the document", ("TYPE", server.keys[0]))
    return _TYPES[options["closed_type"]][1](options, server, kind)


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


def _is_string(options: Options, server: _Server, kind: bytes) -> bool:
    wanted = _text(options)
    return kind == b"string" and server.ask("read the document", ("GET", server.keys[0])) == [wanted.encode()]


def _is_hash(options: Options, server: _Server, kind: bytes) -> bool:
    wanted = _fields(options)
    if kind != b"hash":
        return False
    (flat,) = server.ask("read the document", ("HGETALL", server.keys[0]))
    return dict(zip(flat[::2], flat[1::2])) == {name.encode(): text.encode() for name, text in wanted.items()}


def _is_json(options: Options, server: _Server, kind: bytes) -> bool:
    wanted = json.loads(_as_json(options))
    if kind != _JSON:
        return False
    (text,) = server.ask("read the document", ("JSON.GET", server.keys[0]))
    return bool(json.loads(text) == wanted)


def _as_json(options: Options) -> str:
    """Return the content as JSON; a string is taken for JSON itself. :raises InputError: it is none."""
    text = _text(options)
    try:
        json.loads(text)
    except ValueError as error:
        raise InputError("switch: closed_content is not JSON", on=options["key"]) from error
    return text


def _is_absent(_options: Options, _server: _Server, kind: bytes) -> bool:
    return kind == b"none"


_Making = Callable[[Options], "list[object]"]
_Being = Callable[[Options, _Server, bytes], bool]
# What makes a key of a type, less the key, and what tells that it is that.
_TYPES: dict[str, tuple[_Making, _Being]] = {
    "string": (lambda options: ["SET", _text(options)], _is_string),
    "hash": (lambda options: ["HSET", *(part for pair in _fields(options).items() for part in pair)], _is_hash),
    "json": (lambda options: ["JSON.SET", "$", _as_json(options)], _is_json),
    "absent": (lambda _options: [], _is_absent),
}
