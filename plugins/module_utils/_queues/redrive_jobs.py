# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which of a service's queues are redriven, and with which options: those for all, and those of each queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .base import Queue
from .dead_letter_options import QUEUE
from .dead_letters import Terms
from .description import described
from .redrive_operation import SPEC

# What a queue has beside its description.
OPTIONS = "redrive_options"

# The queue, how to reach it, and what a playbook sees to by itself.
_NOT_TO_CHOOSE = {*QUEUE.options, "journal", "resume", "continue_from"}
_CHOICES = ArgSpec(options={name: option for name, option in SPEC.options.items() if name not in _NOT_TO_CHOOSE})

Job = dict[str, Any]


def without_options(queues: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the descriptions as those take them who only measure."""
    return [{name: value for name, value in queue.items() if name != OPTIONS} for queue in queues]


def redrive_jobs(queues: Sequence[Mapping[str, Any]], chosen: Sequence[str], for_all: Mapping[str, Any]) -> list[Job]:
    """Return for each queue that has dead letters its ``name``, its ``queue`` and the ``options`` of its redrive.

    :param chosen: names of queues; none for all that have dead letters.
    :param for_all: options that hold unless the queue's own say otherwise.
    :raises InputError: a wrong description or option; a name that is not there, or whose queue has no dead letters.
    """
    plain = without_options(queues)
    made = described(plain, {}, "day2_queues")
    unknown = [name for name in chosen if name not in [queue.name for queue in made]]
    if unknown:
        known = ", ".join(queue.name for queue in made) or "none"
        raise InputError(f"no queue {unknown[0]} is described", advice=f"described are: {known}")
    _CHOICES.validate(for_all, "day2_redrive")
    jobs = []
    for queue, described_as, given in zip(made, plain, queues):
        own = given.get(OPTIONS) or {}
        _CHOICES.validate(own, f"{OPTIONS} of the queue {queue.name}")
        if _is_meant(queue, chosen):
            jobs.append({"name": queue.name, "queue": described_as, "options": {**for_all, **own}})
    return jobs


def _is_meant(queue: Queue, chosen: Sequence[str]) -> bool:
    """Tell whether the queue is chosen; when none is, whether it has dead letters.

    :raises InputError: it is chosen and has none.
    """
    if chosen and queue.name not in chosen:
        return False
    lacking = _lacking(queue)
    if chosen and lacking:
        raise lacking
    return lacking is None


def _lacking(queue: Queue) -> InputError | None:
    """Return why the queue has no dead letters that it could tell of; None when it has."""
    if not hasattr(queue, "dead_letters"):
        return InputError(f"the kind {queue.kind} knows no dead letters", on=queue.name)
    try:
        queue.dead_letters(Terms(run="look")).close()
    except InputError as error:
        return error
    except OpsError:  # a missing library, a secret that cannot be read: it is the module that says so, where it runs
        return None
    return None
