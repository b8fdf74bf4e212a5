# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The queue that workers take from, as a check of workers describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import NotThere
from .._queues.base import Queue
from .._queues.description import made, queue_spec
from .._queues.look import OK, Observer, Reading
from .._queues.thresholds import THRESHOLDS
from .base import COMMON, Options

# Options of a queue that a check has too: the check's are its own, these go by another name.
_RENAMED = {"name": "queue", "kind": "queue_kind"}
_NOT_OURS = {*COMMON.options, *THRESHOLDS}


def options_of_kind(kind: str) -> ArgSpec:
    """Return the options that describe a queue of that kind, less those that a check has and the limits."""
    spec = queue_spec(kind)
    return replace(spec, options={name: option for name, option in spec.options.items() if name not in _NOT_OURS})


def described_queue(options: Options) -> Queue:
    """Return the queue that the options of a check describe.

    :raises InputError: options that contradict each other.
    """
    names = [name for name in queue_spec(options["queue_kind"]).options if name not in THRESHOLDS]
    queue: Mapping[str, Any] = {name: options[_RENAMED.get(name, name)] for name in names}
    return made(queue)


def look_at(observer: Observer) -> Reading:
    """Return what is in the one queue of ``observer``.

    :raises NotThere: the queue does not exist. :raises OpsError: it could not be measured.
    """
    (reading,) = observer.look()
    if reading.error:
        raise reading.error
    if reading.status != OK:
        raise NotThere(f"cannot measure the queue {reading.queue.name}: {reading.message}")
    return reading
