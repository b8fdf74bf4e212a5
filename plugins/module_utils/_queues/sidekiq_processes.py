# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What Sidekiq's processes say of themselves. They do so every 5 or 10 seconds; in between nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import sidekiq_jobs
from .redis_server import Command

# Sidekiq lets what a process says of itself expire after that many seconds, counted anew with each beat.
_EXPIRES = 60.0
_SILENT_AFTER = 30.0
_ANSWERS = 4


@dataclass(frozen=True)
class Process:
    """A process of Sidekiq that serves a queue.

    :param beat: the last one, in the process's own words; a later one differs. :param silent: seconds since then.
    :param quiet: it takes no more jobs. :param working: how many jobs of the queue it had at its last beat.
    """

    key: bytes
    beat: bytes
    silent: float
    quiet: bool
    working: int

    @property
    def takes(self) -> bool:
        """Tell whether it takes jobs."""
        return not self.quiet and self.silent <= _SILENT_AFTER


def questions(keys: Sequence[bytes]) -> list[Command]:
    """Return the commands whose answers :func:`serving` reads. The list of jobs was named ``workers`` up to 6."""
    commands: list[Command] = []
    for key in keys:
        commands += [("HMGET", key, "info", "beat", "quiet"), ("PTTL", key)]
        commands += [("HVALS", key + b":workers"), ("HVALS", key + b":work")]
    return commands


def serving(queue: str, keys: Sequence[bytes], answers: Sequence[Any]) -> list[Process]:
    """Return the processes that serve ``queue``; those whose sign of life has expired are left out."""
    found = []
    for number, key in enumerate(keys):
        (info, beat, quiet), lives, *works = answers[_ANSWERS * number : _ANSWERS * (number + 1)]
        if info and queue in _queues(sidekiq_jobs.read(info) or {}):
            silent = max(_EXPIRES - lives / 1000, 0.0) if lives >= 0 else 0.0
            working = sum(sidekiq_jobs.queue_of(work) == queue for every in works for work in every)
            found.append(Process(key, beat or b"", silent, quiet == b"true", working))
    return found


def _queues(info: Mapping[str, Any]) -> Sequence[Any]:
    queues = info.get("queues")
    return queues if isinstance(queues, list) else ()


class InFlight:
    """Counts the jobs that processes work on.

    A process that has just taken the last job of a queue says so only at its next beat. So an empty queue has nothing
    in flight only when each process has beaten since it was seen empty. Whoever looks once gets the number of the last
    beats; whoever looks again, to see whether the queue is done with, gets None until it is known.
    """

    def __init__(self) -> None:
        self._looked = False
        self._beats: dict[bytes, bytes] | None = None

    def forget(self) -> None:
        """Note that jobs were added: what was seen before says nothing about them."""
        self._looked, self._beats = True, None

    def count(self, ready: int, processes: Sequence[Process]) -> int | None:
        """Return how many jobs are in flight, None when that is not known yet.

        :param ready: how many jobs are in the queue's list now.
        """
        again, self._looked = self._looked, True
        working = sum(process.working for process in processes)
        if ready:
            self._beats = None
            return working
        if self._beats is None:
            self._beats = {process.key: process.beat for process in processes}
        known = working or all(self._beats.get(process.key) != process.beat for process in processes)
        return working if known or not again else None


def note(processes: Sequence[Process], in_flight: int | None) -> str:
    """Return what a reader of the numbers must know of the processes."""
    silent = [process for process in processes if process.silent > _SILENT_AFTER]
    if silent:
        oldest = max(process.silent for process in silent)
        return f"{len(silent)} processes have given no sign of life for up to {oldest:.0f} s"
    if in_flight is None:
        return "what is in flight is not known until each process has beaten since the queue became empty"
    if processes:
        oldest = max(process.silent for process in processes)
        return f"what is in flight is as of the processes' last beats, up to {oldest:.0f} s ago"
    return ""
