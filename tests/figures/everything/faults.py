# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with everything in it: all checks are green, then each planted fault is found, by the right check alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..checks.twenty import SERVERS, twenty
from ..checks.verdicts import RESULT_ON_ONE_LINE, Verdict, secrets_of
from ..plays import APART, Plays
from ..rows import Goal, Row, told
from ..run import Run
from .parts import PARTS, Place, environment
from .planted import TABLE, Planted

AREA = "everything"
_MORE = ["node_exporter", "prometheus", "alertmanager", "docker", "systemd_host", "opensearch"]
_FOUND = Goal("= 1 (found by the right check alone, and said well)", lambda value: value == 1)
_QUIET = Goal("= 0 false alarms", lambda value: value == 0)
# How many faults a short slice plants, from all over the table.
_SHORT = 3


@dataclass
class Watcher:
    """Runs all checks in one play and judges what they say."""

    run: Run
    place: Place
    checks: Sequence[dict[str, Any]]
    variables: dict[str, str] = field(default_factory=dict)

    def look(self) -> Verdict:
        """Make all checks, with the module's options shown."""
        plays = Plays(self.place.folder)
        tasks = [{"name": "check", "day2.ops.health_gate": {"checks": list(self.checks)}}]
        playbook = plays.play("everything", tasks, **APART)
        return Verdict.of_gate(plays.run(playbook, plays.inventory(1), "-vvv", **RESULT_ON_ONE_LINE, **self.variables))

    def quiet(self, when: str) -> Row:
        """Return how many checks raise an alarm while nothing is broken."""
        verdict = self.look()
        problems = verdict.manners(secrets_of(self.place.facts))
        number = len(verdict.reasons) + len(problems)
        work = f"{len(self.checks)} checks of {len({check['kind'] for check in self.checks})} kinds, {when}"
        return Row.of(AREA, work, _QUIET, number, said=dict(verdict.reasons), problems=problems)

    def row(self, planted: Planted) -> Row:
        """Plant the fault, look, mend it; then wait until all is green again."""
        with planted.plant(self.place):
            verdict = self.look()
        problems = verdict.problems(planted.case, secrets_of(self.place.facts))
        said = {name: verdict.reasons.get(name, "pass") for name in planted.case.reasons}
        self.run.say(f"  {planted.case.work}: {'; '.join(problems) or 'found'}")
        self._mended()
        value = 0 if problems else 1
        return Row.of(AREA, planted.case.work, _FOUND, value, check=", ".join(said), said=said, problems=problems)

    def _mended(self) -> None:
        """Wait until the service has recovered; a fault of one row must not be seen in the next."""
        self.place.lab.mend_all()
        wait_for("all checks to be green", lambda: not self.look().reasons, 90)


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for the healthy lab before and after, and one for each fault."""
    with run.folder() as folder, run.lab(folder, SERVERS) as lab:
        absent = {name: reason for name in _MORE if (reason := lab.missing(name))}
        here = [name for name in _MORE if name not in absent]
        run.say(f"lab: starting {', '.join(here)}")
        lab.up([*SERVERS, *here])
        place = Place(lab, folder)
        checks = [pair.ours for pair in twenty(lab.facts, folder)]
        for server, part in PARTS:
            checks += [] if server in absent else part(place)
        watcher = Watcher(run, place, checks, environment(place))
        yield Row.of(AREA, "servers that this machine lacks", told("servers"), len(absent), absent=absent)
        yield watcher.quiet("nothing broken, before all faults")
        wanted = [planted for planted in TABLE if planted.needs not in absent]
        for planted in _spread(wanted, _SHORT) if run.short else wanted:
            yield watcher.row(planted)
        yield watcher.quiet("nothing broken, after all faults")


def _spread(faults: Sequence[Planted], number: int) -> list[Planted]:
    """Return so many of the faults, from all over the table."""
    return [faults[index * len(faults) // number] for index in range(number)] if len(faults) > number else list(faults)
