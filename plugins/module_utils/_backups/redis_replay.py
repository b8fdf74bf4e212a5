# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Writing the keys of a backup into a server whose files are out of reach: from a scratch server, key by key.

DUMP there, RESTORE here, in batches; what a key expires at is kept. Keys of the same name are replaced.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable

from .._core.errors import OpsError, Unreachable
from .._core.redis_connection import explain, explained
from .opened import Opened
from .redis_info import ask_info, keyspace, number
from .redis_scratch import Scratch, scratch_server

_FEWEST, _MOST = 10, 500  # keys of a batch
_BYTES = 4 << 20  # a batch is to have about so many
_SCRATCH = "the scratch server"


@dataclass
class _Done:
    """What was changed of the server so far. :param touched: whether anything was, or may have been."""

    touched: bool = False
    flushed: bool = False
    written: int = 0
    functions: bool = False


def replay(at: Callable[[int], Any], on: str, backup: Opened, flush: bool) -> dict[str, Any]:
    """Write all keys of the backup; return how many were written.

    :param at: returns a client of the server, at that database. :param flush: remove all keys of the server before.
    :raises OpsError: a key was refused; those before it have been written. Or the server lacks some after all. Its
        details tell ``changed``, ``flushed`` and ``written`` when the server is not as it was.
    """
    done = _Done()
    try:
        _replay(at, on, backup, flush, done)
    except BaseException as error:
        if not done.touched:
            raise
        failed = error if isinstance(error, OpsError) else OpsError(f"interrupted: {type(error).__name__}", on=on)
        failed.details.update(changed=True, flushed=done.flushed, written=done.written)
        raise failed from error.__cause__ if failed is error else error
    return {"written": done.written, "functions": done.functions}


def _replay(at: Callable[[int], Any], on: str, backup: Opened, flush: bool, done: _Done) -> None:
    target = at(0)
    with scratch_server(backup) as scratch:
        held = keyspace(scratch.loaded())
        if flush:
            with _changing(done), explained("remove all keys", on):
                target.execute_command("FLUSHALL")
            done.flushed = True
        emptied = not keyspace(ask_info(target, on))
        done.functions = _functions(scratch, target, on, done)
        for name in held:
            _Replay(scratch.at(int(name)), at(int(name)), f"{on}, database {name}", done).run()
        if emptied:
            info = ask_info(scratch.client, _SCRATCH)
            _require_all(keyspace(ask_info(target, on)), held, number(info, "expired_keys"))


@contextmanager
def _changing(done: _Done) -> Iterator[None]:
    """Note that the server is changed by the block, unless it refuses: without an answer it may have done so."""
    try:
        yield
    except OpsError as error:
        done.touched = done.touched or isinstance(error, Unreachable)
        raise
    except BaseException:
        done.touched = True
        raise
    done.touched = True


def _functions(scratch: Scratch, target: Any, on: str, done: _Done) -> bool:
    """Restore the functions of a server, of Redis 7 and later; tell whether there were any."""
    info = ask_info(scratch.client, _SCRATCH)
    if not number(info, "number_of_functions") and not number(info, "number_of_libraries"):
        return False
    with explained("read functions", _SCRATCH):
        payload = scratch.client.execute_command("FUNCTION", "DUMP")
    with _changing(done), explained("restore functions", on):
        target.execute_command("FUNCTION", "RESTORE", payload, "REPLACE")
    return True


def _require_all(found: Mapping[str, Any], held: Mapping[str, Any], expired: int | None) -> None:
    """Compare keys by database, of a server that was empty before. :raises OpsError: some are missing."""
    for name, database in held.items():
        keys = found.get(name, {}).get("keys", 0)
        if keys + max(database["expires"], expired or 0) < database["keys"]:
            raise OpsError(f"database {name} holds {keys} keys, the backup {database['keys']}")


class _Replay:
    """One database on its way."""

    def __init__(self, source: Any, target: Any, on: str, done: _Done) -> None:
        self._source = source
        self._target = target
        self._on = on
        self._done = done
        self._size = _FEWEST

    def run(self) -> None:
        """Write all keys of the database, and count them."""
        cursor: bytes = b"0"
        keys: list[bytes] = []
        while True:
            cursor, found = self._source.execute_command(b"SCAN", cursor, "COUNT", _MOST)
            keys += found
            while keys and (len(keys) >= self._size or cursor == b"0"):
                batch, keys = keys[: self._size], keys[self._size :]
                self._batch(batch)
            if cursor == b"0":
                return

    def _batch(self, keys: Sequence[bytes]) -> None:
        pipeline = self._source.pipeline(transaction=False)
        for key in keys:
            pipeline.execute_command(b"PTTL", key)
            pipeline.execute_command(b"DUMP", key)
        asked = time.monotonic()
        answers = pipeline.execute()
        items = [(key, left, data) for key, left, data in zip(keys, answers[::2], answers[1::2]) if data is not None]
        passed = int((time.monotonic() - asked) * 1000)
        self._write([(key, 0 if left < 0 else max(1, left - passed), data) for key, left, data in items])
        taken = sum(len(data) for _key, _left, data in items)
        self._size = max(_FEWEST, self._size // 2) if taken > _BYTES else min(_MOST, self._size * 2)

    def _write(self, items: Sequence[tuple[bytes, int, bytes]]) -> None:
        pipeline = self._target.pipeline(transaction=False)
        for key, left, data in items:
            pipeline.execute_command(b"RESTORE", key, left, data, "REPLACE")
        with _changing(self._done), explained("write keys", self._on):
            answers = pipeline.execute(raise_on_error=False)
        self._done.written += sum(not isinstance(answer, Exception) for answer in answers)
        for answer in answers:
            if isinstance(answer, Exception):
                raise self._refused(answer)

    def _refused(self, answer: Exception) -> OpsError:
        error = explain(answer, "write keys", self._on)
        if "payload version" in error.failed:
            return OpsError(
                "the server does not know the format of the scratch server's keys",
                on=self._on,
                advice="give bin_dir with programs of the server's version",
            )
        return error
