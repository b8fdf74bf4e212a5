# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A maintenance window's controller is killed in the middle, under load; the next run or an abort must end it well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.day2.ops.tests.lab.alertmanager_server import AlertmanagerServer
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle
from ansible_collections.day2.ops.tests.lab.errors import LabError

from ..errors import FigureError
from ..rows import Goal, Row
from ..run import Run
from . import under_load
from .place import Place
from .points import ABORT, POINTS, Point
from .seen import Seen

AREA = "windows"
_SERVERS = ["redis", "postgres", "service", "webhook"]
_SECONDS = 600.0
_GOAL = Goal("= 0 orders lost or doubled, and the next run ends it well", lambda value: value == 0)


@dataclass(frozen=True)
class Ending:
    """How the run ended that came after the kill, and what is seen then."""

    status: int
    said: str
    seen: Seen
    not_undone: list[str]

    def problems(self, point: Point, account: Account, workers: int) -> list[str]:
        """Return what is wrong; empty when all is as it must be."""
        outcome = "aborted" if point.do == ABORT else "failed" if point.fails else "done"
        closed = self.seen.journal.get("steps", {}).get("ingress closed", {}).get("status") == "done"
        wrong = {
            f"the next run ended with status {self.status}: {self.said}": (self.status != 0) != (outcome == "failed"),
            f"not undone: {', '.join(self.not_undone)}": outcome != "done" and bool(self.not_undone),
            f"not balanced: {account.line()}": not account.balanced,
            "no order was refused with 503": closed and not account.refused,
            f"{account.errors} orders got another answer": account.errors > 0,
        }
        return [*self.seen.problems(workers, outcome), *(problem for problem, is_so in wrong.items() if is_so)]


def rows(run: Run) -> Iterator[Row]:
    """Yield the rows of what is done under load, then one for each point at which the controller is killed."""
    yield from under_load.rows(run)
    alertmanager = ["alertmanager"] if any(shutil.which(name) for name in AlertmanagerServer.programs) else []
    with run.folder() as folder, run.lab(folder, _SERVERS + alertmanager) as lab:
        place = Place(lab)
        for point in POINTS:
            if run.wants(f"controller killed {point.name}", point.short):
                row = _tried(point, place)
                for problem in row.made_of["problems"]:
                    run.say(f"  {problem}")
                yield row
                place.forget()


def _tried(point: Point, place: Place) -> Row:
    """Return the point's row; one that was not reached does not hold, and keeps no other from being made."""
    try:
        return _killed_at(point, place)
    except (FigureError, LabError) as error:
        return Row(AREA, f"controller killed {point.name}", _GOAL.text, 0, False, {"problems": [str(error)]})


def _killed_at(point: Point, place: Place) -> Row:
    workers = place.workers()
    with BackgroundLoad(place.lab.home) as load:
        for reach in (point.reach, *([point.then] if point.then else [])):
            with place.controller(point.fails) as killed:
                reach(place, killed)
                killed.kill()
        left = place.journal
        ending = _run_again(place, point)
    await_drained(place.lab.facts, 300)
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
            "ended": ending.seen.journal.get("outcome"),
            "taken_over": len(ending.seen.journal.get("taken_over", [])),
            "problems": problems,
        },
    )


def _run_again(place: Place, point: Point) -> Ending:
    with place.controller(point.fails, point.do) as second:
        status = second.wait(_SECONDS)
        said = next((line.text for line in second.lines if line.text.startswith(("fatal:", "[ERROR]"))), "")
    return Ending(status, said, Seen.at(place), place.not_undone())
