# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rq's worker does in tests: note each job once it is done, fail while the key `broken` is there."""

from __future__ import annotations

import time
from typing import Any

from rq import get_current_job


def note(number: int, _filling: str = "") -> int:
    """Note that the job was done."""
    connection = _connection()
    broken = connection.get("broken")
    if broken:
        raise ValueError(broken.decode())
    connection.rpush("processed", number)
    return number


def other(number: int) -> int:
    """Do the same under another name."""
    return note(number)


def hold(number: int) -> None:
    """Last until the key `release` is there; the key `holding` counts those that have begun."""
    connection = _connection()
    connection.incr("holding")
    while not connection.exists("release"):
        time.sleep(0.02)
    connection.rpush("processed", number)


def _connection() -> Any:
    job = get_current_job()
    assert job is not None
    return job.connection
