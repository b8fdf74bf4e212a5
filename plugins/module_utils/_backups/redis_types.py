# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking a server for the types of its keys, in short steps: a script that looks at some keys at a time."""

from __future__ import annotations

from typing import Any

from .._core.redis_connection import explained

_COUNT = 1000  # keys a call looks at: a server needs some 2 ms for it
_SCRIPT = """\
local found, types = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2]), {}
for _, key in ipairs(found[2]) do
  local kind = redis.call('TYPE', key).ok
  types[kind] = (types[kind] or 0) + 1
end
local answer = {found[1]}
for kind, number in pairs(types) do
  answer[#answer + 1] = kind
  answer[#answer + 1] = number
end
return answer"""


def count_types(client: Any, database: int, on: str) -> dict[str, int]:
    """Return how many keys of each type a database holds, exact while nobody writes.

    :param client: of one server; the connection that is used is then at that database.
    :raises AccessDenied: the user may not run scripts, SCAN or TYPE. :raises OpsError: or another of its kinds.
    """
    types: dict[str, int] = {}
    with explained("count keys by type", on):
        script = client.register_script(_SCRIPT)
        connection = client.client()  # one connection, so that the choice of a database lasts
        try:
            connection.execute_command("SELECT", database)
            cursor: Any = 0
            while True:
                cursor, *pairs = script(args=[cursor, _COUNT], client=connection)
                for name, number in zip(pairs[::2], pairs[1::2]):
                    types[name.decode()] = types.get(name.decode(), 0) + number
                if int(cursor) == 0:
                    break
        finally:
            connection.execute_command("SELECT", client.connection_pool.connection_kwargs.get("db") or 0)
            connection.close()
    return {name: number for name, number in sorted(types.items()) if name != "none"}
