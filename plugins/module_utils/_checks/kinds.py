# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kinds of checks by name, each imported when first used, by a statement that Ansible's packer sees."""

from __future__ import annotations

from typing import Callable

from .base import Kind


def _alertmanager() -> Kind:
    from . import alertmanager

    return alertmanager


def _backup() -> Kind:
    from . import backup

    return backup


def _clock() -> Kind:
    from . import clock

    return clock


def _command() -> Kind:
    from . import command

    return command


def _compose() -> Kind:
    from . import compose

    return compose


def _container() -> Kind:
    from . import container

    return container


def _credential() -> Kind:
    from . import credential

    return credential


def _disk() -> Kind:
    from . import disk

    return disk


def _dns() -> Kind:
    from . import dns

    return dns


def _elasticsearch() -> Kind:
    from . import elasticsearch

    return elasticsearch


def _file_age() -> Kind:
    from . import file_age

    return file_age


def _http() -> Kind:
    from . import http

    return http


def _kubernetes() -> Kind:
    from . import kubernetes

    return kubernetes


def _load() -> Kind:
    from . import load

    return load


def _log() -> Kind:
    from . import log

    return log


def _memory() -> Kind:
    from . import memory

    return memory


def _metrics() -> Kind:
    from . import metrics

    return metrics


def _postgres() -> Kind:
    from . import postgres

    return postgres


def _process() -> Kind:
    from . import process

    return process


def _prometheus() -> Kind:
    from . import prometheus

    return prometheus


def _queue() -> Kind:
    from . import queue

    return queue


def _queues() -> Kind:
    from . import queues

    return queues


def _redis() -> Kind:
    from . import redis

    return redis


def _search_snapshot() -> Kind:
    from . import search_snapshot

    return search_snapshot


def _sql() -> Kind:
    from . import sql

    return sql


def _systemd() -> Kind:
    from . import systemd

    return systemd


def _tcp() -> Kind:
    from . import tcp

    return tcp


def _tls() -> Kind:
    from . import tls

    return tls


def _worker() -> Kind:
    from . import worker

    return worker


KINDS: dict[str, Callable[[], Kind]] = {
    "alertmanager": _alertmanager,
    "backup": _backup,
    "clock": _clock,
    "command": _command,
    "compose": _compose,
    "container": _container,
    "credential": _credential,
    "disk": _disk,
    "dns": _dns,
    "elasticsearch": _elasticsearch,
    "file_age": _file_age,
    "http": _http,
    "kubernetes": _kubernetes,
    "load": _load,
    "log": _log,
    "memory": _memory,
    "metrics": _metrics,
    "postgres": _postgres,
    "process": _process,
    "prometheus": _prometheus,
    "queue": _queue,
    "queues": _queues,
    "redis": _redis,
    "search_snapshot": _search_snapshot,
    "sql": _sql,
    "systemd": _systemd,
    "tcp": _tcp,
    "tls": _tls,
    "worker": _worker,
}
