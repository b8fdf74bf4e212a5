# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind redis_backup: a server's data as one RDB file, with what the server held at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import Unreachable
from .._core.libraries import load
from .._core.redis_connection import SPEC as CONNECTION
from .._core.result import Result
from .base import Made
from .cipher import cipher_of
from .creating import back_up, check_options
from .draft import Draft
from .manifest import Manifest
from .options import MAKING
from .redis_info import ask_info, dangers, described, facts_between, number
from .redis_programs import check_program, look_first_in, server_program
from .redis_save import copy_after_save
from .redis_scratch import FILE
from .redis_server import PRIMARY, REPLICA, connected, default_name
from .redis_sync import copy_over_the_wire
from .streams import Writable

if TYPE_CHECKING:
    import redis

OVER_THE_WIRE, COPY = "replication", "copy"

SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "method": {"type": "str", "choices": [OVER_THE_WIRE, COPY], "default": OVER_THE_WIRE},
            "diskless": {"type": "bool", "default": False},
            "rdb_path": {"type": "path"},
            "from": {"type": "str", "choices": [PRIMARY, REPLICA], "default": PRIMARY},
            "bin_dir": {"type": "path"},
        }
    )
    + MAKING
)
_HEAD = 9


def operate(params: dict[str, Any], check_mode: bool) -> Result:
    """Make a backup, or tell what would be made. :raises OpsError: nothing was made."""
    check_options("redis", params, default_name(params))
    look_first_in(params["bin_dir"])
    look_first_in((params["rehearsal"] or {}).get("bin_dir"))
    _require_programs(params)
    with connected(params, params["from"]) as (client, on):
        return back_up(RedisSource(client, on, params), params, check_mode, default_name(params))


def _require_programs(params: Mapping[str, Any]) -> None:
    """Look for the programs of the proof before anything is made. :raises NotThere: one is missing."""
    cipher = cipher_of(params["encryption"])
    level = params["verify"] or ("L2" if cipher is None or cipher.readable() else "L1")
    if level == "L2":
        with check_program():
            pass
    elif level > "L2":
        server_program()


class RedisSource:
    """A server; see Source."""

    kind = "redis"

    def __init__(self, client: redis.Redis, on: str, options: Mapping[str, Any]) -> None:
        self._client = client
        self._on = on
        self._options = options
        self._info = ask_info(client, on)
        if self._info.get("loading") == "1":
            raise Unreachable("the server is still loading its data", on=on, advice="back it up when it has")

    def subject(self) -> str:
        """See Source.subject."""
        return self._on

    def estimate(self) -> int:
        """Return what the data take in the server's memory; in a file they take less."""
        return number(self._info, "used_memory") or 0

    def plan(self) -> Mapping[str, Any]:
        """See Source.plan."""
        facts = facts_between(self._info, self._info)
        return {"file": FILE, "method": self._options["method"], "keys": facts["keys"], "databases": facts["databases"]}

    def unchanged(self, _newest: Manifest) -> bool:
        """See Source.unchanged: a server does not tell for sure."""
        return False

    def write(self, draft: Draft) -> Made:
        """See Source.write."""
        with draft.writing(FILE) as sink:
            data = _Head(sink)
            info, facts = self._copied(data)
        after = ask_info(self._client, self._on)
        cow = number(after, "rdb_last_cow_size")
        return Made(
            server={**described(info), "address": self._on, **({} if cow is None else {"copied_on_write": cow})},
            tools={"redis-py": str(load("redis").__version__), "method": self._options["method"]},
            layout={"format": "rdb", "magic": data.head.decode("ascii", "replace")},
            facts=facts,
            warnings=dangers(after),
        )

    def _copied(self, sink: Writable) -> tuple[dict[str, str], dict[str, Any]]:
        options = self._options
        timeout = seconds_of("command_timeout", options["command_timeout"])
        if options["method"] == COPY:
            path = Path(str(options["rdb_path"])) if options["rdb_path"] else None
            return copy_after_save(self._client, sink, self._on, timeout, path)
        return copy_over_the_wire(self._client, sink, self._on, timeout, options["diskless"])


class _Head:
    """Hands on what is written to it, and keeps the beginning."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self.head = b""

    def write(self, data: bytes) -> int:
        """Write all of ``data``, return its length."""
        if len(self.head) < _HEAD:
            self.head += data[: _HEAD - len(self.head)]
        return self._sink.write(data)
