# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole maintenance window, or a change without one, while orders go in: what became of each of them.

The demo service runs on plain processes, docker compose, systemd or Kubernetes, behind a real nginx that refuses orders
while the window is open. In the window the API and the workers are restarted, rolled and made anew by the role service.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle
from ansible_collections.day2.ops.tests.lab.demo.load import Result
from ansible_collections.day2.ops.tests.lab.demo_on.compose import Compose
from ansible_collections.day2.ops.tests.lab.demo_on.kinds import PLACES
from ansible_collections.day2.ops.tests.lab.demo_on.place import Place
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.front import Front
from ansible_collections.day2.ops.tests.lab.home import Home, make_folder
from ansible_collections.day2.ops.tests.lab.servers import in_order, server_named

from .. import processes
from ..errors import FigureError
from ..plays import environment, playbook_argv
from ..processes import Done
from ..rows import Goal, Row
from ..run import CHECKOUT, Run

AREA = "windows"
RATE = 40.0  # orders a second
_SECONDS, _DRAIN_SECONDS = 1500.0, 300.0  # on a machine that is busy with other things
STEPS = ("restarted", "rolled", "recreated")
IN_SHORT = "process"
_INVENTORY = CHECKOUT / "inventories/demo"
_STEPS = CHECKOUT / "tests/figures/windows/steps"
_REFUSED = Goal("= 0 lost or twice, refused ones got 503", lambda value: value == 0)
_NONE_REFUSED = Goal("= 0 lost or twice, none refused", lambda value: value == 0)
# What an inventory says of any service, on whatever it runs.
_VARIABLES: dict[str, Any] = {
    "day2_gate_timeout": 60,
    "day2_gate_consecutive": 1,
    "day2_maintenance_reason": "restarts under load",
    "day2_bootstrap": False,
}


@dataclass(frozen=True)
class Worked:
    """What a playbook did while orders went in."""

    done: Done
    account: Account
    result: Result

    def row(self, work: str, goal: Goal, problems: list[str]) -> Row:
        """Return the row of it."""
        bad = self.account.lost + self.account.doubled
        return Row(
            AREA,
            work,
            goal.text,
            bad,
            goal.holds(bad) and not problems,
            {
                "accepted": self.account.accepted,
                "processed": self.account.processed,
                "lost": self.account.lost,
                "doubled": self.account.doubled,
                "refused": self.account.refused,
                "other_answers": self.result.other,
                "refusing_seconds": self._refusing(),
                "playbook_seconds": round(self.done.wall, 1),
                "problems": problems,
            },
        )

    def problems(self) -> Iterator[str]:
        """Yield what is wrong whatever was done."""
        if self.done.status:
            yield f"the playbook ended with status {self.done.status}: {self._said()}"
        if not self.account.balanced:
            yield f"not balanced: {self.account.line()}"

    def _refusing(self) -> float:
        first, last = self.result.first_refused, self.result.last_refused
        return round(last - first, 1) if first and last else 0.0

    def _said(self) -> str:
        return next((line for line in self.done.output.splitlines() if line.startswith(("fatal:", "[ERROR]"))), "")


def rows(run: Run) -> Iterator[Row]:
    """Yield the rows of each runtime that this machine has; why it does not have another is said."""
    for kind in PLACES:
        if run.wants(f"under load on {kind}", kind == IN_SHORT):
            try:
                yield from rows_on(kind, run)
            except (FigureError, LabError) as error:  # the others are still worth making
                yield Row(AREA, f"window under load on {kind}", _REFUSED.text, 0, False, {"error": str(error)})


def rows_on(kind: str, run: Run) -> Iterator[Row]:
    """Yield the rows of one runtime; none, and why, where this machine does not have it."""
    reason = missing_on(kind, run)
    if reason:
        run.say(f"{AREA}: under load on {kind} is left out: {reason}")
        return
    with _place(kind, run) as place:
        yield _window(place, STEPS[:1] if run.short else STEPS)
        if isinstance(place, Compose):
            yield from _changes(place)


def missing_on(kind: str, run: Run) -> str:
    """Return why the demo service cannot run there, or an empty text."""
    place = PLACES[kind]
    with run.folder() as folder:
        make_folder(folder / "lab")
        home = Home.open_or_make(folder / "lab")
        servers = (server_named(home, name).missing() for name in in_order(list(place.servers)))
        return next(filter(None, [*servers, place.missing(), Front.missing()]), "")


@contextlib.contextmanager
def _place(kind: str, run: Run) -> Iterator[Place]:
    place = PLACES[kind]
    with run.folder() as folder, run.lab(folder, list(place.servers)) as lab:
        (folder / "service").mkdir()
        made = place(lab.home, folder / "service")
        made.start()
        yield made


def _window(place: Place, steps: Sequence[str]) -> Row:
    described = [{"name": name, "tasks": str(_STEPS / f"{name}.yml")} for name in steps]
    worked = _under_load(place, "maintenance", day2_maintenance_steps=described)
    noted = _journal(place).get("steps", {})
    problems = [
        *worked.problems(),
        *(f"step {name} was not done" for name in steps if noted.get(f"step: {name}", {}).get("status") != "done"),
        *([] if worked.account.refused else ["no order was refused with 503"]),
        *([f"other answers than 202 and 503: {worked.result.other}"] if worked.account.errors else []),
    ]
    return worked.row(f"window under load on {place.kind}", _REFUSED, problems)


def _changes(place: Compose) -> Iterator[Row]:
    """Yield the rows of changes that need no window, as workers finish what they have in hand."""
    for playbook, given in (
        ("rolling_update", {"part": "worker", "image": place.new_image("2")}),
        ("scale", {"part": "worker", "count": 4}),
        ("scale", {"part": "worker", "count": 2}),
    ):
        worked = _under_load(place, playbook, **given)
        problems = [
            *worked.problems(),
            *([f"other answers than 202: {worked.result.other}"] if worked.account.errors else []),
            *([f"{worked.account.refused} orders were refused"] if worked.account.refused else []),
        ]
        what = f"{playbook} to {given['count']}" if "count" in given else playbook
        yield worked.row(f"{what} under load on {place.kind}", _NONE_REFUSED, problems)


def _under_load(place: Place, playbook: str, **given: Any) -> Worked:
    folder = place.folder
    host = {**_VARIABLES, **place.variables()}
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"demo": host}}}), encoding="utf-8")
    more = ["-i", str(inventory), "-e", json.dumps(given)]
    argv = playbook_argv(CHECKOUT / f"playbooks/{playbook}.yml", _INVENTORY, *more)
    variables = environment(DAY2_LAB_DIR=place.home.facts["dir"], **place.environment())
    with BackgroundLoad(place.home, rate=RATE, seconds=2 * _SECONDS, url=place.front.url) as load:
        done = processes.run(argv, CHECKOUT, variables, _SECONDS)
    await_drained(place.home.facts, _DRAIN_SECONDS)
    return Worked(done, settle(place.home.facts, load.result), load.result)


def _journal(place: Place) -> dict[str, Any]:
    path = place.home.folder.parent / "state/demo/window.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
