# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``queue_trim`` does: remove old items of work that is done, or say how many that would be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from .description import described
from .stops import END, LIMIT, TIME
from .trims import Trim, trims_of

SPEC = redis_connection.SPEC + ArgSpec(
    options={
        "queue": {"type": "dict", "required": True},
        "older_than": {"type": "raw", "required": True},
        "states": {"type": "list", "elements": "str", "default": []},
        "limit": {"type": "int"},
        "max_seconds": {"type": "float", "default": 300.0},
    }
)

_ANY_NUMBER = 1_000_000


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is asked of any server.
    :raises OpsError: with what had been done by then in ``details``.
    """
    params = {**params, "older_than": seconds_of("older_than", params["older_than"])}
    for name in ("limit", "max_seconds"):
        if params[name] is not None and not params[name] > 0:
            raise InputError(f"{name} must be more than 0", on=f"{params[name]:g}")
    defaults = {name: params[name] for name in redis_connection.SPEC.options}
    (queue,) = described([params["queue"]], defaults, "queue")
    work = _Work(params["limit"], clock.monotonic() + params["max_seconds"], clock)
    notes: list[str] = []
    for trim in trims_of(queue, params["states"], params["older_than"]):
        with closing(trim):
            work.do(trim, check_mode)
            notes += trim.notes()
    return Result(
        changed=work.total > 0,
        msg=f"{queue.name}: {work.sentence(check_mode, params['older_than'])}",
        data={"name": queue.name, "kind": queue.kind, **work.data()},
        diff=work.diff() if work.total else None,
        warnings=notes,
    )


@dataclass
class _Work:
    """What has been removed so far, by state."""

    limit: int | None
    until: float
    clock: Clock
    before: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    stop: str = END

    @property
    def total(self) -> int:
        """Return how many of all states."""
        return sum(self.removed.values())

    def do(self, trim: Trim, check_mode: bool) -> None:
        """Remove what is old of one state; in check mode count it."""
        try:
            size = trim.begin()
            self.before[trim.state] = size
            self.removed[trim.state] = 0
            if check_mode:
                self.removed[trim.state] = min(trim.count(), self._most())
                self.left[trim.state] = size - self.removed[trim.state]
                return
            self._remove(trim)
            self.left[trim.state] = trim.size()
        except OpsError as error:
            error.details.update(self.data(), stop_reason="error", changed=self.total > 0)
            raise

    def _most(self) -> int:
        return _ANY_NUMBER if self.limit is None else self.limit - self.total

    def _remove(self, trim: Trim) -> None:
        while True:
            self.stop = self._bound()
            if self.stop != END:
                return
            done = trim.remove(self._most())
            if not done.looked:
                return
            self.removed[trim.state] += done.removed

    def _bound(self) -> str:
        if self._most() <= 0:
            return LIMIT
        return TIME if self.clock.monotonic() >= self.until else END

    def data(self) -> dict[str, Any]:
        """Return the module's values."""
        return {
            "removed": self.total,
            "removed_by_state": dict(self.removed),
            "left": dict(self.left),
            "stop_reason": self.stop,
        }

    def sentence(self, check_mode: bool, older_than: float) -> str:
        """Return what was done in a few words."""
        removed = ", ".join(f"{number} {state}" for state, number in self.removed.items())
        left = ", ".join(f"{number} {state}" for state, number in self.left.items())
        ends = {END: "", LIMIT: "; that is as many as limit allows", TIME: "; that is as long as max_seconds allows"}
        verb = "would remove" if check_mode else "removed"
        return f"{verb} {removed} older than {show_duration(older_than)}, {left} left{ends[self.stop]}"

    def diff(self) -> dict[str, Any]:
        """Return how many there are, before and after."""
        states = list(self.removed)
        before = "".join(f"{state}: {self.before[state]}\n" for state in states)
        after = "".join(f"{state}: {self.before[state] - self.removed[state]}\n" for state in states)
        return {"before": before, "after": after}
