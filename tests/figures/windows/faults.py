# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows with a fault in them: each ends with the ingress open, or says that it is not, in one line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from ansible_collections.day2.ops.tests.lab.alertmanager_server import AlertmanagerServer
from ansible_collections.day2.ops.tests.lab.background_load import BackgroundLoad
from ansible_collections.day2.ops.tests.lab.demo.account import await_drained, settle
from ansible_collections.day2.ops.tests.lab.errors import LabError

from ..errors import FigureError
from ..rows import Goal, Row, told
from ..run import Run
from .cases import DONE, STUCK, Case, nothing_missing
from .holders import HOLDERS, Holders
from .judging import Judged, badly_ended, badly_said, lost, not_plain, ran, second_run
from .place import Place
from .table import TABLE

AREA = "windows"
_SERVERS = ["redis", "postgres", "service", "webhook"]
_GOAL = Goal("= 0 that is not as it must be", lambda value: value == 0)


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for each fault."""
    alertmanager = ["alertmanager"] if any(shutil.which(name) for name in AlertmanagerServer.programs) else []
    with run.folder() as folder, run.lab(folder, _SERVERS + alertmanager) as lab:
        place = Place(lab)
        every: list[Case | Holders] = [*TABLE, *HOLDERS]
        for case in every:
            if run.wants(case.work, case.short):
                yield _row(run, case, place)


def _row(run: Run, case: Case | Holders, place: Place) -> Row:
    missing = (case.missing if isinstance(case, Case) else nothing_missing)(place)
    if missing:
        return Row.of(AREA, f"{case.work}: left out", told("rows"), 0, missing=missing)
    try:
        judged = _tried(case, place)
    except (FigureError, LabError) as error:
        judged = Judged([str(error)])
    place.lab.mend_all()
    place.forget()
    for problem in judged.problems:
        run.say(f"  {problem}")
    return Row.of(AREA, case.work, _GOAL, len(judged.problems), problems=judged.problems, **judged.made_of)


def _tried(case: Case | Holders, place: Place) -> Judged:
    """Run it under load, and account for the orders."""
    workers = place.workers()
    with BackgroundLoad(place.lab.home) as load:
        judged = _of_one(case, place, workers) if isinstance(case, Case) else case.tried(place, workers)
    await_drained(place.lab.facts, 300)
    account = settle(place.lab.facts, load.result)
    ends, errors = (case.ends, case.errors) if isinstance(case, Case) else (DONE, False)
    judged.problems.extend(lost(ends, errors, account))
    judged.made_of.update(accepted=account.accepted, refused=account.refused)
    return judged


def _of_one(case: Case, place: Place, workers: int) -> Judged:
    """Judge a case of one run, and of a second where the first cannot open the ingress."""
    with case.trouble(place):
        with place.controller(case.fails, given=case.given(place)) as running:
            case.meanwhile(place, running)
            it = ran(place, running)
        judged = Judged(list(badly_said(case, place, it)), {"said": it.said, "status": it.status})
        if case.ends != STUCK:
            judged.problems.extend(badly_ended(case.ends, place, workers))
    if case.ends == STUCK:
        judged.problems.extend([*not_plain(it), *second_run(place, workers)])
    return judged
