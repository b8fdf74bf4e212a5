# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A key in Redis that changes whenever work is finished: a counter, a field of a hash, the end of a stream, a group."""

from __future__ import annotations

from typing import Any, Callable

from .._core.errors import InputError, NotThere, WrongType
from .._core.redis_connection import explained, where
from .base import Options

Client = Any  # redis-py's annotations mix its two clients, one of which answers with awaitables


def read_mark(client: Client, options: Options) -> str | None:
    """Return what ``progress_key`` (of it ``progress_field``) is at now; None when the check names none.

    :raises NotThere: there is no such key, field or group. :raises WrongType: a key of another type.
    """
    key: str | None = options.get("progress_key")
    if key is None:
        return None
    on = f"{key} at {where(options)}"
    with explained("read the mark of progress", on):
        kind = client.type(key)
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        if kind == "none":
            raise NotThere("there is no such mark of progress", on=on, advice="check progress_key and db")
        if kind not in _READERS:
            raise WrongType(f"the mark of progress is a {kind}", on=on, advice=f"expected {', '.join(_READERS)}")
        value = _READERS[kind](client, key, options.get("progress_field"))
    if value is None:
        raise NotThere("the mark of progress has no such field or group", on=on, advice="check progress_field")
    return str(value)


def _string(client: Client, key: str, _field: str | None) -> object:
    return client.get(key)


def _field(client: Client, key: str, field: str | None) -> object:
    if field is None:
        raise InputError("the mark of progress is a hash", on=key, advice="say which field with progress_field")
    return client.hget(key, field)


def _size_of(command: str) -> Callable[[Client, str, str | None], object]:
    return lambda client, key, _field: client.execute_command(command, key)


def _stream(client: Client, key: str, group: str | None) -> object:
    """Return how far the group has read and what it has still open, or, without a group, the stream's last id."""
    if group is None:
        return client.xinfo_stream(key)["last-generated-id"]
    groups = {info["name"]: info for info in client.xinfo_groups(key)}
    info = groups.get(group.encode())
    return None if info is None else (info["last-delivered-id"], info["pending"])


_READERS: dict[str, Callable[[Client, str, str | None], object]] = {
    "string": _string,
    "hash": _field,
    "list": _size_of("LLEN"),
    "set": _size_of("SCARD"),
    "zset": _size_of("ZCARD"),
    "stream": _stream,
}
