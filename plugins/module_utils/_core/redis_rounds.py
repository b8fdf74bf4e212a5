# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Many commands in one round trip to one Redis server, over redis-py's connection without its pipeline.

The pipeline spends more time on each command than the server does, on retries and conversions that are not wanted
where answers are taken as the server gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .libraries import load


class Rounds:
    """A connection of its own. Methods raise what redis-py does when there is no connection."""

    def __init__(self, client: Any) -> None:
        """Take a client of a single server. Nothing is sent."""
        self._client = client
        self._single: Any = None

    def close(self) -> None:
        """Close the connection."""
        if self._single is not None:
            self._single.connection.disconnect()
            self._single.close()
            self._single = None

    def ask(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """Return an answer for each command, an error of the server among them where it gave one."""
        if self._single is None:
            self._single = self._client.client()
        connection = self._single.connection
        self._require_fresh(connection)
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            return [_read(connection) for _command in commands]
        except BaseException:
            connection.disconnect()  # answers that were not read must not be taken for those of the next round
            raise

    @staticmethod
    def _require_fresh(connection: Any) -> None:
        """Let go of a connection that the server has closed since; the next command connects anew."""
        try:
            stale = connection.can_read()
        except (load("redis.exceptions").ConnectionError, OSError):
            stale = True
        if stale:
            connection.disconnect()


def _read(connection: Any) -> Any:
    try:
        return connection.read_response()
    except load("redis.exceptions").ResponseError as error:
        return error
