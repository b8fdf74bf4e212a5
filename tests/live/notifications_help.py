# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of notifications in the lab's Postgres, and a worker that delivers what is pending in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.day2.ops.tests.lab.demo.stores import open_postgres
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts

from .postgres_help import login_to

TABLE = "alarm_notifications"
_MAKE = f"""\
CREATE TABLE {TABLE} (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number integer UNIQUE NOT NULL,
    channel text NOT NULL,
    payload jsonb NOT NULL,
    result text NOT NULL DEFAULT 'pending',
    error text,
    tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    failed_at timestamptz
)"""
_TAKE = f"SELECT id, number FROM {TABLE} WHERE result = 'pending' ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED"
_FAILED = (
    f"UPDATE {TABLE} SET result = 'error', error = %s, tries = tries + 1, failed_at = clock_timestamp() WHERE id = %s"
)
_DONE = f"UPDATE {TABLE} SET result = 'ok', tries = tries + 1 WHERE id = %s"


class Notifications:
    """The table, over a connection of the service's user."""

    def __init__(self, facts: PostgresFacts) -> None:
        self.connection = open_postgres(facts)
        self._facts = facts
        self.broken = True
        self.delivered: list[int] = []

    @property
    def queue(self) -> dict[str, Any]:
        """Return the queue's description."""
        count = f"SELECT count(*) FROM {TABLE} WHERE result ="
        return {
            "name": "notifications",
            "kind": "sql",
            **login_to(self._facts),
            "ready": f"{count} 'pending'",
            "dead": f"{count} 'error'",
            "oldest_age": (
                f"SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM {TABLE} WHERE result = 'pending'"
            ),
            "select": f"SELECT * FROM {TABLE} WHERE result = 'error' AND channel LIKE '%' ORDER BY created_at;",
            "order_by": "number",
            "item": {
                "error": "error",
                "type": "channel",
                "failed_at": "failed_at",
                "attempts": "tries",
                "payload": "payload",
            },
            "move": f"UPDATE {TABLE} SET result = 'pending' WHERE id = ANY(%(ids)s) AND result = 'error'",
            "park": f"UPDATE {TABLE} SET result = 'parked' WHERE id = ANY(%(ids)s)",
            "drop": f"DELETE FROM {TABLE} WHERE id = ANY(%(ids)s)",
        }

    def put(self, *numbers: int, channel: str = "sms") -> None:
        """Put in notifications of these numbers."""
        rows = [(number, channel, f'{{"to": {number}}}') for number in numbers]
        with self.connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {TABLE} (number, channel, payload) VALUES (%s, %s, %s)", rows)

    def work(self) -> int:
        """Deliver what is pending now, or fail to; return how many that were."""
        done = 0
        while True:
            with self.connection.transaction():
                row = self.connection.execute(_TAKE).fetchone()
                if row is None:
                    return done
                if self.broken:
                    self.connection.execute(_FAILED, ("no route to the gateway", row[0]))
                else:
                    self.connection.execute(_DONE, (row[0],))
                    self.delivered.append(row[1])
            done += 1

    def numbers(self, result: str) -> list[int]:
        """Return the numbers of the rows with this result."""
        query = f"SELECT number FROM {TABLE} WHERE result = %s ORDER BY number"
        return [row[0] for row in self.connection.execute(query, (result,))]

    def ids(self) -> dict[str, int]:
        """Return the number by id."""
        return {str(row[0]): row[1] for row in self.connection.execute(f"SELECT id, number FROM {TABLE}")}


@contextmanager
def notifications(facts: PostgresFacts) -> Iterator[Notifications]:
    """Have the table, in a schema of its own."""
    made = Notifications(facts)
    schema = f"notify_{uuid.uuid4().hex[:8]}"
    user = facts["user"]
    made.connection.execute(f"CREATE SCHEMA {schema}".encode())
    made.connection.execute(f"ALTER ROLE {user} SET search_path = {schema}".encode())
    made.connection.execute(f"SET search_path = {schema}".encode())
    try:
        made.connection.execute(_MAKE.encode())
        yield made
    finally:
        made.connection.execute(f"ALTER ROLE {user} RESET search_path".encode())
        made.connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
        made.connection.close()
