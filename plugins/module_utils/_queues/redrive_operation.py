# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``dlq_reprocess`` does: put dead letters back to work, or say what that would be."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import letter_filter
from .dead_letter_options import QUEUE, SAMPLES, described_queue, meant_by, need
from .dead_letters import (
    ATOMIC,
    ATTEMPTS,
    ATTEMPTS_CAP,
    ATTEMPTS_KEEP,
    ATTEMPTS_RESET,
    COUNTS_REDRIVES,
    NEWEST,
    OLDEST,
    ORDERS,
    PARKS,
    SWEEPS,
    DeadLetters,
    Redrivable,
    Terms,
)
from .journal import FileJournal, Journal, Unfinished, read_journal
from .letter_summary import Summary
from .look import Observer
from .plan import made_plan
from .progress import Progress, handed_on, picked_up
from .redrive import Bounds, Redrive
from .redrive_checks import check
from .rules import Rules
from .stops import TIME, Stop
from .target import Target
from .token_bucket import TokenBucket

SPEC = (
    QUEUE
    + SAMPLES
    + ArgSpec(
        options={
            "limit": {"type": "int"},
            "filter": {"type": "dict", "options": letter_filter.SPEC.options},
            "order": {"type": "str", "default": OLDEST, "choices": [OLDEST, NEWEST]},
            "rate": {"type": "float"},
            "gentle": {"type": "bool", "default": False},
            "pause_above": {"type": "int"},
            "pause_timeout": {"type": "float", "default": 300.0},
            "canary": {"type": "int", "default": 10},
            "canary_wait": {"type": "float", "default": 30.0},
            "canary_max_returns": {"type": "int", "default": 0},
            "stop_when_returning": {"type": "float", "default": 0.5},
            "max_attempts": {"type": "int"},
            "park": {"type": "bool", "default": False},
            "park_to": {"type": "str"},
            "attempts": {
                "type": "str",
                "default": ATTEMPTS_KEEP,
                "choices": [ATTEMPTS_KEEP, ATTEMPTS_RESET, ATTEMPTS_CAP],
            },
            "require_consumers": {"type": "int", "default": 0},
            "journal": {"type": "path"},
            "resume": {"type": "bool", "default": False},
            "max_seconds": {"type": "float"},
            "continue_from": {"type": "dict"},
        }
    )
)


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is asked of any server.
    :raises OpsError: with what had been done by then in ``details``.
    """
    check(params)
    queue = described_queue(params)
    _check_traits(params, queue)
    meant = meant_by(params, queue)
    rules = Rules(meant, params["max_attempts"], _parks(params))
    earlier = _earlier(params, queue)
    progress = earlier.progress or Progress(run=uuid.uuid4().hex, queue=_called(queue))
    terms = _terms(params, progress, check_mode)
    with Observer([queue]) as observer:
        target = Target(queue, observer, params["pause_above"], params["pause_timeout"], params["require_consumers"])
        with closing(queue.dead_letters(terms)) as letters:
            if check_mode:
                return _plan(params, queue, (letters, target), rules, progress)
            run = _Run(params, queue, letters, rules, target, progress, earlier)
            return run.result(clock)


def _check_traits(params: Mapping[str, Any], queue: Redrivable) -> None:
    wanted = {
        "order: newest": (ORDERS, params["order"] == NEWEST),
        "park": (PARKS, _parks(params)),
        "max_attempts": (COUNTS_REDRIVES, params["max_attempts"] is not None),
        f"attempts: {params['attempts']}": (ATTEMPTS, params["attempts"] != ATTEMPTS_KEEP),
    }
    for what, (trait, asked) in wanted.items():
        if asked:
            need(queue, trait, what)


def _parks(params: Mapping[str, Any]) -> bool:
    return bool(params["park"] or params["park_to"])


def _earlier(params: Mapping[str, Any], queue: Redrivable) -> Unfinished:
    """Return where an earlier part of the run stands, when this one is to go on from there.

    :raises InputError: it is a run of another queue.
    """
    if params["continue_from"]:
        earlier = Unfinished(picked_up(params["continue_from"], "continue_from"))
    elif params["resume"] and os.path.exists(params["journal"]):
        earlier = read_journal(params["journal"])
        if earlier.progress:
            earlier.progress.base = {}  # what died while nobody looked says nothing of this run
    else:
        return Unfinished(None)
    if earlier.progress and earlier.progress.queue != _called(queue):
        raise InputError(
            f"the run to go on with is one of {earlier.progress.queue}, not of {_called(queue)}",
            on=params["journal"] or "continue_from",
        )
    return earlier


def _called(queue: Redrivable) -> str:
    return f"{queue.kind} {queue.name}"


def _terms(params: Mapping[str, Any], progress: Progress, check_mode: bool) -> Terms:
    return Terms(
        run=progress.run,
        order=params["order"],
        attempts=params["attempts"],
        park=params["park_to"],
        count_redrives=params["max_attempts"] is not None,
        account=bool(params["journal"]) and not check_mode,
        dry=check_mode,
        gentle=params["gentle"],
        position=progress.position,
    )


def _plan(
    params: Mapping[str, Any], queue: Redrivable, parts: tuple[DeadLetters, Target], rules: Rules, progress: Progress
) -> Result:
    letters, target = parts
    summary = Summary(params["samples"], params["show_payload"], params["mask"])
    limit = None if params["limit"] is None else max(params["limit"] - progress.moved, 0)
    plan = made_plan(letters, rules, limit, summary, SYSTEM_CLOCK)
    target.depth()  # a queue that cannot be measured would stop the run too
    dead = letters.count()
    changes = bool(plan["move"] or plan["park"])
    first = min(plan["move"], 0 if progress.canary else params["canary"])
    text = f"{queue.name}: would move {plan['move']} of {plan['looked'] if dead is None else dead} dead letters" + (
        f", the first {first} as canary" if first else ""
    )
    return Result(
        changed=changes,
        msg=text + _reasons(plan["skipped"]) + (f", would park {plan['park']}" if plan["park"] else ""),
        data={"plan": plan, "name": queue.name, "kind": queue.kind},
        diff=_diff(dead, plan["move"], plan["park"], letters.parking()) if changes else None,
        warnings=list(letters.notes()),
    )


def _diff(dead: int | None, moved: int, parked: int, parking: str) -> dict[str, Any]:
    lines: dict[str, tuple[int, int]] = {} if dead is None else {"dead letters": (dead, dead - moved - parked)}
    lines["put back to work"] = (0, moved)
    lines.update({f"parked in {parking}": (0, parked)} if parked else {})
    before, after = ("".join(f"{what}: {pair[side]}\n" for what, pair in lines.items()) for side in (0, 1))
    return {"before": before, "after": after}


def _reasons(skipped: Mapping[str, int]) -> str:
    if not skipped:
        return ""
    return ", left " + ", ".join(f"{count} ({reason})" for reason, count in skipped.items())


@dataclass(frozen=True)
class _Run:
    params: Mapping[str, Any]
    queue: Redrivable
    letters: DeadLetters
    rules: Rules
    target: Target
    progress: Progress
    earlier: Unfinished

    def result(self, clock: Clock) -> Result:
        """Run, and return what came of it."""
        params = self.params
        settled_before = self.progress.settled
        with closing(FileJournal(params["journal"], clock) if params["journal"] else Journal()) as journal:
            redrive = Redrive(
                self.letters,
                self.queue.TRAITS,
                self.rules,
                self._bounds(),
                self.target,
                TokenBucket(params["rate"], clock),
                journal,
                self.progress,
                self._sweeps(),
                clock,
            )
            try:
                stop = redrive.run()
            except OpsError as error:
                error.details.update(self._data(redrive.close(), None))
                error.details["changed"] = self.progress.settled > settled_before
                raise
            if stop.reason != TIME:
                journal.end(stop.reason)
            return self._outcome(stop, redrive.close(), settled_before, redrive.doubts)

    def _bounds(self) -> Bounds:
        params = self.params
        return Bounds(
            params["limit"],
            params["max_seconds"],
            params["canary"],
            params["canary_wait"],
            params["canary_max_returns"],
            params["stop_when_returning"],
        )

    def _sweeps(self) -> bool:
        """Tell whether letters may go without being looked at: nobody asks what they are."""
        apart = self.params["journal"] or self.queue.options.get("payload_key")
        return SWEEPS in self.queue.TRAITS and not apart and not self.rules.need_letters

    def _outcome(self, stop: Stop, progress: Progress, settled_before: int, doubts: Sequence[str]) -> Result:
        changed = progress.settled > settled_before
        data = self._data(progress, stop)
        parked = f", parked {progress.parked} in {self.letters.parking()}" if progress.parked else ""
        left = "" if data["left"] is None else f", {data['left']} dead letters left"
        back = f", {progress.returned} dead again or newly" if progress.returned else ""
        told = f"moved {progress.moved}{parked}{_reasons(progress.skipped)}{back}{left}"
        return Result(
            changed=changed,
            failed=not stop.good,
            msg=f"{self.queue.name}: {told}; {stop.sentence}",
            data=data,
            diff=_diff(progress.dead_at_start, progress.moved, progress.parked, self.letters.parking())
            if changed
            else None,
            warnings=[*self.letters.notes(), *doubts, *self._doubts()],
        )

    def _doubts(self) -> list[str]:
        """Return what an earlier part of the run, which was killed, leaves in doubt."""
        ids = self.earlier.open_ids
        if not ids or ATOMIC in self.queue.TRAITS:
            return []
        return [f"{len(ids)} letters of the batch that was interrupted may come twice, the first is {ids[0]}"]

    def _data(self, progress: Progress, stop: Stop | None) -> dict[str, Any]:
        try:
            left = self.letters.count() if stop else None
        except OpsError:
            left = None
        return {
            "name": self.queue.name,
            "kind": self.queue.kind,
            "run": progress.run,
            "resumed": bool(self.params["resume"] and self.earlier.progress),
            "moved": progress.moved,
            "parked": progress.parked,
            "parked_for": progress.parked_for,
            "skipped_for": progress.skipped,
            "looked": progress.looked,
            "returned": progress.returned,
            "left": left,
            "duration": round(progress.seconds, 3),
            "rate": round(progress.moved / progress.seconds, 3) if progress.seconds else 0.0,
            "stop_reason": stop.reason if stop else "error",
            "stop_message": stop.sentence if stop else "",
            "progress": handed_on(progress),
        }
