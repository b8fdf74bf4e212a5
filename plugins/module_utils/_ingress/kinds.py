# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kinds of ingress switch, each imported only when it is used."""

from __future__ import annotations

from typing import Callable

from .base import Switch


def _http() -> Switch:
    from . import http

    return http


def _file() -> Switch:
    from . import file

    return file


def _command() -> Switch:
    from . import command

    return command


def _haproxy() -> Switch:
    from . import haproxy

    return haproxy


def _kubernetes() -> Switch:
    from . import kubernetes

    return kubernetes


def _queue_pause() -> Switch:
    from . import queue_pause

    return queue_pause


def _document() -> Switch:
    from . import document

    return document


def _firewall() -> Switch:
    from . import firewall

    return firewall


KINDS: dict[str, Callable[[], Switch]] = {
    "command": _command,
    "document": _document,
    "file": _file,
    "firewall": _firewall,
    "haproxy": _haproxy,
    "http": _http,
    "kubernetes": _kubernetes,
    "queue_pause": _queue_pause,
}
