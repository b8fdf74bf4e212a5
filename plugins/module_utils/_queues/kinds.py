# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kinds of queues by name. A kind's file is imported only when a queue of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .._core.errors import InputError

if TYPE_CHECKING:
    from .base import Queue


def _redis_list() -> type[Queue]:
    from .redis_list import RedisList

    return RedisList


def _redis_stream() -> type[Queue]:
    from .redis_stream import RedisStream

    return RedisStream


def _redis_sorted_set() -> type[Queue]:
    from .redis_sorted_set import RedisSortedSet

    return RedisSortedSet


def _asynq() -> type[Queue]:
    from .asynq import Asynq

    return Asynq


def _arq() -> type[Queue]:
    from .arq import Arq

    return Arq


def _http() -> type[Queue]:
    from .http_queue import HttpQueue

    return HttpQueue


def _sql() -> type[Queue]:
    from .sql_queue import SqlQueue

    return SqlQueue


def _directory() -> type[Queue]:
    from .directory import Directory

    return Directory


def _sidekiq() -> type[Queue]:
    from .sidekiq import Sidekiq

    return Sidekiq


def _bullmq() -> type[Queue]:
    from .bullmq import BullMQ

    return BullMQ


def _rq() -> type[Queue]:
    from .rq import Rq

    return Rq


def _celery() -> type[Queue]:
    from .celery import Celery

    return Celery


def _rabbitmq() -> type[Queue]:
    from .rabbitmq import RabbitMQ

    return RabbitMQ


def _sqs() -> type[Queue]:
    from .sqs import SqsQueue

    return SqsQueue


KINDS: dict[str, Callable[[], type[Queue]]] = {
    "redis_list": _redis_list,
    "redis_stream": _redis_stream,
    "redis_sorted_set": _redis_sorted_set,
    "asynq": _asynq,
    "arq": _arq,
    "rq": _rq,
    "celery": _celery,
    "sidekiq": _sidekiq,
    "bullmq": _bullmq,
    "rabbitmq": _rabbitmq,
    "sqs": _sqs,
    "http": _http,
    "sql": _sql,
    "directory": _directory,
}


def kind_named(name: str, where: str) -> type[Queue]:
    """Return the class of a kind.

    :param where: names the place for the message: ``queues[2] (orders)``.
    :raises InputError: no such kind.
    """
    if name not in KINDS:
        raise InputError(f"{where}: unknown kind '{name}'", advice=f"known are {', '.join(KINDS)}")
    return KINDS[name]()
