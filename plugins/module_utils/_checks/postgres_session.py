# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""One login to a PostgreSQL server, of which several questions are asked within one time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .._core.errors import AccessDenied, OpsError, Unreachable, one_line
from .._core.libraries import load
from .._core.postgres_connection import explain
from .base import Values

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Session:
    """A connection in autocommit.

    :param version: of the server, as ``server_version_num``.
    :param sees_others: whether the role is let see what other users' sessions do.
    :param deadline: on the monotonic clock, when the last answer must be there.
    :param on: server and database, for messages.
    """

    connection: psycopg.Connection[tuple[Any, ...]]
    version: int
    sees_others: bool
    deadline: float
    on: str

    def rows(self, query: Any, parameters: Mapping[str, Any] | None = None) -> list[Values]:
        """Return the rows of ``query`` as dictionaries, numbers rounded to thousandths.

        :raises Unreachable: no time is left, or the connection is. :raises OpsError: or one of its kinds: what the
            server says against the query; the connection can still be used.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unreachable("the server took too long to answer all that was asked", on=self.on)
        try:
            self.connection.execute(cast("Any", f"SET statement_timeout = {max(1, int(left * 1000))}"))
            cursor = self.connection.execute(query, parameters)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, map(_rounded, row))) for row in cursor]
        except load("psycopg").Error as error:
            raise explain(error, self.on) from error

    def row(self, query: Any, parameters: Mapping[str, Any] | None = None) -> Values:
        """Return the one row of ``query``, fit to be shown.

        :raises OpsError: as :meth:`rows` does, or there is no row.
        """
        rows = self.rows(query, parameters)
        if not rows:
            raise OpsError("the server returned no row", on=self.on)
        return shown(rows[0])

    def require_sight_of_others(self) -> None:
        """Refuse what would look well only because others' sessions are hidden.

        :raises AccessDenied: the role sees its own sessions alone.
        """
        if not self.sees_others:
            raise AccessDenied("login_user sees no other user's sessions", on=self.on, advice="grant it pg_monitor")


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


def shown(row: Values) -> Values:
    """Return a row with its texts on one line and short: names are whatever a client says."""
    return {name: one_line(value, 200) if isinstance(value, str) else value for name, value in row.items()}
