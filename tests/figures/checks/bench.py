# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daily checks measured against what people do without the collection, in the same run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import processes, rounds
from ..plays import APART, Plays, Task, environment
from ..rounds import Tries
from ..rows import Goal, Row, at_least, at_most, told
from ..run import CHECKOUT, Run
from . import costs, recovery
from .twenty import SERVERS, Pair, redis_login, twenty

AREA = "checks"
_PING: list[Task] = [{"name": "ping", "ansible.builtin.ping": {}}]


@dataclass(frozen=True)
class Contest:
    """The contestants: the same checks by health_gate and by stock modules, and a play that only pings."""

    run: Run
    plays: Plays
    pairs: Sequence[Pair]

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Return the checks as health_gate takes them."""
        return [pair.ours for pair in self.pairs]

    def ours(self, hosts: int) -> float:
        """Return the seconds of a play with all checks in one task."""
        return self._play("gate", [{"name": "check", "day2.ops.health_gate": {"checks": self.checks}}], hosts)

    def module(self, hosts: int) -> float:
        """Return the seconds of the same play when the checks need a process of their own, as on a distant host."""
        tasks: list[Task] = [{"name": "check", "day2.ops.health_gate": {"checks": self.checks}}]
        return self._play("module", tasks, hosts, **APART)

    def stock(self, hosts: int) -> float:
        """Return the seconds of a play with the same checks as stock tasks."""
        return self._play("stock", [task for pair in self.pairs for task in pair.stock], hosts)

    def ping(self, hosts: int) -> float:
        """Return the seconds of a play with ping."""
        return self._play("ping", _PING, hosts)

    def shipped(self, lab: Path) -> float:
        """Return the seconds of the shipped playbook on the demo inventory of one host."""
        playbook, inventory = CHECKOUT / "playbooks/daily_checks.yml", CHECKOUT / "inventories/demo"
        return self.plays.run(playbook, inventory, DAY2_LAB_DIR=str(lab)).require_success().wall

    def _play(self, name: str, tasks: Sequence[Task], hosts: int, **more: object) -> float:
        done = self.plays.run(self.plays.play(name, tasks, **more), self.plays.inventory(hosts)).require_success()
        self.run.say(f"  {name} on {hosts}: {done.wall:.1f} s, CPU {done.cpu:.1f} s")
        return done.wall


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of the daily checks and the gate."""
    with run.folder() as folder, run.lab(folder, [*SERVERS, "webhook"]) as lab:
        plays = Plays(folder)
        contest = Contest(run, plays, twenty(lab.facts, folder))
        queues = [{"name": "orders", "kind": "redis_list", "missing": "empty", **redis_login(lab.facts)}]
        yield from _one_host(contest, lab.folder)
        if not run.short:
            yield from _many_hosts(contest)
        yield from recovery.rows(run, plays)
        options = {"day2.ops.health_gate": {"checks": contest.checks}, "day2.ops.queue_depth": {"queues": queues}}
        yield from costs.import_rows(run, plays, options)
        yield costs.memory_row(run, plays, contest.checks)
    if not run.short:
        yield _demo(run)


def _one_host(contest: Contest, lab: Path) -> Iterator[Row]:
    tries = 1 if contest.run.short else 5
    measured = rounds.in_turn(
        tries,
        {
            "ours": lambda: contest.ours(1),
            "stock": lambda: contest.stock(1),
            "ping": lambda: contest.ping(1),
            "module": lambda: contest.module(1),
            "shipped": lambda: contest.shipped(lab),
        },
    )
    short = contest.run.short
    near_ping = at_most(4, "x ping play (short slice)") if short else at_most(1.5, "x ping play")
    faster = at_least(2, "x faster than stock (short slice)") if short else at_least(8, "x faster than stock")
    yield _against_ping("20 checks on 1 host, health_gate", near_ping, measured["ours"], measured["ping"])
    yield _against_stock("20 checks on 1 host, health_gate", faster, measured)
    by_module = "20 checks on 1 host, health_gate's module in a process of its own"
    yield _against_ping(by_module, told("x ping play"), measured["module"], measured["ping"])
    shipped = "playbooks/daily_checks.yml on 1 host"
    yield _against_ping(shipped, told("x ping play"), measured["shipped"], measured["ping"])


def _many_hosts(contest: Contest) -> Iterator[Row]:
    module = "health_gate's module in processes of its own"
    ten = rounds.in_turn(
        5,
        {"ours": lambda: contest.ours(10), "stock": lambda: contest.stock(10), "module": lambda: contest.module(10)},
    )
    yield _against_stock("20 checks on 10 hosts, health_gate", at_least(15, "x faster than stock"), ten)
    apart = {"ours": ten["module"], "stock": ten["stock"]}
    yield _against_stock(f"20 checks on 10 hosts, {module}", told("x faster than stock"), apart)
    fifty = rounds.in_turn(
        5, {"ours": lambda: contest.ours(50), "ping": lambda: contest.ping(50), "module": lambda: contest.module(50)}
    )
    yield _against_ping("20 checks on 50 hosts, health_gate", at_most(1.5, "x ping play"), fifty["ours"], fifty["ping"])
    yield _against_ping(f"20 checks on 50 hosts, {module}", told("x ping play"), fifty["module"], fifty["ping"])


def _against_ping(work: str, goal: Goal, ours: Tries, ping: Tries) -> Row:
    return Row.of(AREA, work, goal, ours.median / ping.median, **rounds.ratio_facts(ours, ping, "s"))


def _against_stock(work: str, goal: Goal, measured: dict[str, Tries]) -> Row:
    ours, stock = measured["ours"], measured["stock"]
    return Row.of(AREA, work, goal, stock.median / ours.median, **rounds.ratio_facts(ours, stock, "s"))


def _demo(run: Run) -> Row:
    """Return how long the whole demo takes, its lab's start and end included; what it needs is installed already."""
    run.say("  the demo")
    with run.folder() as folder:
        lab = str(folder / "lab")
        argv = [sys.executable, "-m", "ansible_collections.day2.ops.tests.lab", "demo", "--dir", lab]
        variables = environment(DAY2_LAB_DIR=lab, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
        done = processes.run(argv, CHECKOUT, variables).require_success()
    said = re.findall(r"^demo: all is well, (\d+) s$", done.output, re.MULTILINE)
    return Row.of(
        AREA, "make demo, warm", at_most(60, "s"), done.wall, tries=1, said=f"{said[-1]} s" if said else "nothing"
    )
