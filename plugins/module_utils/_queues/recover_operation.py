# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``queue_recover`` does: put items back to work whose worker is gone, or say what that would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, cast

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from .base import Queue
from .description import described
from .stale import Asked, Holding, Recoverable, Recovered, StaleItems

SPEC = redis_connection.SPEC + ArgSpec(
    options={
        "queue": {"type": "dict", "required": True},
        "idle": {"type": "float", "required": True},
        "taken_at": {"type": "str"},
        "consumer": {"type": "str"},
        "limit": {"type": "int"},
    }
)

_BATCH = 50
LIMIT = "beyond the limit"


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is changed.
    :raises OpsError: with what had been done by then in ``details``.
    """
    for name in ("idle", "limit"):
        if params[name] is not None and params[name] <= 0:
            raise InputError(f"{name} must be more than 0", on=f"{params[name]:g}")
    defaults = {name: params[name] for name in redis_connection.SPEC.options}
    (queue,) = described([params["queue"]], defaults, "queue")
    asked = Asked(params["idle"], params["taken_at"], params["consumer"])
    with closing(_recoverable(queue).stale_items(asked)) as items:
        work = _Work(queue, items.find(clock), params["limit"])
        try:
            if not check_mode:
                work.do(items)
        except OpsError as error:
            error.details.update(work.data(check_mode=False), changed=work.settled > 0)
            raise
        return work.result(items.notes(), check_mode)


def _recoverable(queue: Queue) -> Recoverable:
    if not hasattr(queue, "stale_items"):
        raise InputError(
            f"items in flight of the kind {queue.kind} cannot be put back to work",
            on=queue.name,
            advice="see docs/queues for how its own workers do it",
        )
    return cast("Recoverable", queue)


class _Work:
    """What was found, and what has become of it so far."""

    def __init__(self, queue: Queue, holdings: Sequence[Holding], limit: int | None) -> None:
        self._queue = queue
        self._holdings = holdings
        self._limit = limit
        self._done: dict[str, list[Recovered]] = {}

    @property
    def settled(self) -> int:
        """Return how many items are no longer in flight."""
        return sum(one.settled for steps in self._done.values() for one in steps)

    def do(self, items: StaleItems) -> None:
        """Put back to work what may be."""
        for holding in self._holdings:
            steps = self._done.setdefault(holding.consumer, [])
            most = self._most(_BATCH)
            while holding.stale and most > 0:
                steps.append(items.recover(holding, most))
                if not steps[-1].settled and not steps[-1].left:
                    break
                most = self._most(_BATCH)

    def _most(self, number: int) -> int:
        return number if self._limit is None else min(number, self._limit - self.settled)

    def _sum(self, name: str) -> int:
        return sum(getattr(one, name) for steps in self._done.values() for one in steps)

    def _planned(self) -> int:
        """Return how many would be put back to work, archived, or taken out as their payload is gone."""
        return min(self._stale, self._limit or self._stale)

    @property
    def _stale(self) -> int:
        return sum(holding.stale for holding in self._holdings)

    def data(self, check_mode: bool) -> dict[str, Any]:
        """Return the module's values."""
        settled = self._planned() if check_mode else self.settled
        left_for: dict[str, int] = {}
        told = [holding.left for holding in self._holdings]
        told += [one.left for steps in self._done.values() for one in steps]
        for reasons in told:
            for reason, number in reasons.items():
                left_for[reason] = left_for.get(reason, 0) + number
        beyond = self._stale - self._planned()
        left_for.update({LIMIT: beyond} if beyond else {})
        return {
            "name": self._queue.name,
            "kind": self._queue.kind,
            "recovered": settled if check_mode else self._sum("recovered"),
            "archived": self._sum("archived"),
            "gone": self._sum("gone"),
            "left": sum(left_for.values()),
            "left_for": left_for,
            "consumers": [
                {
                    "name": holding.consumer,
                    "stale": holding.stale,
                    "settled": sum(one.settled for one in self._done.get(holding.consumer, [])),
                    "in_flight": holding.stale + sum(holding.left.values()),
                }
                for holding in self._holdings
                if holding.stale or holding.left
            ],
        }

    def result(self, notes: Sequence[str], check_mode: bool) -> Result:
        """Return what came of it."""
        data = self.data(check_mode)
        settled = self._planned() if check_mode else self.settled
        return Result(
            changed=settled > 0,
            msg=f"{self._queue.name}: {_sentence(data, check_mode)}",
            data=data,
            diff=_diff(self._stale, settled) if settled else None,
            warnings=list(notes),
        )


def _sentence(data: Mapping[str, Any], check_mode: bool) -> str:
    text = f"{'would put' if check_mode else 'put'} {data['recovered']} items in flight back to work"
    more = {"archived": "archived {} that had no try left", "gone": "took out {} whose payload is gone"}
    text += "".join(", " + what.format(data[name]) for name, what in more.items() if data[name])
    left = [f"{number} ({reason})" for reason, number in data["left_for"].items()]
    return text + (f", left {', '.join(left)}" if left else "")


def _diff(stale: int, settled: int) -> dict[str, Any]:
    line = "in flight with workers that are gone: {}\n"
    return {"before": line.format(stale), "after": line.format(stale - settled)}
