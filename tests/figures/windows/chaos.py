# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller of a maintenance window is killed in the middle, under load; a second run must end it well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle

from ..rows import Goal, Row
from ..run import Run
from .place import Place
from .points import POINTS, Point

AREA = "windows"
_SERVERS = ["redis", "postgres", "service", "webhook"]
_SECONDS = 180.0
_GOAL = Goal("= 0 orders lost or doubled, and the second run ends well", lambda value: value == 0)


@dataclass(frozen=True)
class Ending:
    """How the second run ended."""

    status: int
    said: str
    ingress_open: bool
    journal_state: str
    outcome: str
    taken_over: int

    def problems(self, account: Account) -> list[str]:
        """Return what is wrong; empty when all is as it must be."""
        wrong = {
            f"the second run ended with status {self.status}: {self.said}": self.status != 0,
            "the ingress is closed": not self.ingress_open,
            f"the journal is {self.journal_state} ({self.outcome})": (self.journal_state, self.outcome)
            != ("closed", "done"),
            f"not balanced: {account.line()}": not account.balanced,
            "no order was refused with 503": not account.refused,
            f"{account.errors} orders got another answer": account.errors > 0,
        }
        return [problem for problem, is_so in wrong.items() if is_so]


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for each point at which the controller is killed."""
    with run.folder() as folder, run.lab(folder, _SERVERS) as lab:
        place = Place(lab)
        for point in POINTS:
            if point.short or not run.short:
                yield _killed_at(point, place)
                place.forget()


def _killed_at(point: Point, place: Place) -> Row:
    with BackgroundLoad(place.lab.home) as load:
        with place.controller() as first:
            point.reach(place, first)
            first.kill()
        left = place.journal
        ending = _run_again(place)
    await_drained(place.lab.facts)
    account = settle(place.lab.facts, load.result)
    problems = ending.problems(account)
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
            "taken_over": ending.taken_over,
            "problems": problems,
        },
    )


def _run_again(place: Place) -> Ending:
    with place.controller() as second:
        status = second.wait(_SECONDS)
        said = next((line.text for line in second.lines if line.text.startswith(("fatal:", "[ERROR]"))), "")
    journal = place.journal
    return Ending(
        status,
        said,
        place.is_open(),
        str(journal.get("state")),
        str(journal.get("outcome")),
        len(journal.get("taken_over", [])),
    )
