# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A maintenance window's controller is killed in the middle, under load; the next run or an abort must end it well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.day2.ops.tests.lab.alertmanager_server import AlertmanagerServer
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle

from ..rows import Goal, Row
from ..run import Run
from .place import Place
from .points import ABORT, POINTS, Point
from .scenario import STEPS

AREA = "windows"
_SERVERS = ["redis", "postgres", "service", "webhook"]
_SECONDS = 180.0
_LONGEST_SILENCE = 60.0  # seconds that alerts may stay muted after the window; its grace is less
_GOAL = Goal("= 0 orders lost or doubled, and the next run ends it well", lambda value: value == 0)


@dataclass(frozen=True)
class Ending:
    """How the run ended that came after the kill, and what is seen then."""

    status: int
    said: str
    ingress_open: bool
    workers: int
    silences: list[str]
    journal: dict[str, Any]
    not_undone: list[str]

    def problems(self, point: Point, account: Account, workers: int) -> list[str]:
        """Return what is wrong; empty when all is as it must be."""
        outcome = "aborted" if point.do == ABORT else "failed" if point.fails else "done"
        ended = (self.journal.get("state"), self.journal.get("outcome"))
        closed = "ingress closed" in self.journal.get("steps", {})
        wrong = {
            f"the next run ended with status {self.status}: {self.said}": (self.status != 0) != (outcome == "failed"),
            "the ingress is closed": not self.ingress_open,
            f"{self.workers} workers live": self.workers != workers,
            f"alerts are silent until {self.silences}": any(_is_far(end) for end in self.silences),
            f"the journal is {ended}": ended != ("closed", outcome),
            f"not undone: {', '.join(self.not_undone)}": outcome != "done" and bool(self.not_undone),
            f"not balanced: {account.line()}": not account.balanced,
            "no order was refused with 503": closed and not account.refused,
            f"{account.errors} orders got another answer": account.errors > 0,
        }
        return [problem for problem, is_so in wrong.items() if is_so]


def _is_far(end: str) -> bool:
    return (datetime.fromisoformat(end) - datetime.now(UTC)).total_seconds() > _LONGEST_SILENCE


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for each point at which the controller is killed."""
    alertmanager = ["alertmanager"] if any(shutil.which(name) for name in AlertmanagerServer.programs) else []
    with run.folder() as folder, run.lab(folder, _SERVERS + alertmanager) as lab:
        place = Place(lab)
        for point in POINTS:
            if point.short or not run.short:
                yield _killed_at(point, place)
                place.forget()


def _killed_at(point: Point, place: Place) -> Row:
    workers = place.workers()
    with BackgroundLoad(place.lab.home) as load:
        for reach in (point.reach, *([point.then] if point.then else [])):
            with place.controller(point.fails) as killed:
                reach(place, killed)
                killed.kill()
        left = place.journal
        ending = _run_again(place, point)
    await_drained(place.lab.facts)
    account = settle(place.lab.facts, load.result)
    problems = ending.problems(point, account, workers)
    bad = account.lost + account.doubled
    return Row(
        AREA,
        f"controller killed {point.name}",
        _GOAL.text,
        bad,
        _GOAL.holds(bad) and not problems,
        {
            "accepted": account.accepted,
            "processed": account.processed,
            "lost": account.lost,
            "doubled": account.doubled,
            "refused": account.refused,
            "accepted_broken": account.accepted - account.processed,
            "left_by_the_first": {"state": left.get("state", "none"), "steps": sorted(left.get("steps", {}))},
            "ended": ending.journal.get("outcome"),
            "taken_over": len(ending.journal.get("taken_over", [])),
            "problems": problems,
        },
    )


def _run_again(place: Place, point: Point) -> Ending:
    with place.controller(point.fails, point.do) as second:
        status = second.wait(_SECONDS)
        said = next((line.text for line in second.lines if line.text.startswith(("fatal:", "[ERROR]"))), "")
    return Ending(
        status, said, place.is_open(), place.workers(), place.silences(), place.journal, list(_not_undone(place))
    )


def _not_undone(place: Place) -> Iterator[str]:
    """Return the steps that were begun and not undone since."""
    for name in STEPS:
        if place.marks(f"begins {name}") and not place.marks(f"ends undo {name}"):
            yield name
