# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A task of SQS that moves all dead letters back by itself: StartMessageMoveTask."""

from __future__ import annotations

from typing import Any

from .._core.errors import OpsError, Unreachable
from .._core.waiting import Clock
from .sqs_connection import Sqs

_LOOK_SECONDS = 1.0
# Of a task that runs and moves nothing.
_PATIENCE_SECONDS = 300.0
_CANCEL_SECONDS = 60.0
_RUNNING = ("RUNNING", "CANCELLING")


class MoveTask:
    """A task that was started. It is cancelled when it has moved what was there at its start, or when it is closed."""

    def __init__(
        self, sqs: Sqs, source: str, target: str, rate: int | None, there: int, most: int, clock: Clock
    ) -> None:
        """Start it.

        :param source, target: ARNs. :param rate: messages a second, None for what SQS thinks best.
        :param there: letters that were there. :param most: letters to move.
        :raises OpsError: SQS does not take it.
        """
        self._sqs = sqs
        self._source = source
        self._clock = clock
        self._there = there
        self._most = most
        self._moved = 0
        self._handle: str | None = None
        self._await_cancelled()
        arguments = {"SourceArn": source, "DestinationArn": target}
        limit = {} if rate is None else {"MaxNumberOfMessagesPerSecond": rate}
        answer = sqs.call("start_message_move_task", "start a move task", source, **arguments, **limit)
        self._handle = answer.get("TaskHandle")

    def _await_cancelled(self) -> None:
        """Wait for the end of a task that is being cancelled, as that of the last part of a run is.

        :raises OpsError: there is another task, or it does not end.
        """
        patience = self._clock.monotonic() + _CANCEL_SECONDS
        while True:
            status = self._task().get("Status")
            if status not in _RUNNING:
                return
            if status == "RUNNING" or self._clock.monotonic() > patience:
                raise OpsError("another move task is at work", on=self._source)
            self._clock.sleep(_LOOK_SECONDS)

    def moved(self) -> int:
        """Return how many letters were moved since the last call; waits for some; 0 when the task has ended.

        :raises OpsError: the task has failed.
        """
        patience = self._clock.monotonic() + _PATIENCE_SECONDS
        while True:
            task = self._task()
            total = int(task.get("ApproximateNumberOfMessagesMoved") or 0)
            new, self._moved = max(total - self._moved, 0), max(total, self._moved)
            running = task.get("Status") in _RUNNING
            if task.get("Status") == "FAILED" and not new:
                raise OpsError(
                    f"the move task failed: {task.get('FailureReason') or 'no reason given'}", on=self._source
                )
            self._there = max(self._there, int(task.get("ApproximateNumberOfMessagesToMove") or 0))
            if not running:
                self._handle = None
            elif total >= min(self._there, self._most):
                self.close()  # what comes now has died again
            if new or not running:
                return new
            if self._clock.monotonic() > patience:
                raise Unreachable("the move task moves nothing", on=self._source, advice="see it in the console of SQS")
            self._clock.sleep(_LOOK_SECONDS)

    def _task(self) -> dict[str, Any]:
        answer = self._sqs.call(
            "list_message_move_tasks", "look at the move task", self._source, SourceArn=self._source, MaxResults=1
        )
        results = answer.get("Results") or [{}]
        return dict(results[0])

    def close(self) -> None:
        """Cancel it, if it runs. What it has moved stays moved. Does not raise."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            self._sqs.call("cancel_message_move_task", "cancel the move task", self._source, TaskHandle=handle)
        except OpsError:  # it has ended by itself meanwhile
            return
