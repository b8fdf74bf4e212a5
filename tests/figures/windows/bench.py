# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a maintenance window costs by itself, measured against a ping play of the same run and from outside."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from ansible_collections.day2.ops.tests.lab.alertmanager_server import AlertmanagerServer
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import await_drained, settle
from ansible_collections.day2.ops.tests.lab.demo.capacity import more_than_taken

from .. import rounds
from ..errors import FigureError
from ..plays import Plays
from ..rows import Goal, Row, at_most
from ..run import CHECKOUT, Run
from . import bench_scale
from .bench_outside import Outside, step_that_works, worked
from .place import Place

AREA = "windows"
_SERVERS = ["redis", "postgres", "service", "webhook"]
_INVENTORY = CHECKOUT / "inventories/demo"
_SECONDS = 180.0
_STEP_SECONDS = 1.0
_OF_CLOSED = ("closed", "drain", "step", "ours", "noticed", "refused")
# Nothing is waited for on purpose: one good look is enough. What is switched settles for half a second all the same.
_AT_ONCE: dict[str, Any] = {"day2_gate_consecutive": 1, "day2_drain_settle": 0, "day2_maintenance_steps": []}
_NO_STEPS: dict[str, Any] = {**_AT_ONCE, "day2_maintenance_steps__more": []}


@dataclass(frozen=True)
class Closed:
    """A window under load, in seconds. closed: from the first order that was refused to the last one.

    drain: from the first that was refused to the last item. step: the user's. noticed: from the last item to the note.
    """

    closed: float
    drain: float
    step: float
    noticed: float
    refused: int

    @property
    def ours(self) -> float:
        """Return for how long the ingress was closed for the window's own sake."""
        return self.closed - self.drain - self.step


@dataclass(frozen=True)
class Windows:
    """Runs windows of the shipped playbook on the demo inventory."""

    run: Run
    place: Place
    plays: Plays

    def ping(self) -> float:
        """Return the seconds of a play that only pings the same hosts."""
        play = self.plays.play("ping", [{"name": "ping", "ansible.builtin.ping": {}}])
        return self._said("ping play", self.plays.run(play, _INVENTORY, **self._variables).require_success().wall)

    def bare(self) -> float:
        """Return the seconds of a whole window without steps, and without load."""
        began = time.monotonic()
        self._window(_NO_STEPS)
        return self._said("window without steps", time.monotonic() - began)

    def under_load(self) -> Closed:
        """Return what was seen of a window with one step while orders go in."""
        log = self.place.folder / "worked"
        given = {**_NO_STEPS, "day2_maintenance_steps": [step_that_works(log, _STEP_SECONDS)]}
        log.unlink(missing_ok=True)
        rate = more_than_taken(self.place.lab.facts)
        with BackgroundLoad(self.place.lab.home, rate=rate) as load, Outside(self.place) as outside:
            self._window({**given, "day2_gate_consecutive": 3})
        await_drained(self.place.lab.facts)
        result, account = load.result, settle(self.place.lab.facts, load.result)
        if not (account.balanced and result.first_refused and result.last_refused):
            raise FigureError(f"not a window that could be measured: {account.line()}")
        seen = Closed(
            closed=result.last_refused - result.first_refused,
            drain=max(0.0, outside.last_item - result.first_refused),
            step=worked(log),
            noticed=outside.drained - outside.last_item,
            refused=result.refused,
        )
        self._said("ingress closed", seen.closed)
        return seen

    def resumed(self) -> float:
        """Return the seconds from the start of a run that takes a window up to its next step."""
        given = {**_NO_STEPS, "day2_maintenance_steps": [step_that_works(self.place.folder / "cut off", 60.0)]}
        begins = r"^TASK \[day2\.ops\.maintenance_window : Run the command"
        with self.place.controller(given=given) as first:
            first.await_line(begins, _SECONDS)
            first.kill()
        given["day2_maintenance_steps"] = [step_that_works(self.place.folder / "cut off", 0.0)]
        began = time.monotonic()
        with self.place.controller(given=given) as second:
            seconds = second.await_line(begins, _SECONDS).at - began
            self._end(second.wait(_SECONDS), second.output)
        return self._said("resumed to the next step", seconds)

    def _window(self, given: dict[str, Any]) -> None:
        with self.place.controller(given=given) as running:
            self._end(running.wait(_SECONDS), running.output)

    def _end(self, status: int, output: str) -> None:
        self.place.forget()
        if status:
            raise FigureError(f"the window ended with status {status}: {output[-500:]}")

    def _said(self, what: str, seconds: float) -> float:
        self.run.say(f"  {what}: {seconds:.2f} s")
        return seconds

    @property
    def _variables(self) -> dict[str, str]:
        return {"DAY2_LAB_DIR": str(self.place.lab.folder)}


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of the maintenance window."""
    alertmanager = ["alertmanager"] if any(shutil.which(name) for name in AlertmanagerServer.programs) else []
    with run.folder() as folder, run.lab(folder, _SERVERS + alertmanager) as lab:
        windows = Windows(run, Place(lab), Plays(folder))
        yield from _alone(run, windows)
        yield from _under_load(run, [windows.under_load() for _number in range(_tries(run))])
    if run.wants("scale.yml", short=False):
        yield from bench_scale.rows(run)


def _alone(run: Run, windows: Windows) -> Iterator[Row]:
    measured = rounds.in_turn(_tries(run), {"ping": windows.ping, "bare": windows.bare, "resumed": windows.resumed})
    ping, bare, resumed = (measured[name] for name in ("ping", "bare", "resumed"))
    work = "whole window without steps"
    ratio = bare.median / ping.median
    yield Row.of(AREA, work, _goal(run, 3, "x ping play"), ratio, **rounds.ratio_facts(bare, ping, "s"))
    work = "taken up after a kill: from the start to the next step, less a ping play"
    seconds = resumed.median - ping.median
    yield Row.of(AREA, work, _goal(run, 2, "s"), seconds, **rounds.ratio_facts(resumed, ping, "s"))


def _under_load(run: Run, seen: list[Closed]) -> Iterator[Row]:
    facts = {name: [round(getattr(one, name), 3) for one in seen] for name in _OF_CLOSED}
    work = "ingress closed under load, less drain and the user's step"
    ours = median(one.ours for one in seen)
    yield Row.of(AREA, work, _goal(run, 3, "s"), ours, unit="s", tries=len(seen), lost=0, doubled=0, **facts)
    noticed = median(one.noticed for one in seen)
    work = "from the last item to the note that all is drained"
    yield Row.of(AREA, work, _goal(run, 0.5, "s"), noticed, unit="s", tries=len(seen), **facts)


def _tries(run: Run) -> int:
    return 1 if run.short else 5


def _goal(run: Run, limit: float, unit: str) -> Goal:
    return at_most(3 * limit, f"{unit} (short slice)") if run.short else at_most(limit, unit)
