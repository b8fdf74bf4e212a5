# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The levels of a drill: the snapshot is whole (L1), restored apart under scratch names (L3), and compared (L4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.durations import show_duration
from .._core.errors import AccessDenied, NotThere, OpsError, Unreachable
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from . import repositories
from .connection import Client
from .counts import Compared, Recorded, compare, recorded
from .documents import documents
from .drill_assertions import Assertion
from .drill_scratch import Maker, leftovers
from .health import GREEN, Late, await_shards
from .interruption import Interrupted
from .repository_verifying import verified
from .restore_counting import told_missing, told_unknown
from .restore_naming import Renaming, literal
from .restore_options import Tolerance
from .restore_present import present
from .restore_room import Size
from .restore_sending import Order, Unclear, removed, send
from .snapshots import Snapshot

L1, L3, L4 = "L1", "L3", "L4"
# What would have the cluster manage or protect a scratch index: policies of its lifetime, blocks of its removal.
_LEFT_OUT = (
    "index.lifecycle.*",
    "index.plugins.index_state_management.*",
    "index.opendistro.index_state_management.*",
    "index.blocks.*",
)
_HIDDEN_SINCE = (7, 7)
_TRIES = 3
_APPEARS = 10.0
_SNAPSHOT_RUNS = "snapshot_in_progress_exception"  # of both products


class Failed(OpsError):
    """A level does not hold. :param level: which."""

    def __init__(self, level: str, error: OpsError) -> None:
        self.level = level
        super().__init__(f"{level} failed: {error.failed}", error.on, error.advice, **error.details)


@dataclass(frozen=True)
class Plan:
    """What is proven. :param sizes: of the indices that are restored.

    :param until: when it is given up, in seconds of the clock's ``monotonic``.
    """

    client: Client
    repository: str
    snapshot: Snapshot
    sizes: Mapping[str, Size]
    portions: Sequence[Sequence[str]]
    assertions: Sequence[Assertion]
    tolerance: Tolerance
    maker: Maker
    until: float
    seconds: float

    @property
    def on(self) -> str:
        """The snapshot, fit for a message."""
        return f"{self.repository}/{self.snapshot.name}"


@dataclass
class Outcome:
    """What came of it. :param restoring: seconds until the shards were there, of all portions."""

    proofs: list[dict[str, Any]] = field(default_factory=list)
    level: str = "L0"
    failed_level: str | None = None
    failed_why: str = ""
    restoring: float = 0.0
    counting: float = 0.0
    compared: Compared | None = None
    warnings: list[str] = field(default_factory=list)

    def prove(self, level: str, seconds: float, found: Mapping[str, Any]) -> None:
        """Note that a level holds."""
        self.level = level
        self.proofs.append({"level": level, "seconds": round(seconds, 3), "found": dict(found)})


def whole(plan_: Plan, held: Mapping[str, Size], check_mode: bool) -> dict[str, Any]:
    """Prove L1: every shard is in the repository, and every node can use that.

    :param held: all indices of the snapshot. :raises Failed: so. :raises NotThere: no such repository.
    """
    snapshot = plan_.snapshot
    if not snapshot.whole:
        raise Failed(L1, OpsError(f"the snapshot is not whole: {snapshot.wrong()}", on=plan_.on))
    poor = sorted(name for name, size in held.items() if size.done < size.shards)
    shards = sum(size.done for size in held.values())
    if poor or shards < snapshot.shards:
        told = f"{shards} of {snapshot.shards} shards are in the repository"
        raise Failed(L1, OpsError(told, on=plan_.on, advice=f"see {', '.join(poor[:5])}" if poor else ""))
    missing = sorted(set(snapshot.indices or ()) - set(held))
    if missing:
        raise Failed(L1, OpsError(f"the repository tells nothing of {', '.join(missing[:5])}", on=plan_.on))
    nodes = None if check_mode else _verified(plan_)
    size = sum(one.bytes for one in held.values())
    return {"state": snapshot.state, "shards": shards, "indices": len(held), "bytes": size, "nodes": nodes}


def _verified(plan_: Plan) -> int:
    repository = repositories.found(plan_.client, plan_.repository)
    if repository is None:
        raise NotThere("there is no such repository", on=plan_.repository)
    try:
        return len(verified(plan_.client, repository, {}))
    except OpsError as error:
        # what the nodes say of the folder is one as well, which is of the repository and not of the login
        if isinstance(error, (AccessDenied, Unreachable)) and "failed_nodes" not in error.details:
            raise
        raise Failed(L1, error) from error


def restored_and_compared(plan_: Plan, outcome: Outcome, compares: bool, clock: Clock = SYSTEM_CLOCK) -> None:
    """Prove L3, and L4 if asked for, portion by portion; none of it is left. :raises Failed: so."""
    counts: dict[str, int] = {}
    for number, portion in enumerate(plan_.portions):
        names = {index: plan_.maker.scratch(index) for index in portion}
        until = plan_.until
        try:
            began = clock.monotonic()
            _restore(plan_, names, clock)
            outcome.restoring += clock.monotonic() - began
            if compares:
                began = clock.monotonic()
                counts.update(_counted(plan_, names))
                outcome.counting += clock.monotonic() - began
        except Interrupted:
            until = clock.monotonic()  # it has been asked to end, and hears no second signal
            raise
        finally:
            left = cleaned(plan_, list(names.values()), until, clock)
            outcome.warnings += left
        if left and number + 1 < len(plan_.portions):
            raise Failed(L3, OpsError("what was restored could not be removed", on=plan_.on))
    found = {"indices": len(plan_.sizes), "portions": len(plan_.portions), "status": GREEN}
    outcome.prove(L3, outcome.restoring, {**found, "bytes": sum(one.bytes for one in plan_.sizes.values())})
    if compares:
        _compare(plan_, outcome, counts)


def _restore(plan_: Plan, names: Mapping[str, str], clock: Clock) -> None:
    left = plan_.until - clock.monotonic()
    if left <= 0:
        told = f"not all was restored within {show_duration(plan_.seconds)}"
        raise Failed(L3, OpsError(told, on=plan_.on, advice="see wait_timeout"))
    product = plan_.client.product
    settings: dict[str, Any] = {"index.number_of_replicas": 0, "index.auto_expand_replicas": "false"}
    if product.is_opensearch or product.version >= _HIDDEN_SINCE:
        settings["index.hidden"] = True  # searches of everything do not find it
    body = {
        "indices": list(names),
        "include_global_state": False,
        "include_aliases": False,
        "partial": False,
        "index_settings": settings,
        "ignore_index_settings": list(_LEFT_OUT),
        **Renaming("^(.+)$", f"{literal(plan_.maker.prefix)}$1").body(),
    }
    try:
        send(plan_.client, Order(plan_.repository, plan_.snapshot, body, names), clock)
        await_shards(plan_.client, list(names.values()), GREEN, left, clock)
    except Unclear:
        # the server may begin yet, after its scratch indices were looked for
        wait_until(lambda: _scratch_or_none(plan_), bool, _APPEARS, clock=clock)
        raise
    except (AccessDenied, Unreachable):
        raise  # which shows nothing of the snapshot
    except OpsError as error:
        raise Failed(L3, _in_time(plan_, error)) from error


def _in_time(plan_: Plan, error: OpsError) -> OpsError:
    """Return the error, with the time that it took if it was that: nothing is left to be followed."""
    if not isinstance(error, Late):
        return error
    why = f"{error.failed} within {show_duration(plan_.seconds)}: {error.advice.partition('; follow')[0]}"
    return OpsError(why, on=plan_.on, advice="see wait_timeout")


def _counted(plan_: Plan, names: Mapping[str, str]) -> dict[str, int]:
    try:
        held = documents(plan_.client, list(names.values()))
        for one in plan_.assertions:
            one.ask(plan_.client, [names[index] for index in one.means(names)])
    except (AccessDenied, Unreachable):
        raise
    except OpsError as error:
        raise Failed(L4, error) from error
    return {index: held[scratch] for index, scratch in names.items()}


def _compare(plan_: Plan, outcome: Outcome, counts: Mapping[str, int]) -> None:
    known = recorded(plan_.snapshot.metadata)
    found = outcome.compared = compare(counts, known, plan_.snapshot.indices or ())
    wrong = [told for told in (one.wrong() for one in plan_.assertions) if told]
    missing = sum(found.missing.values())
    if missing and not plan_.tolerance.allows(missing, found.recorded):
        wrong.insert(0, f"{found.documents} documents, {told_missing(found.missing)}")
    advice = ""
    if found.differs:
        wrong.insert(0, f"{found.documents} documents, and {told_unknown(found)}")
    if found.recorded is None and not plan_.assertions:
        told, advice = _unknown(known)
        wrong.insert(0, told)
    if wrong:
        raise Failed(L4, OpsError("; ".join(wrong), on=plan_.on, advice=advice))
    if found.unknown and found.recorded is not None:
        outcome.warnings.append(f"{plan_.on}: the documents of some indices were not recorded")
    held = [one.told() for one in plan_.assertions]
    outcome.prove(L4, outcome.counting, {"documents": found.told(), "assertions": held})


def _unknown(known: Recorded | None) -> tuple[str, str]:
    """Return why nobody knows how many documents there should be, and what to do about it."""
    if known is None:
        told = "nobody has recorded how many documents there should be"
        return told, "give assertions or level: L3, or make the snapshot with es_snapshot"
    told = f"of {known.indices} indices only the sum of their documents is recorded, and not all of them were restored"
    return told, 'give indices: ["*"] or ["*", ".*"], or assertions'


def cleaned(plan_: Plan, names: Sequence[str], until: float, clock: Clock = SYSTEM_CLOCK) -> list[str]:
    """Remove scratch indices of this run; a line when they are not, which is no reason to fail.

    What the server has still to begin to restore is looked for by its name. It removes none of which a snapshot is
    being made, which is waited for.

    :param until: how long, of the clock's ``monotonic``.
    """
    tries = 0
    while True:
        try:
            removed(plan_.client, _scratch(plan_))
            return []
        except OpsError as error:
            last = error
        busy = _SNAPSHOT_RUNS in last.failed
        tries += not busy
        if tries >= _TRIES or (busy and clock.monotonic() >= until):
            break
        clock.sleep(float(tries or 1))
    told = f"scratch indices may be left, which the next drill removes: {', '.join(names[:3])}"
    return [f"{told} ({last.failed})"]


def _scratch_or_none(plan_: Plan) -> list[str] | None:
    try:
        return _scratch(plan_)
    except OpsError:
        return None  # nobody can say now


def _scratch(plan_: Plan) -> list[str]:
    return sorted(name for name in present(plan_.client).indices if name.startswith(plan_.maker.prefix))


def swept(client: Client, now: float, check_mode: bool) -> tuple[list[str], list[str]]:
    """Remove scratch indices of runs that are gone; which, and a line when that failed."""
    found: list[str] = []
    try:
        found = sorted(leftovers(present(client).indices, now))
        if not check_mode:
            removed(client, found)
        return found, []
    except OpsError as error:
        return [], [f"what other drills have left is not removed: {error.failed} ({', '.join(found[:3])})"]
