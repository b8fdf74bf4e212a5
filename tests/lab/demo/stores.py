# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service's connections, from the lab's facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .. import state
from ..postgres_server import address
from ..state import Facts, PostgresFacts, RedisFacts

_TABLE = """\
CREATE TABLE IF NOT EXISTS orders (
    id text PRIMARY KEY,
    amount bigint NOT NULL,
    worker text NOT NULL,
    processed_at timestamptz NOT NULL,
    times integer NOT NULL DEFAULT 1
)"""


def read_facts(path: str) -> Facts:
    """Return the lab's facts from the state.json of that path."""
    return state.read(Path(path).parent)


def open_redis(facts: RedisFacts, seconds: float) -> redis.Redis:
    """Return a client as the service's user that gives up after `seconds` and repeats nothing by itself."""
    return redis.Redis(
        host=facts["host"],
        port=facts["port"],
        username=facts["user"],
        password=facts["password"],
        db=facts["db"],
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )


def open_postgres(facts: PostgresFacts) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection as the service's user, with autocommit; raises psycopg.Error after 2 s."""
    login: dict[str, Any] = {"user": facts["user"], "password": facts["password"], "dbname": facts["database"]}
    return psycopg.connect(**address(facts), **login, connect_timeout=2, autocommit=True)


def make_table(facts: PostgresFacts) -> None:
    """Create the table of processed orders; `times` above 1 shows an order that was processed again."""
    with open_postgres(facts) as connection:
        connection.execute(_TABLE)
