# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More than one run for one window: who comes second, and what becomes of what a dead or distant holder left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .cases import DONE, SECONDS, await_mark, step
from .judging import Judged, Ran, badly_ended, ran
from .place import Place

_HELD = r"^a window on demo is held by \w+@\S+ \(process \d+\) since \d{4}-.*Z: .*take it over.*-e day2_takeover=true$"


@dataclass(frozen=True)
class Holders:
    """work: the row's name. tried: does it, given how many workers there are. The last run ends the window well."""

    work: str
    tried: Callable[[Place, int], Judged]
    short: bool = False


def _two_at_once(place: Place, workers: int) -> Judged:
    with place.controller() as one, place.controller() as other:
        both = sorted((ran(place, one), ran(place, other)), key=lambda run: run.status)
    well, refused = both
    judged = Judged(list(_refused(refused)), {"said": refused.said})
    if well.status:
        judged.problems.append(f"neither has the window: {well.said}")
    if place.marks("begins first") != 1:
        judged.problems.append(f"the first step was begun {place.marks('begins first')} times")
    judged.problems.extend(badly_ended(DONE, place, workers))
    return judged


def _died(place: Place, workers: int) -> Judged:
    with place.controller() as first:
        await_mark(place, first, "begins second")
        first.kill()
    return _ends_well(place, workers, taken_over=1)


def _elsewhere(place: Place, workers: int) -> Judged:
    """Have a holder on another host, of which nothing can be seen from here."""
    with place.controller() as first:
        await_mark(place, first, "begins second")
        first.kill()
    path = place.folder / "state/demo/window.json"
    left = json.loads(path.read_text(encoding="utf-8"))
    left["owner"].update(host="elsewhere.example.com", user="ada")
    path.write_text(json.dumps(left), encoding="utf-8")
    with place.controller() as second:
        refused = ran(place, second)
    judged = Judged(list(_refused(refused, "ada@elsewhere.example.com")), {"said": refused.said})
    judged.problems.extend(_ends_well(place, workers, taken_over=1, day2_takeover=True).problems)
    return judged


def _taken_from_the_living(place: Place, workers: int) -> Judged:
    """Take the window over while its holder is in a step: the holder stops by itself and touches nothing any more."""
    go_on = place.folder / "go-on"
    steps = step("wait", command=["sh", "-c", f"while [ ! -e {go_on} ]; do sleep 0.2; done"])
    with place.controller(given=steps) as first:
        first.await_condition("the step began", lambda: place.noted("step: wait", "started"), SECONDS)
        with place.controller(given={**steps, "day2_takeover": True}) as second:
            second.await_condition("it was taken over", lambda: bool(place.journal.get("taken_over")), SECONDS)
            go_on.touch()
            lost, won = ran(place, first), ran(place, second)
    judged = Judged([], {"said": lost.said})
    if not lost.status or not re.search(r"^the window was taken over by \w+@\S+ \(process \d+\): demo", lost.said):
        judged.problems.append(f"the holder ends with status {lost.status}: {lost.said}")
    if place.marks("begins undo second") or re.search(r"^TASK \[.*Open the ingress and see", lost.output, re.MULTILINE):
        judged.problems.append("the holder touched another's window")
    if won.status:
        judged.problems.append(f"who took it over ends with status {won.status}: {won.said}")
    judged.problems.extend(badly_ended(DONE, place, workers))
    return judged


def _ends_well(place: Place, workers: int, taken_over: int, **given: Any) -> Judged:
    with place.controller(given=given) as running:
        it = ran(place, running)
    judged = Judged([f"status {it.status}: {it.said}"] if it.status else [], {"taken_over": taken_over})
    if len(it.journal.get("taken_over", [])) != taken_over:
        judged.problems.append(f"taken over {len(it.journal.get('taken_over', []))} times")
    judged.problems.extend(badly_ended(DONE, place, workers))
    return judged


def _refused(run: Ran, holder: str = "") -> Iterator[str]:
    """Yield what is wrong with how who came second was refused."""
    if not run.status:
        yield "who came second was not refused"
    if not re.search(_HELD, run.said) or holder not in run.said:
        yield f"who came second is told: {run.said}"


HOLDERS = [
    Holders("two operators at once", _two_at_once),
    Holders("the holder has died", _died),
    Holders("a holder on another host, then taken over", _elsewhere),
    Holders("taken over while its holder lives", _taken_from_the_living),
]
