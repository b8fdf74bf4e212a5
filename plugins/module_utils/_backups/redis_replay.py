# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Writing the keys of a backup into a server whose files are out of reach: from a scratch server, key by key.

DUMP there, RESTORE here, in batches; what a key expires at is kept. Keys of the same name are replaced.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._core.errors import OpsError
from .._core.redis_connection import explain, explained
from .opened import Opened
from .redis_info import ask_info, keyspace, number
from .redis_scratch import Scratch, scratch_server

_FEWEST, _MOST = 10, 500  # keys of a batch
_BYTES = 4 << 20  # a batch is to have about so many
_SCRATCH = "the scratch server"


def replay(at: Callable[[int], Any], on: str, backup: Opened, flush: bool) -> dict[str, Any]:
    """Write all keys of the backup; return how many were written.

    :param at: returns a client of the server, at that database. :param flush: remove all keys of the server before.
    :raises OpsError: a key was refused; those before it have been written. Or the server lacks some after all.
    """
    target = at(0)
    with scratch_server(backup) as scratch:
        held = keyspace(scratch.loaded())
        if flush:
            with explained("remove all keys", on):
                target.execute_command("FLUSHALL")
        emptied = not keyspace(ask_info(target, on))
        functions = _functions(scratch, target, on)
        written = 0
        for name in held:
            written += _Replay(scratch.at(int(name)), at(int(name)), f"{on}, database {name}").run()
        if emptied:
            info = ask_info(scratch.client, _SCRATCH)
            _require_all(keyspace(ask_info(target, on)), held, number(info, "expired_keys"))
    return {"written": written, "functions": functions}


def _functions(scratch: Scratch, target: Any, on: str) -> bool:
    """Restore the functions of a server, of Redis 7 and later; tell whether there were any."""
    info = ask_info(scratch.client, _SCRATCH)
    if not number(info, "number_of_functions") and not number(info, "number_of_libraries"):
        return False
    with explained("restore functions", on):
        payload = scratch.client.execute_command("FUNCTION", "DUMP")
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

    def __init__(self, source: Any, target: Any, on: str) -> None:
        self._source = source
        self._target = target
        self._on = on
        self._size = _FEWEST

    def run(self) -> int:
        """Write all keys of the database, return how many."""
        written, cursor, keys = 0, b"0", []
        while True:
            cursor, found = self._source.execute_command(b"SCAN", cursor, "COUNT", _MOST)
            keys += found
            while keys and (len(keys) >= self._size or cursor == b"0"):
                batch, keys = keys[: self._size], keys[self._size :]
                written += self._batch(batch)
            if cursor == b"0":
                return written

    def _batch(self, keys: Sequence[bytes]) -> int:
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
        return len(items)

    def _write(self, items: Sequence[tuple[bytes, int, bytes]]) -> None:
        pipeline = self._target.pipeline(transaction=False)
        for key, left, data in items:
            pipeline.execute_command(b"RESTORE", key, left, data, "REPLACE")
        with explained("write keys", self._on):
            answers = pipeline.execute(raise_on_error=False)
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
