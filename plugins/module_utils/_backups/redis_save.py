# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A save of the server's own, BGSAVE, awaited, and its file read where the server has written it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .._core.errors import NotThere, OpsError, Unreachable
from .._core.libraries import load
from .._core.redis_connection import explain, explained
from .._core.waiting import wait_until
from .redis_info import ask_info, facts_between, number, parse_info
from .redis_sync import await_no_child
from .streams import Writable

if TYPE_CHECKING:
    import redis

_CHUNK = 1 << 20
_DOING = "let the server save"
_TRIES = 3
_FOUND_BY_CONFIG = "give rdb_path; managed services tell no paths, use method: replication there"


def copy_after_save(
    client: redis.Redis, sink: Writable, on: str, timeout: float, path: Path | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Let the server save, and write the file into ``sink``; return what it told when it forked, and the facts.

    :param path: of the file on this host; None asks the server. :param timeout: seconds for all.
    :raises OpsError: or one of its kinds: the save failed, the file is not there, time is up.
    """
    deadline = time.monotonic() + timeout
    path = path or saved_at(client, on)
    for _try in range(_TRIES):
        before, saved = save(client, on, deadline)
        with _opened(path) as file:
            if _last_save(ask_info(client, on)) == saved:
                _written(file, sink)
                return before, facts_between(before, before)
    raise OpsError("the server saves so often that its file is never that of one save", on=on)


def save(client: redis.Redis, on: str, deadline: float) -> tuple[dict[str, str], tuple[int | None, ...]]:
    """Let the server save, and wait for the end; return what it told when it forked, and what marks that save.

    A save that runs already is awaited first: it does not hold what was written since it began.

    :param deadline: monotonic. :raises OpsError: it failed; the server's log says why. :raises Unreachable: time is up.
    """
    await_no_child(client, on, deadline)
    client.set_response_callback("INFO", lambda answer, **_options: answer)
    with explained(_DOING, on):
        # in one piece: the server looks at no other client in between
        pipeline: Any = client.pipeline(transaction=False)
        pipeline.execute_command("INFO")
        pipeline.execute_command("TIME")
        pipeline.execute_command("BGSAVE")
        told, now, begun = pipeline.execute(raise_on_error=False)
    for answer in (told, now, begun):
        if isinstance(answer, Exception):
            raise explain(answer, _DOING, on)
    before = parse_info(told)

    def ended(info: Mapping[str, str]) -> bool:
        return info.get("rdb_bgsave_in_progress") == "0"

    waited = wait_until(lambda: ask_info(client, on), ended, max(0.0, deadline - time.monotonic()), interval=0.02)
    if not waited.done:
        raise Unreachable("the server's save does not end", on=on, advice="see command_timeout")
    after = waited.last
    last = number(after, "rdb_last_save_time")
    if after.get("rdb_last_bgsave_status") != "ok" or last is None or last < int(now[0]):
        raise OpsError("the server's save failed", on=on, advice="its log says why: rights, space, memory for the fork")
    return before, _last_save(after)


def _last_save(info: Mapping[str, str]) -> tuple[int | None, ...]:
    return number(info, "rdb_last_save_time"), number(info, "rdb_saves")


def setting(client: redis.Redis, name: str) -> str | None:
    """Return a setting of the server; None when it does not tell it, or has none such."""
    try:
        answer: Any = client.config_get(name)
    except load("redis.exceptions").ResponseError:
        return None
    for key, value in answer.items():
        if _text(key) == name:
            return _text(value)
    return None


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def saved_at(client: redis.Redis, on: str) -> Path:
    """Return where the server saves. :raises NotThere: it does not tell."""
    with explained("ask where the server saves", on):
        folder, name = setting(client, "dir"), setting(client, "dbfilename")
    if not folder or not name:
        raise NotThere("the server does not tell where it saves", on=on, advice=_FOUND_BY_CONFIG)
    return Path(folder) / name


def _opened(path: Path) -> IO[bytes]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise NotThere(
            f"cannot read what the server saved ({error.strerror})",
            on=str(path),
            advice="method: copy runs on the server's host, as a user who may read it; else give rdb_path",
        ) from error
    return os.fdopen(handle, "rb")


def _written(file: IO[bytes], sink: Writable) -> None:
    for piece in iter(lambda: file.read(_CHUNK), b""):
        sink.write(piece)
