# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a repository by the server's own account, held against what the modules say, over many faults."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from ansible_collections.day2.ops.plugins.module_utils._search import information
from ansible_collections.day2.ops.tests.live.search_help import Cluster

from ..rows import Goal, Row
from .nodes import AREA, Options

GOAL = Goal("= 0 counted that are not SUCCESS, good ones lost", lambda value: value == 0)
SUCCESS = "SUCCESS"


@dataclass
class Ledger:
    """An account. :param problems: whatever else is not as it must be. :param said: what was seen, and how often."""

    faults: int = 0
    wrongly_counted: int = 0
    good_lost: int = 0
    problems: list[str] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)

    def expect(self, problem: str, holds: bool) -> None:
        """Note the problem unless it holds that there is none."""
        if not holds and len(self.problems) < 10:
            self.problems.append(problem)

    def note(self, what: str) -> None:
        """Count something that was seen."""
        self.said[what] = self.said.get(what, 0) + 1

    def row(self, work: str) -> Row:
        """Return the row of all that was seen."""
        bad = self.wrongly_counted + self.good_lost
        made_of = {
            "faults": self.faults,
            "wrongly_counted": self.wrongly_counted,
            "good_lost": self.good_lost,
            "problems": self.problems,
            "said": self.said,
        }
        return Row(AREA, f"{self.faults} x {work}", GOAL.text, bad, GOAL.holds(bad) and not self.problems, made_of)


class Shelf:
    """A repository whose good snapshots are known."""

    def __init__(self, cluster: Cluster, repository: str) -> None:
        self.cluster, self.repository = cluster, repository
        self._good: set[str] = set()

    def look(self, ledger: Ledger, may_go: Collection[str] = ()) -> dict[str, str]:
        """Compare what is there with what was good, and with what the module counts; the states, by name.

        may_go: those that retention may remove.
        """
        options = {"url": [self.cluster.url], "repository": self.repository, "sizes": False}
        told = information.operate(information.SPEC.validate(options, "es_snapshot_info")).data
        # Afterwards, as one that runs may become good meanwhile.
        states = self.cluster.snapshots(self.repository)
        good = {name for name, state in states.items() if state == SUCCESS}
        ledger.good_lost += len(self._good - good - set(may_go))
        self._good = good
        last = told["last_success"]
        honest = told["states"].get(SUCCESS, 0) <= len(good) and (last is None or last["snapshot"] in good)
        ledger.wrongly_counted += int(not honest)
        return states

    def believe(self, ledger: Ledger, name: str, said: Options) -> None:
        """Hold what a run of es_snapshot said of its snapshot against what is there."""
        state = self.cluster.state(self.repository, name)
        claimed = "msg" in said and not said.get("failed")
        ledger.wrongly_counted += int(claimed and state != SUCCESS)
        told = str(said.get("msg", ""))
        ledger.expect(f"more than a line: {told}", "\n" not in told)
