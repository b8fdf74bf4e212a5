# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of Celery for tests; the messages of those that fail are kept in the list `mails:dead`."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from celery import Celery, Task  # type: ignore[import-untyped]
from celery.exceptions import TaskPredicate  # type: ignore[import-untyped]
from celery.worker.request import Request  # type: ignore[import-untyped]
from redis import Redis

DEAD = "mails:dead"


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


class Burying(Request):
    """A message that is put into the list of dead letters when its task has failed for good."""

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        """Put it there, with what was raised, before it is acknowledged."""
        if not issubclass(exc_info.type, TaskPredicate):  # that is a retry, or that the task is not wanted
            message = self.message._raw
            told = {"error": repr(exc_info.exception), "failed_at": time.time()}
            connection().lpush(DEAD, json.dumps({**message, "headers": {**message["headers"], **told}}))
        return super().on_failure(exc_info, send_failed_event, return_ok)


class BuryingTask(Task):
    """A task whose message is not lost when it fails."""

    Request = Burying
    acks_late = True


def application() -> Any:
    """Return Celery on the Redis that the environment describes, with the tasks."""
    environment = os.environ
    login = f"{environment['REDIS_USER']}:{environment['REDIS_PASSWORD']}"
    place = f"{environment['REDIS_HOST']}:{environment['REDIS_PORT']}/{environment['REDIS_DB']}"
    app = Celery("tests", broker=f"redis://{login}@{place}", task_cls=BuryingTask)
    app.conf.update(
        task_ignore_result=True,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        enable_utc=True,
    )
    app.task(name="note")(note)
    app.task(name="tenacious", bind=True, max_retries=2)(tenacious)
    app.task(name="hold")(hold)
    return app


def note(number: int, filling: str = "") -> None:
    """Note that it was done; fail while the key `broken` is there."""
    redis = connection()
    broken = redis.get("broken")
    if broken:
        raise ValueError(str(broken.decode()))  # type: ignore[union-attr]
    redis.rpush("processed", number)


def tenacious(self: Any, number: int) -> None:
    """Do the same, and retry twice."""
    try:
        note(number)
    except ValueError as error:
        raise self.retry(exc=error, countdown=0) from error


def hold(number: int) -> None:
    """Last until the key `release` is there."""
    redis = connection()
    while not redis.exists("release"):
        time.sleep(0.02)
    redis.rpush("processed", number)
