# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live tests about Postgres share: logins for checks, and a role that sees little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from psycopg import sql


def login_to(facts: PostgresFacts) -> dict[str, Any]:
    """Return the options of a check that logs in as the owner of the lab's database."""
    login = {
        "login_host": facts["host"],
        "login_port": facts["port"],
        "login_user": facts["user"],
        "login_password": facts["password"],
        "login_db": facts["database"],
        "ssl_mode": facts["sslmode"],
    }
    return login if facts["sslmode"] == "disable" else {**login, "ca_certs": facts["ca_certs"]}


@contextmanager
def poor_login(facts: PostgresFacts, name: str = "check_poor") -> Iterator[dict[str, Any]]:
    """Give the options of a check that logs in as a role without any rights."""
    role = sql.Identifier(name)
    with connect(facts) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'check-poor'").format(role))
        try:
            yield {**login_to(facts), "login_user": name, "login_password": "check-poor"}
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(role))
