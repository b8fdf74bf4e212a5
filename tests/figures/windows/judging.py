# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of a window ended, and what of that is not as it must be."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.demo.account import Account
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..checks.verdicts import secrets_of
from ..watched import Watched
from .cases import DONE, FAILED, REFUSED, Case
from .place import Place
from .seen import Seen

_SECONDS = 600.0
_FATAL = re.compile(r"^fatal: \[[^]]+\](?:: [A-Z]+!)? => (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a run ended. said: the message that it ended with. journal: the window's record then."""

    status: int
    said: str
    output: str
    journal: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """problems: what is not as it must be. made_of: facts of the row."""

    problems: list[str]
    made_of: dict[str, Any] = field(default_factory=dict)


def ran(place: Place, running: Watched) -> Ran:
    """Wait for the end of a run."""
    status = running.wait(_SECONDS)
    said = [json.loads(found).get("msg", "") for found in _FATAL.findall(running.output)]
    return Ran(status, str(said[-1]) if said else "", running.output, place.journal)


def badly_said(case: Case, place: Place, ran: Ran) -> Iterator[str]:
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
        yield from (f"a secret is in {where}" for where, text in _places(place, ran, case.talks) if secret in text)


def _places(place: Place, ran: Ran, talks: bool) -> Iterator[tuple[str, str]]:
    """Yield where a secret could show, and what is there."""
    yield "the output", ran.said if talks else ran.output
    yield "the announcements", _text(Path(place.lab.facts["webhook"]["file"]))
    for folder in ("state", "reports"):
        yield from ((str(path), _text(path)) for path in (place.folder / folder).rglob("*.*") if path.is_file())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def badly_ended(ends: str, place: Place, workers: int) -> Iterator[str]:
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


def not_plain(ran: Ran) -> Iterator[str]:
    """Yield what is wrong with a run that could not open the ingress."""
    if ran.journal.get("state") != "open":
        yield f"the journal is {ran.journal.get('state')}, so that no run ends it"


def second_run(place: Place, workers: int) -> Iterator[str]:
    """Run again after a run that could not open the ingress; yield what is wrong then."""
    with place.controller() as running:
        again = ran(place, running)
    if again.status == 0 or "the ingress is open again" not in again.said:
        yield f"the second run ends with status {again.status}: {again.said}"
    yield from badly_ended(FAILED, place, workers)


def lost(ends: str, errors: bool, account: Account) -> Iterator[str]:
    """Yield what is wrong with the orders that came in meanwhile.

    errors: whether some may have got another answer than 202 and 503.
    """
    if not account.balanced:
        yield f"not balanced: {account.line()}"
    if account.errors and not errors:
        yield f"{account.errors} orders got another answer"
    if bool(account.refused) == (ends == REFUSED):
        yield f"{account.refused} orders were refused with 503"
