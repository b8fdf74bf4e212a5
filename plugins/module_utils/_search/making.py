# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind es_snapshot: one of that name that is SUCCESS, whatever is there, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import NotThere, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import counts
from .answers import Conflict, Unavailable
from .connection import connected
from .documents import total
from .making_absent import absent
from .making_options import ABSENT, SPEC, wanted
from .making_removal import remove
from .making_restores import without_restores
from .making_results import Outcomes
from .making_run import Run
from .making_start import await_turn, others, start
from .making_target import Target, counted, require_writable, some, target
from .making_waiting import Tell, follow, passed
from .snapshots import IN_PROGRESS, INCOMPATIBLE, PARTIAL, Snapshot, seen

__all__ = ["SPEC", "operate"]


def operate(params: Mapping[str, Any], check_mode: bool, tell: Tell = None, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Make a snapshot or remove one, or say what would be done.

    :param params: validated by ``SPEC``. :param tell: takes lines on how it goes.
    :raises OpsError: it cannot be done; a snapshot that is not whole is a result that failed.
    """
    asked = wanted(params, clock.time())
    with connected(params) as client:
        run = Run(client, asked, clock, tell)
        if params["state"] == ABSENT:
            return absent(run, check_mode)
        return _present(run, check_mode)


def _present(run: Run, check_mode: bool) -> Result:
    asked = run.wanted
    require_writable(run.client, asked.repository)
    there = seen(run.client, asked.repository, asked.name)
    if there is not None and there.whole:
        return Outcomes(run).kept(there, check_mode)
    try:
        if there is not None and there.running:
            return _adopted(run, there, check_mode)
        return _not_there(run, there, check_mode)
    except OpsError as error:
        _tell_changes(run, there, error)
        raise


def _not_there(run: Run, there: Snapshot | None, check_mode: bool) -> Result:
    """Have one where there is none, or one that is not whole."""
    asked = run.wanted
    known = target(run.client, asked)
    if known.closed:
        run.warnings.append(f"closed, and so not in {asked.place} unless named: {some(known.closed)}")
    without = without_restores(run, known, check_mode)
    if there is not None and without and (there.state == PARTIAL or not asked.partial):
        return Outcomes(run).not_replaced(there, without)
    _require_possible(run, there, without)
    if check_mode:
        busy = others(run.client, asked)
        return Outcomes(run).planned(there, known, without, busy[0].told() if busy else "")
    await_turn(run.client, asked, run.deadline, run.clock)
    documents = _counted(run, known, without)
    better = None if there is None else _cleared(run, there)
    return better or _made(run, there, known, documents)


def _counted(run: Run, known: Target, without: list[str]) -> Mapping[str, int] | None:
    """Return the documents of each index of which they can be counted; None where there is nothing to record."""
    if not run.wanted.counts:
        return None
    found = counted(run.client, known, without)
    run.warnings += found.warnings
    return found.counts


def _cleared(run: Run, there: Snapshot) -> Result | None:
    """Remove what is not whole, if it is still that: until its turn came, somebody else may have replaced it.

    Return the result for what that one has made; None when the name is free.
    """
    asked = run.wanted
    now = seen(run.client, asked.repository, asked.name)
    if now is None:
        return None
    if now.whole:
        return Outcomes(run).kept(now, False)
    if now.running:
        return _adopted(run, now, False)
    if now.uuid != there.uuid:
        told = f"somebody else has made another one, which is {now.wrong()}"
        raise Conflict(told, on=f"{asked.place} at {run.client.where}", advice="run the task again, which replaces it")
    remove(run.client, asked.repository, asked.name, run.clock, run.left(), now.uuid)
    run.changed = True
    return None


def _require_possible(run: Run, there: Snapshot | None, without: list[str]) -> None:
    """:raises OpsError: what is there cannot be replaced; an index cannot be read."""
    where = f"{run.wanted.place} at {run.client.where}"
    if there is not None and there.state == INCOMPATIBLE:
        raise Conflict("a snapshot of that name is INCOMPATIBLE", on=where, advice="take another name")
    if without and not run.wanted.partial:
        raise Unavailable(
            f"the cluster is red: a primary shard of {some(without)} is on no node",
            on=where,
            advice="nothing was made; GET _cluster/allocation/explain tells why",
        )


def _made(run: Run, there: Snapshot | None, known: Target, documents: Mapping[str, int] | None) -> Result:
    """Make it, in place of one that was not whole and is removed."""
    asked = run.wanted
    metadata = asked.metadata if documents is None else counts.record(documents, asked.metadata)
    ours = start(run.client, asked, metadata, run.deadline, run.clock)
    run.changed, run.begun = run.changed or ours, True
    begun = Snapshot(asked.name, "", IN_PROGRESS, run.clock.time())
    outcomes = Outcomes(run, there, adopted=not ours, documents=None if documents is None else total(documents))
    return _followed(run, outcomes, begun, known if ours else None)


def _adopted(run: Run, there: Snapshot, check_mode: bool) -> Result:
    outcomes = Outcomes(run, adopted=True)
    if check_mode:
        return outcomes.begun(there)
    run.begun = True
    return _followed(run, outcomes, there, None)


def _followed(run: Run, outcomes: Outcomes, begun: Snapshot, known: Target | None) -> Result:
    """Wait for the end, if that is wanted. :param known: what is to be in it; None of one that somebody else began."""
    if not run.wanted.wait:
        return outcomes.begun(begun)
    end = follow(run.client, run.wanted, begun, run.deadline, run.clock, run.tell)
    if end.snapshot.running:
        return outcomes.not_whole(end.snapshot, passed(run.client, run.wanted, end))
    if not end.snapshot.whole:
        told = f"{run.wanted.place} at {run.client.where} is {end.snapshot.wrong()}; no older one was removed"
        return outcomes.not_whole(end.snapshot, told)
    return outcomes.whole(end.snapshot, known)


def _tell_changes(run: Run, there: Snapshot | None, error: OpsError) -> None:
    """Add to an error what has been done until then, and what goes on."""
    error.details.update(run.named(), changed=run.changed)
    told = [error.advice] if error.advice else []
    if run.changed and there is not None and not there.running:
        told.append(f"the one that was {there.state} is removed")
    if run.begun and not isinstance(error, NotThere):
        told.append("the snapshot goes on: see es_snapshot_info")
    error.advice = "; ".join(told)
