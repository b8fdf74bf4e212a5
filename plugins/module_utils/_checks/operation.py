# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``health_gate`` to its result: validate all checks first, run the gate, tell what came out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, InputError, MissingLibrary, NotThere, OpsError, WrongType, one_line
from .._core.libraries import load_if_there
from .._core.result import Result
from .base import COMMON, CRITICAL, FAIL, PASS, UNKNOWN, WARNING, Check, Condition, Context, Outcome
from .conditions import check_condition, evaluate, show, worst
from .gate import PASSED, Gate, Rules, Standing
from .kinds import KINDS
from .progress import check_progress, progress_findings
from .watch import Watch

SPEC = ArgSpec(
    options={
        "checks": {"type": "list", "elements": "dict", "required": True},
        "defaults": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 0.0},
        "consecutive": {"type": "int", "default": 1},
        "interval": {"type": "float", "default": 0.2},
        "flap_budget": {"type": "int", "default": 3},
        "baseline": {"type": "dict", "default": {}},
        "history": {"type": "list", "elements": "dict", "default": []},
        "fail_on": {"type": "str", "default": CRITICAL, "choices": [CRITICAL, WARNING]},
        "report_only": {"type": "bool", "default": False},
    }
)

# The check could not be made; everything else that a probe raises speaks against the thing checked.
_COULD_NOT_LOOK = (InputError, MissingLibrary, NotThere, WrongType, AccessDenied)


def run_gate(params: Mapping[str, Any], _check_mode: bool = False) -> Result:
    """Run the gate that ``params`` (the module's options) describe. Reads only, so check mode is the same.

    :raises InputError: any check is wrong; all are looked at before the first probe.
    """
    recorded: Mapping[str, Any] = params["baseline"]
    checks = build_checks(params["checks"], params["defaults"])
    rules = _rules(params)
    for check in checks:
        _preload(check)
    standings = [Standing(check, tolerated=_was_no_pass(recorded, check)) for check in checks]
    gate = Gate(standings, rules)
    attempts = Attempts(recorded, params["history"])
    waited = Watch(gate, attempts.attempt, params["interval"], params["timeout"]).run()
    return _result(gate, waited, params)


def _rules(params: Mapping[str, Any]) -> Rules:
    if params["consecutive"] < 1:
        raise InputError("consecutive is too small", on=str(params["consecutive"]), advice="expected 1 or more")
    if params["timeout"] < 0 or params["interval"] <= 0:
        raise InputError("timeout and interval cannot be negative, nor interval 0")
    return Rules(params["consecutive"], params["timeout"] > 0, params["flap_budget"], params["fail_on"])


def build_checks(given: Sequence[Mapping[str, Any]], defaults: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """Validate each check against the options of its kind.

    :param defaults: kind -> options for the checks of that kind which do not say otherwise.
    :raises InputError: naming the place in the list, the fault and what was expected.
    """
    if not given:
        raise InputError("checks is empty", advice="a gate without a check would pass whatever happens")
    checks = [_build(index, options, defaults) for index, options in enumerate(given)]
    names = [check.name for check in checks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("two checks have the same name", on=", ".join(twice), advice="names must tell checks apart")
    return checks


def _build(index: int, given: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]) -> Check:
    place = f"checks[{index}] ({given.get('name', 'without a name')})"
    kind_name = str(given.get("kind", ""))
    if kind_name not in KINDS:
        said = f"unknown kind '{kind_name}'" if kind_name else "kind is missing"
        raise InputError(f"{place}: {said}", advice=f"known kinds: {', '.join(sorted(KINDS))}")
    kind = KINDS[kind_name]()
    wanted = {**defaults.get(kind_name, {}), **given}
    spec = COMMON + kind.SPEC.for_options(wanted) + COMMON
    options = spec.validate(wanted, place)
    if options["timeout"] <= 0:
        raise InputError(f"{place}: timeout must be above 0 seconds", on=str(options["timeout"]))
    check = Check(options["name"], options, kind)
    for condition in conditions_of(check):
        check_condition(condition, place)
    check_progress(options, place)
    return check


def conditions_of(check: Check) -> list[Condition]:
    """Return what is expected of a check's values: what its kind expects, and what the user does."""
    wanted = [Condition.from_options(given) for given in check.options["expect"]]
    return [*check.kind.conditions(check.options), *wanted]


def _preload(check: Check) -> None:
    """Import what a check needs before its time starts to count; a missing library shows when it is attempted."""
    load_if_there(*check.kind.LIBRARIES)


def _was_no_pass(recorded: Mapping[str, Any], check: Check) -> bool:
    return check.name in recorded and recorded[check.name].get("status") != PASS


class Attempts:
    """Makes attempts; holds what they share."""

    def __init__(self, recorded: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> None:
        """
        :param recorded: the baseline, by name of check.
        :param history: earlier runs, oldest first, as :func:`.._history.run.run_of` makes them.
        """
        self._context = Context()
        self._recorded = recorded
        self._history = history

    def attempt(self, check: Check) -> Outcome:
        """Probe once and hold the values against the expectations. Never raises."""
        started = time.monotonic()
        try:
            values = check.kind.probe(check.options, self._context)
            conditions = [*conditions_of(check), *_baseline_conditions(check, self._recorded)]
            finding = worst([*evaluate(conditions, values), *progress_findings(check.options, values, self._history)])
        except OpsError as error:
            status = UNKNOWN if isinstance(error, _COULD_NOT_LOOK) else FAIL
            missing = (error.package,) if isinstance(error, MissingLibrary) else ()
            return Outcome(status, str(error), seconds=time.monotonic() - started, missing_libraries=missing)
        except Exception as error:  # a fault of ours must not hide the other checks
            reason = one_line(f"unexpected {type(error).__name__}: {error}; please report it", 200)
            return Outcome(UNKNOWN, reason, seconds=time.monotonic() - started)
        shown = {name: value for name, value in values.items() if not name.startswith("_")}
        return Outcome(finding.status, finding.reason, shown, time.monotonic() - started)


def _baseline_conditions(check: Check, recorded: Mapping[str, Any]) -> Iterator[Condition]:
    """Turn the check's baseline rules into limits around what was recorded before.

    :raises InputError: the record has no number at a rule's path.
    """
    if check.name not in recorded:
        return
    before: Mapping[str, Any] = recorded[check.name].get("seen", {})
    for rule in check.options["baseline"]:
        value = before.get(rule["path"])
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"the baseline has no number for {rule['path']}", on=show(value))
        yield from _limits(rule, float(value))


def _limits(rule: Mapping[str, Any], before: float) -> Iterator[Condition]:
    if rule.get("max_increase") is not None:
        yield Condition(rule["path"], "le", before + rule["max_increase"], "(baseline)")
    if rule.get("max_increase_percent") is not None:
        yield Condition(rule["path"], "le", before * (1 + rule["max_increase_percent"] / 100), "(baseline)")
    if rule.get("max_decrease") is not None:
        yield Condition(rule["path"], "ge", before - rule["max_decrease"], "(baseline)")


def _result(gate: Gate, waited: float, params: Mapping[str, Any]) -> Result:
    status = gate.verdict or gate.final_verdict
    told = [_told(standing) for standing in gate.standings]
    failures = [_line(standing) for standing in gate.deciding if not _good(standing)]
    noticed = [_line(one) for one in gate.standings if not _passes(one) and (_good(one) or not gate.decides(one))]
    missing = sorted({name for standing in gate.standings for name in standing.last.missing_libraries})
    summary = _summary(gate, status, waited)
    return Result(
        failed=status != PASSED and not params["report_only"],
        msg="; ".join([summary, *failures]),
        data={
            "status": status,
            "summary": summary,
            "checks": told,
            "failures": failures,
            "warnings_seen": noticed,
            "counts": {name: sum(one["status"] == name for one in told) for name in (PASS, FAIL, UNKNOWN)},
            "waited": round(waited, 3),
            "baseline": {one["name"]: {"status": one["status"], "seen": one["seen"]} for one in told},
            "missing_libraries": missing,
        },
    )


def _passes(standing: Standing) -> bool:
    return standing.last.status == PASS


def _good(standing: Standing) -> bool:
    return standing.attempts > 0 and standing.accepts(standing.last)


def _told(standing: Standing) -> dict[str, Any]:
    last = standing.last
    return {
        "name": standing.check.name,
        "kind": standing.check.options["kind"],
        "severity": standing.check.severity,
        "status": last.status,
        "reason": last.reason,
        "seen": last.values,
        "attempts": standing.attempts,
        "passes_in_a_row": standing.passes_in_a_row,
        "flaps": standing.flaps,
        "seconds": round(last.seconds, 3),
        "runbook": standing.check.options.get("runbook") or "",
        "tolerated": standing.tolerated,
    }


def _line(standing: Standing) -> str:
    """Return the line for a check that is not good: severity, name, status, reason, where to read on."""
    check = standing.check
    runbook = f" [{check.options['runbook']}]" if check.options.get("runbook") else ""
    return f"{check.severity} {check.name}: {standing.last.status}: {standing.last.reason}{runbook}"


def _summary(gate: Gate, status: str, waited: float) -> str:
    good = sum(_passes(standing) for standing in gate.standings)
    no_worse = sum(_good(standing) for standing in gate.standings) - good
    parts = [f"{status}: {good} of {len(gate.standings)} checks pass"]
    if no_worse:
        parts.append(f"{no_worse} no worse than in the baseline")
    if gate.rules.consecutive > 1:
        parts.append(f"{gate.rules.consecutive} in a row wanted")
    if gate.flapping:
        parts.append(f"gave up as checks flap more than {gate.rules.flap_budget} times")
    elif gate.rules.keep_trying:
        parts.append(f"waited {waited:.1f} s")
    return ", ".join(parts)
