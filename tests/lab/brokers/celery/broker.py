# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Celery's own client and worker, for tests.

fill QUEUE TASK COUNT [NAME=VALUE ...]   send messages, TASK(0), TASK(1), ...; also with priority=9, countdown=3600
work QUEUE                               work, one task at a time, until a signal ends it

The environment says where Redis is: REDIS_HOST, REDIS_PORT, REDIS_DB, REDIS_USER, REDIS_PASSWORD.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from typing import Any

# The tasks' module, which stands beside this file.
app: Any = importlib.import_module("tasks").application()


def fill(queue: str, task: str, count: str, *options: str) -> None:
    """Send messages."""
    given = {name: float(value) if name != "priority" else int(value) for name, value in map(_parted, options)}
    with app.producer_or_acquire() as producer:
        for number in range(int(count)):
            app.tasks[task].apply_async(args=(number,), queue=queue, producer=producer, **given)


def work(queue: str) -> None:
    """Work on a queue."""
    quick = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    app.worker_main(["--quiet", "worker", "-P", "solo", "-Q", queue, "-l", "CRITICAL", *quick])


def _parted(option: str) -> tuple[str, str]:
    name, _equals, value = option.partition("=")
    return name, value


if __name__ == "__main__":
    logging.disable()
    commands: dict[str, Callable[..., None]] = {"fill": fill, "work": work}
    commands[sys.argv[1]](*sys.argv[2:])
