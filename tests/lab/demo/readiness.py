# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the service's stores answer, each within a second, also when one hangs.

It says nothing of the workers, on purpose: that is what readiness endpoints are like.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError

import redis

from ..state import Facts
from .stores import open_postgres

SECONDS = 1.0


class Readiness:
    """Checks of the stores, made at the same time."""

    def __init__(self, facts: Facts, client: redis.Redis) -> None:
        self._facts = facts["postgres"]
        self._client = client
        self._pool = ThreadPoolExecutor(max_workers=16)
        self._checks: dict[str, Callable[[], object]] = {"redis": client.ping, "postgres": self._ask_postgres}

    def look(self) -> dict[str, str]:
        """Return for each store ok, or why not, in one line."""
        asked = {name: self._pool.submit(check) for name, check in self._checks.items()}
        return {name: _outcome(answer) for name, answer in asked.items()}

    def _ask_postgres(self) -> None:
        with open_postgres(self._facts) as connection:
            connection.execute("SELECT 1")


def _outcome(answer: Future[object]) -> str:
    try:
        answer.result(timeout=SECONDS)
    except TooLateError:
        return f"no answer within {SECONDS:g} s"
    except Exception as error:  # whatever the client library says
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return "ok"
