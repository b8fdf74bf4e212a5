# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A session for maintenance: statements one at a time in autocommit, each bounded in time and in what it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from .._core.errors import OpsError
from .._core.libraries import load
from .._core.postgres_connection import explain

if TYPE_CHECKING:
    import psycopg

_SEES_CLIENT_GO = 140000
_TRIES = 3
LOCKED = "55P03"
CANCELLED = "57014"


class StatementError(OpsError):
    """The server ended a statement with an error, and the session goes on.

    :param state: its SQLSTATE.
    """

    def __init__(self, error: OpsError, state: str) -> None:
        super().__init__(error.failed, error.on, error.advice)
        self.state = state


class Session:
    """A connection of :func:`.._core.postgres_connection.connect` for as long as maintenance goes on."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], on: str) -> None:
        """Take an open connection in autocommit. :param on: server and database, for messages."""
        self._connection = connection
        self.on = on
        self.version = connection.info.server_version

    def prepare(self, lock_timeout: float, statement_timeout: float, read_only: bool) -> None:
        """Bound what statements wait for a lock and what they take, both in seconds."""
        # other maintenance in the same manner would count the same names of settings: none is left behind, as the
        # connection is closed at the end
        self.set("statement_timeout", f"{round(statement_timeout * 1000)}ms")
        self.set("lock_timeout", f"{round(lock_timeout * 1000)}ms")
        if self.version >= _SEES_CLIENT_GO:
            self.set("client_connection_check_interval", "10s")  # so that nothing runs on once we are gone
        if read_only:
            self.set("default_transaction_read_only", "on")

    def set(self, name: str, value: str) -> None:
        """Set a setting of the session."""
        self.rows("SELECT set_config(%(name)s, %(value)s, false)", {"name": name, "value": value})

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query. One that met a lock is asked again.

        :raises StatementError: the server's own error; the session goes on. :raises OpsError: the connection is lost.
        """
        for _try in range(_TRIES - 1):
            try:
                return self._rows(query, parameters)
            except StatementError as error:
                if error.state != LOCKED:
                    raise
        return self._rows(query, parameters)

    def _rows(self, query: str, parameters: Mapping[str, Any] | None) -> list[tuple[Any, ...]]:
        with self._explained():
            # a literal: what is in it is ours, or was quoted by the server
            return self._connection.execute(cast("Any", query), parameters).fetchall()

    def run(self, statement: str) -> None:
        """Run a statement without rows. Raises as :meth:`rows`."""
        with self._explained():
            self._connection.execute(cast("Any", statement))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is run inside one transaction. Raises as :meth:`rows`."""
        with self._explained(), self._connection.transaction():
            yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        library: Any = load("psycopg")
        try:
            yield
        except library.Error as error:
            ours = explain(error, self.on)
            if self._connection.closed or not error.sqlstate:
                raise ours from error
            raise StatementError(ours, str(error.sqlstate)) from error
