# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults planted one by one: the right check must say so, in the right words, and no other may raise a false alarm."""

from __future__ import annotations

import re
import urllib.request
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..plays import APART, Plays
from ..rows import Goal, Row
from ..run import CHECKOUT, Run
from . import cases
from .cases import Case
from .twenty import SERVERS, twenty
from .verdicts import RESULT_ON_ONE_LINE, Verdict, secrets_of

AREA = "checks"
FOUND = Goal("= 1 (found, and said well)", lambda value: value == 1)
QUIET = Goal("= 0 false alarms", lambda value: value == 0)
_SECONDS = 4.0  # for a check: enough on a busy machine, and a server that hangs is still found soon

# The demo's checks, by the shipped playbook: (fault, where and how to plant it, what the line must say).
_PLAYBOOK = (
    ("redis stopped", ("redis", "stop"), r"critical redis: fail: .*no connection"),
    ("redis hung", ("redis", "hang"), r"critical redis: \w+: .*(no answer in time|no result within)"),
    ("worker killed", ("service", "worker-kill"), r"critical orders queue: fail: consumers is 0, expected at least 2"),
    ("an item in the dead-letter list", ("service", "dlq-add"), r"critical orders queue: fail: dead is 1, expected"),
)


@dataclass(frozen=True)
class Examiner:
    """Plants faults in a lab and looks at what is said."""

    run: Run
    lab: Lab
    plays: Plays
    checks: Sequence[dict[str, Any]]
    secrets: list[str] = field(default_factory=list)

    def look(self, name: str, check: Mapping[str, Any], **variables: str) -> Verdict:
        """Run the healthy checks, and one more if there is one, in a play of their own."""
        wanted = [*({"timeout": _SECONDS, **healthy} for healthy in self.checks), *([check] if check else [])]
        playbook = self.plays.play("faults", [{"name": name, "day2.ops.health_gate": {"checks": wanted}}], **APART)
        inventory = self.plays.inventory(1)
        return Verdict.of_gate(self.plays.run(playbook, inventory, "-vvv", **RESULT_ON_ONE_LINE, **variables))

    def row(self, case: Case) -> Row:
        """Plant the fault, look, mend it, and return the row."""
        if case.broken:
            self.lab.break_server(*case.broken)
        try:
            verdict = self.look(case.work, case.check)
        finally:
            if case.broken:
                self.mend()
        problems = verdict.problems(case, self.secrets)
        said = {name: verdict.reasons.get(name, "pass") for name in case.reasons} or {"module": verdict.message}
        return _found(case.work, problems, check=", ".join(said), reason="; ".join(said.values()))

    def quiet_row(self, when: str) -> Row:
        """Return how many checks raise an alarm while nothing is broken."""
        verdict = self.look("healthy", {})
        problems = verdict.manners(self.secrets)
        return Row.of(
            AREA, f"nothing broken, {when}", QUIET, len(verdict.reasons) + len(problems), said=dict(verdict.reasons)
        )

    def mend(self) -> None:
        """Mend all, and return once the service is as it was."""
        self.lab.mend_all()
        service = self.lab.facts["service"]
        wait_for("the service's readiness", lambda: bool(_ask(f"{service['url']}/ready")))
        alive = f"demo_worker_up {service['workers']}\n"
        wait_for("the workers' heartbeats", lambda: alive in _ask(f"{service['url']}/metrics"))


def rows(run: Run) -> Iterator[Row]:
    """Yield a row a fault."""
    with run.folder() as folder, run.lab(folder, [*SERVERS, "webhook"]) as lab:
        cases.prepare(lab.facts, folder)
        plays = Plays(folder)
        checks = [pair.ours for pair in twenty(lab.facts, folder)]
        examiner = Examiner(run, lab, plays, checks, secrets_of(lab.facts))
        yield examiner.quiet_row("before all faults")
        for case in _cases(run, lab, folder):
            yield examiner.row(case)
        if not run.short:
            yield _library_missing(examiner)
        yield examiner.quiet_row("after all faults")
        yield from _playbook_rows(examiner)


def _cases(run: Run, lab: Lab, folder: Path) -> list[Case]:
    every = [*cases.single_cases(lab.facts, folder), cases.slow_case(lab.facts), *cases.lab_cases()]
    return [case for case in every if case.short] if run.short else every


def _library_missing(examiner: Examiner) -> Row:
    """Look with a Python that has no library: what needs none passes, the rest is unknown and names what is missing."""
    folder = examiner.plays.folder
    venv.create(folder / "bare", with_pip=False, symlinks=True)
    libraries = {"http": "requests", "redis": "redis", "queue": "redis", "postgres": r"psycopg\[binary\]"}
    kinds = {check["name"]: libraries[check["kind"]] for check in examiner.checks if check["kind"] in libraries}
    reasons = {name: f"^unknown: the Python library {library} is missing" for name, library in kinds.items()}
    case = Case("library missing on the host", reasons)
    bare = Examiner(examiner.run, examiner.lab, _Bare(folder), examiner.checks, examiner.secrets)
    verdict = bare.look(case.work, {}, DAY2_VENV=str(folder / "none"))
    problems = verdict.problems(case, examiner.secrets)
    return _found(case.work, problems, check=", ".join(reasons), reason=next(iter(verdict.reasons.values()), ""))


class _Bare(Plays):
    """Plays whose host runs modules by a Python without libraries."""

    def inventory(self, hosts: int) -> Path:
        """See Plays.inventory."""
        path = super().inventory(hosts)
        python = self.folder / "bare/bin/python"
        text = re.sub(r'("ansible_python_interpreter": )"[^"]+"', rf'\1"{python}"', path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
        return path


def _playbook_rows(examiner: Examiner) -> Iterator[Row]:
    """Run the shipped playbook on the demo inventory: green, then red for each fault."""
    status, said, manners = _daily_checks(examiner)
    problems = [*manners, *([f"exit status {status}"] if status else [])]
    yield Row.of(
        AREA, "playbooks/daily_checks.yml, nothing broken", QUIET, len(problems), reason=said, problems=problems
    )
    for work, broken, pattern in _PLAYBOOK[: 1 if examiner.run.short else None]:
        examiner.lab.break_server(*broken)
        try:
            status, said, manners = _daily_checks(examiner)
        finally:
            examiner.mend()
        problems = [*manners, *([] if status else ["exit status 0"])]
        problems += [] if re.search(pattern, said) else [f"it says '{said}', expected '{pattern}'"]
        yield _found(f"playbooks/daily_checks.yml: {work}", problems, check="daily_checks", reason=said, status=status)


def _daily_checks(examiner: Examiner) -> tuple[int, str, list[str]]:
    """Return the exit status, the line that says why, and what is wrong with how it is said."""
    playbook, inventory = CHECKOUT / "playbooks/daily_checks.yml", CHECKOUT / "inventories/demo"
    variables = {**RESULT_ON_ONE_LINE, "DAY2_LAB_DIR": str(examiner.lab.folder)}
    done = examiner.plays.run(playbook, inventory, "-vvv", **variables)
    verdict = Verdict.of_gate(done)
    return done.status, verdict.message, verdict.manners(examiner.secrets) if done.status else []


def _found(work: str, problems: list[str], **made_of: Any) -> Row:
    return Row.of(AREA, work, FOUND, 0 if problems else 1, problems=problems, **made_of)


def _ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())
