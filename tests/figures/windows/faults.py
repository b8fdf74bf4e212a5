# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows with a fault in them: each ends with the ingress open, or says that it is not, in one line."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.alertmanager_server import AlertmanagerServer
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import Account, await_drained, settle
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..checks.verdicts import secrets_of
from ..errors import FigureError
from ..rows import Goal, Row, told
from ..run import Run
from ..watched import Watched
from .cases import DONE, FAILED, REFUSED, STUCK, Case
from .place import Place
from .seen import Seen
from .table import TABLE

AREA = "windows"
_SERVERS = ["redis", "postgres", "service", "webhook"]
_SECONDS = 240.0
_GOAL = Goal("= 0 that is not as it must be", lambda value: value == 0)
_FATAL = re.compile(r"^fatal: \[[^]]+\](?:: [A-Z]+!)? => (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a run ended. said: the message that it ended with. journal: the window's record then."""

    status: int
    said: str
    output: str
    journal: dict[str, Any]


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for each fault."""
    alertmanager = ["alertmanager"] if any(shutil.which(name) for name in AlertmanagerServer.programs) else []
    with run.folder() as folder, run.lab(folder, _SERVERS + alertmanager) as lab:
        place = Place(lab)
        for case in TABLE:
            if run.wants(case.work, case.short):
                yield _row(run, case, place)


def _row(run: Run, case: Case, place: Place) -> Row:
    missing = case.missing(place)
    if missing:
        return Row.of(AREA, f"{case.work}: left out", told("rows"), 0, missing=missing)
    try:
        problems, made_of = _tried(case, place)
    except (FigureError, LabError) as error:
        problems, made_of = [str(error)], {}
    place.lab.mend_all()
    place.forget()
    for problem in problems:
        run.say(f"  {problem}")
    return Row.of(AREA, case.work, _GOAL, len(problems), problems=problems, **made_of)


def _tried(case: Case, place: Place) -> tuple[list[str], dict[str, Any]]:
    """Return what is wrong, and what the row is made of."""
    workers = place.workers()
    with BackgroundLoad(place.lab.home) as load:
        with case.trouble(place):
            ran = _run(case, place)
            problems = [*_said(case, place, ran), *([] if case.ends == STUCK else _ended(case.ends, place, workers))]
        if case.ends == STUCK:
            problems += [*_not_plain(ran), *_second(place, workers)]
    await_drained(place.lab.facts)
    account = settle(place.lab.facts, load.result)
    problems += _lost(case, account)
    made_of = {"said": ran.said, "status": ran.status, "accepted": account.accepted, "refused": account.refused}
    return problems, made_of


def _run(case: Case, place: Place) -> Ran:
    with place.controller(case.fails, given=case.given(place)) as running:
        case.meanwhile(place, running)
        return _ran(place, running)


def _ran(place: Place, running: Watched) -> Ran:
    status = running.wait(_SECONDS)
    said = [json.loads(found).get("msg", "") for found in _FATAL.findall(running.output)]
    return Ran(status, str(said[-1]) if said else "", running.output, place.journal)


def _said(case: Case, place: Place, ran: Ran) -> Iterator[str]:
    """Yield what is wrong with how it was said."""
    if (ran.status == 0) != (case.ends == DONE):
        yield f"exit status {ran.status}"
    if not re.search(case.says, ran.said):
        yield f"it says '{ran.said}', expected '{case.says}'"
    if case.warns and not re.search(case.warns, ran.output):
        yield f"nothing is said of '{case.warns}'"
    if "\n" in ran.said.strip():
        yield "the message has more than one line"
    if "Traceback" in ran.output:
        yield "a traceback is shown"
    for secret in secrets_of(place.lab.facts):
        yield from (f"a secret is in {where}" for where, text in _places(place, ran) if secret in text)


def _places(place: Place, ran: Ran) -> Iterator[tuple[str, str]]:
    """Yield where a secret could show, and what is there."""
    yield "the output", ran.output
    yield "the announcements", _text(Path(place.lab.facts["webhook"]["file"]))
    for folder in ("state", "reports"):
        yield from ((str(path), _text(path)) for path in (place.folder / folder).rglob("*.*") if path.is_file())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _ended(ends: str, place: Place, workers: int) -> Iterator[str]:
    """Yield what is not as it must be after the window."""
    with contextlib.suppress(LabError):
        wait_for("the workers", lambda: place.workers() == workers, 10)
    seen = Seen.at(place)
    if ends == REFUSED and not seen.journal:
        seen = replace(seen, journal={"state": "closed", "outcome": REFUSED})  # the same: none was begun
    yield from seen.problems(workers, ends)
    yield from (f"not undone: {name}" for name in place.not_undone() if ends == FAILED)
    if ends == REFUSED and place.log.exists():
        yield "steps were done"


def _not_plain(ran: Ran) -> Iterator[str]:
    """Yield what is wrong with a run that could not open the ingress."""
    if ran.journal.get("state") != "open":
        yield f"the journal is {ran.journal.get('state')}, so that no run ends it"


def _second(place: Place, workers: int) -> Iterator[str]:
    """Run again after a run that could not open the ingress; yield what is wrong then."""
    with place.controller() as running:
        ran = _ran(place, running)
    if ran.status == 0 or "the ingress is open again" not in ran.said:
        yield f"the second run ends with status {ran.status}: {ran.said}"
    yield from _ended(FAILED, place, workers)


def _lost(case: Case, account: Account) -> Iterator[str]:
    """Yield what is wrong with the orders that came in meanwhile."""
    if not account.balanced:
        yield f"not balanced: {account.line()}"
    if account.errors and not case.errors:
        yield f"{account.errors} orders got another answer"
    if bool(account.refused) == (case.ends == REFUSED):
        yield f"{account.refused} orders were refused with 503"
