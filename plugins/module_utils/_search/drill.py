# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind es_snapshot_verify: a snapshot is proven now, and time and age are held against objectives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._backups import objectives
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import connection
from .connection import Client, connected
from .drill_assertions import SPEC as ASSERTION
from .drill_assertions import Assertion, assertions_of, require_about
from .drill_levels import L1, L3, L4, Failed, Outcome, Plan, restored_and_compared, swept, whole
from .drill_portions import portions_of, sampled
from .drill_scratch import maker
from .interruption import interruptible
from .names import check_repository
from .restore_choice import checked, named, require_not_newer, selected
from .restore_options import CHOICE, Tolerance, some_indices, tolerance_of
from .restore_room import Size, bytes_of, room, sizes
from .snapshots import Snapshot

SPEC = (
    connection.SPEC
    + CHOICE
    + ArgSpec(
        options={
            "level": {"type": "str", "choices": [L1, L3, L4], "default": L4},
            "sample": {"type": "int"},
            "max_bytes": {"type": "str"},
            "assertions": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": ASSERTION.options,
                **ASSERTION.rules(),
            },
            "tolerance": {"type": "str", "default": "0"},
            "objectives": {"type": "dict", "options": objectives.SPEC.options},
            "wait_timeout": {"type": "raw", "default": "1h"},
        }
    )
)
KIND = "search"
_MEASURABLE = 10**6  # bytes: of less, time per size tells nothing


@dataclass(frozen=True)
class _Options:
    """What was asked for."""

    params: Mapping[str, Any]
    level: str
    indices: list[str]
    assertions: list[Assertion]
    tolerance: Tolerance
    objectives: Mapping[str, float]
    seconds: float
    most: int | None
    check_mode: bool

    @property
    def restores(self) -> bool:
        """Whether anything is restored."""
        return self.level != L1 and not self.check_mode


def operate(params: dict[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module. :raises InputError: a wrong option. :raises OpsError: the proof cannot be tried."""
    options = _options_of(params, check_mode)
    began, at = clock.monotonic(), clock.time()
    with connected(params) as client:
        left, warnings = swept(client, at, check_mode)
        snapshot, passed = named(client, params["repository"], params["snapshot"], params["name"], False)
        held = sizes(client, params["repository"], snapshot.name) if snapshot.whole else {}
        plan = _plan(client, options, snapshot, held, at, began)
        outcome = Outcome(warnings=[*warnings, *passed])
        with interruptible():
            proven_at = _proven(plan, options, held, outcome, clock)
    rto = None if outcome.level < L3 else round(proven_at - began + outcome.restoring, 3)
    rpo = objectives.age(at, snapshot.started_at)
    data = _told(plan, options, outcome, rto, rpo)
    data["leftovers"] = left
    data["seconds"] = round(clock.monotonic() - began, 3)
    return Result(
        changed=bool(left),
        failed=bool(outcome.failed_level or objectives.missed(data["objectives"])),
        msg=_line(plan, outcome, data, options),
        data=data,
        diff={"before": "".join(f"{name}\n" for name in left), "after": ""},
        warnings=outcome.warnings,
    )


def _options_of(params: Mapping[str, Any], check_mode: bool) -> _Options:
    check_repository(params["repository"])
    checked(params["snapshot"], params["name"])
    wanted = objectives.objectives_of(params["objectives"])
    if "rto" in wanted and params["level"] == L1:
        raise InputError("objectives: rto needs a restore", advice="give level L3 or L4")
    if params["sample"] is not None and params["sample"] < 1:
        raise InputError(f"sample is {params['sample']}", advice="expected 1 or more indices")
    if params["assertions"] and params["level"] != L4:
        raise InputError("assertions need level L4")
    most = None if params["max_bytes"] is None else bytes_of(params["max_bytes"])
    if most is None and params["max_bytes"] is not None:
        raise InputError(f"max_bytes {params['max_bytes']!r} is no size", advice="expected such as 50gb")
    return _Options(
        params=params,
        level=params["level"],
        indices=some_indices(params["indices"]),
        assertions=assertions_of(params["assertions"]),
        tolerance=tolerance_of(params["tolerance"]),
        objectives=wanted,
        seconds=seconds_of("wait_timeout", params["wait_timeout"]),
        most=most,
        check_mode=check_mode,
    )


def _plan(
    client: Client, options: _Options, snapshot: Snapshot, held: Mapping[str, Size], at: float, began: float
) -> Plan:
    """Return what is proven. :raises OpsError: it cannot be restored here."""
    on = f"{options.params['repository']}/{snapshot.name}"
    taken: dict[str, Size] = {}
    portions: list[list[str]] = []
    maker_ = maker(at + options.seconds)
    if options.level != L1 and snapshot.whole:
        require_not_newer(snapshot, client.product, on)
        chosen = sampled(selected(snapshot, options.indices).all, options.params["sample"])
        require_about(options.assertions, chosen)
        for name in chosen:
            maker_.scratch(name)
        taken = {name: held[name] for name in chosen if name in held}
        portions = portions_of(taken, room(client), options.most, on)
    return Plan(
        client=client,
        repository=options.params["repository"],
        snapshot=snapshot,
        sizes=taken,
        portions=portions,
        assertions=options.assertions,
        tolerance=options.tolerance,
        maker=maker_,
        until=began + options.seconds,
        seconds=options.seconds,
    )


def _proven(plan: Plan, options: _Options, held: Mapping[str, Size], outcome: Outcome, clock: Clock) -> float:
    """Prove level by level, and note what came of it; the moment at which L1 was proven, of ``monotonic``."""
    began = clock.monotonic()
    try:
        outcome.prove(L1, 0.0, whole(plan, held, options.check_mode))
        outcome.proofs[-1]["seconds"] = round(clock.monotonic() - began, 3)
        proven_at = clock.monotonic()
        if options.restores:
            restored_and_compared(plan, outcome, options.level == L4, clock)
    except Failed as error:
        outcome.failed_level, outcome.failed_why = error.level, str(error)
        return clock.monotonic()
    return proven_at


def _told(plan: Plan, options: _Options, outcome: Outcome, rto: float | None, rpo: float) -> dict[str, Any]:
    size = sum(one.bytes for one in plan.sizes.values())
    return {
        "backup": plan.snapshot.name,
        "name": plan.repository,
        "kind": KIND,
        "where": "repository",
        "level": outcome.level,
        "level_failed": outcome.failed_level,
        "failed_why": outcome.failed_why,
        "size": size,
        "proofs": outcome.proofs,
        "fetch_seconds": None,
        "rto_seconds": rto,
        "rto_seconds_per_gb": None if rto is None or size < _MEASURABLE else round(rto / size * 1e9, 3),
        "rpo_seconds": rpo,
        "objectives": objectives.held(options.objectives, {"rto": rto, "rpo": rpo}, options.check_mode),
        "documents": None if outcome.compared is None else outcome.compared.told(),
        "assertions": [one.told() for one in plan.assertions] if outcome.compared is not None else [],
        "indices": list(plan.sizes)[:200],
        "index_count": len(plan.sizes),
        "portions": len(plan.portions),
    }


def _line(plan: Plan, outcome: Outcome, data: Mapping[str, Any], options: _Options) -> str:
    if outcome.failed_level:
        return f"{plan.on}: {outcome.failed_why}"
    found = outcome.compared
    parts = [f"{plan.on}: {outcome.level} holds"]
    if options.check_mode and options.level != L1:
        parts.append(f"{_number(len(plan.sizes), 'index', 'indices')} would be restored")
    if found is not None:
        parts.append(f"{found.documents} documents in {_number(len(plan.sizes), 'index', 'indices')}")
    return "; ".join([*parts, *objectives.told(data["objectives"])])


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
