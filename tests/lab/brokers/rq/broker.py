# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rq's own client and worker, for tests.

fill QUEUE FUNCTION COUNT [json|pickle] [RETRIES]   put jobs into the queue: FUNCTION(0), FUNCTION(1), ...
schedule QUEUE FUNCTION COUNT SECONDS               have them put there later
work QUEUE [burst|simple] [json|pickle]             work; with burst until the queue is empty, with simple in no forks
suspend, resume                                     tell workers not to take jobs, or to go on

The environment says where Redis is: REDIS_HOST, REDIS_PORT, REDIS_DB, REDIS_USER, REDIS_PASSWORD.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import rq
import rq.suspension
from redis import Redis
from rq.serializers import DefaultSerializer, JSONSerializer

# The functions' module, under the name by which a worker finds it.
jobs: Any = importlib.import_module("jobs")


def connection() -> Redis:
    """Return the connection that the environment describes."""
    environment = os.environ
    return Redis(
        host=environment["REDIS_HOST"],
        port=int(environment["REDIS_PORT"]),
        db=int(environment["REDIS_DB"]),
        username=environment.get("REDIS_USER"),
        password=environment.get("REDIS_PASSWORD"),
    )


def fill(name: str, function: str, count: str, serializer: str = "pickle", retries: str = "0") -> None:
    """Put jobs into the queue."""
    redis = connection()
    queue = rq.Queue(name, connection=redis, serializer=_serializer(serializer))
    retry = rq.Retry(max=int(retries)) if int(retries) else None
    with redis.pipeline() as pipeline:
        for number in range(int(count)):
            queue.enqueue_call(getattr(jobs, function), args=(number,), retry=retry, pipeline=pipeline)
        pipeline.execute()  # type: ignore[no-untyped-call]


def schedule(name: str, function: str, count: str, seconds: str) -> None:
    """Have jobs put into the queue later."""
    queue = rq.Queue(name, connection=connection())
    for number in range(int(count)):
        queue.enqueue_in(timedelta(seconds=float(seconds)), getattr(jobs, function), number)


def work(name: str, *how: str) -> None:
    """Work on the queue; with forks only when it is to be left alone, as they take time."""
    serializer = _serializer("json" if "json" in how else "pickle")
    kind = rq.SimpleWorker if {"burst", "simple"} & set(how) else rq.Worker
    kind([name], connection=connection(), serializer=serializer).work(burst="burst" in how)


def suspend() -> None:
    """Tell all workers not to take jobs."""
    rq.suspension.suspend(connection())


def resume() -> None:
    """Tell all workers to go on."""
    rq.suspension.resume(connection())


def _serializer(name: str) -> type[DefaultSerializer] | type[JSONSerializer]:
    return JSONSerializer if name == "json" else DefaultSerializer


if __name__ == "__main__":
    logging.disable()
    named = (fill, schedule, work, suspend, resume)
    commands: dict[str, Callable[..., None]] = {command.__name__: command for command in named}
    commands[sys.argv[1]](*sys.argv[2:])
