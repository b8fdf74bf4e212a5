# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A connection to PostgreSQL that is made when first needed, made again when it was lost, and explains errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError
from .._core.libraries import load
from .._core.postgres_connection import connect, explain, where

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]


class SqlSession:
    """One login, in autocommit. Statements are bounded by the option ``timeout``."""

    def __init__(self, options: Mapping[str, Any], read_only: bool) -> None:
        """Take options of :data:`.._core.postgres_connection.SPEC`. Nothing is sent.

        :param read_only: whether the server is told to refuse each statement that writes.
        """
        self.on = where(options)
        self._options = options
        self._read_only = read_only
        self._stack = ExitStack()
        self._connection: psycopg.Connection[Row] | None = None

    def close(self) -> None:
        """Give the connection back. Does not raise."""
        self._connection = None
        with suppress(OpsError):
            self._stack.close()

    def execute(self, what: str, query: str, parameters: Mapping[str, Any] | None = None) -> psycopg.Cursor[Row]:
        """Send one statement.

        :param what: names the statement for messages: the option that holds it.
        :param parameters: for ``%(name)s``; without any, a percent sign is one.
        :raises OpsError: or one of its kinds: what the server says against it; no connection.
        """
        with self._explained(what):
            statement: Any = query
            return self._connected().execute(statement, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Have what is executed inside happen as a whole or not at all; an error undoes it.

        :raises OpsError: the server cannot commit it.
        """
        with self._explained("transaction"), self._connected().transaction():
            yield

    def _connected(self) -> psycopg.Connection[Row]:
        if self._connection is not None and self._connection.closed:
            self.close()
        if self._connection is None:
            self._stack = ExitStack()
            connection = self._stack.enter_context(connect(self._options))
            # What is checked and what is done must see the same rows, whatever the role's own default is.
            connection.execute("SET default_transaction_isolation = 'read committed'")
            if self._read_only:
                connection.execute("SET default_transaction_read_only = on")
            self._connection = connection
        return self._connection

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        library: Any = load("psycopg")
        try:
            yield
        except library.Error as error:
            ours = explain(error, self.on)
            raise type(ours)(f"{what}: {ours.failed}", on=ours.on, advice=ours.advice) from error
