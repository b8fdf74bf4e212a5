# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``queue_depth`` does: find, look, wait, and hold what was seen against what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere
from .._core.result import Result
from .._core.waiting import Waited
from . import thresholds, waits
from .base import DEAD, DELAYED, IN_FLIGHT, Queue
from .description import described, made, queue_spec
from .look import OK, Observer, Reading

__all__ = ["SPEC", "measure_one", "operate", "queue_spec"]

SPEC = redis_connection.SPEC + ArgSpec(
    options={
        "queues": {"type": "list", "elements": "dict", "default": []},
        "discover": {"type": "bool", "default": False},
        "discover_match": {"type": "str", "default": "*"},
        "discover_limit": {"type": "int", "default": 10000},
        "wait": {"type": "str", "choices": list(waits.WAITS)},
        "wait_timeout": {"type": "float", "default": 300.0},
        "wait_settle": {"type": "float", "default": 1.0},
        "wait_interval": {"type": "float", "default": 0.2},
    }
)

_TOTALS = {"ready": None, "in_flight": IN_FLIGHT, "delayed": DELAYED, "dead": DEAD}


def measure_one(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the depth of one queue (the fields of :class:`.base.Depth`) with its ``name`` and ``kind``.

    :param options: of a queue, validated by :func:`.description.queue_spec`; its thresholds are not looked at.
    :raises NotThere: the queue does not exist and may not be taken for empty.
    :raises OpsError: it could not be measured; each kind of it as :mod:`.._core.errors` says.
    """
    queue = made(options)
    with Observer([queue]) as observer:
        (reading,) = observer.look()
    if reading.error:
        raise reading.error
    if reading.depth.missing:
        raise NotThere(f"cannot measure the queue {queue.name}: {reading.depth.note}")
    return {"name": queue.name, "kind": queue.kind, **reading.depth.as_dict()}


def operate(params: Mapping[str, Any], check_mode: bool, tell: waits.Tell | None = None) -> Result:
    """Do the work of the module. It changes nothing; check mode only spares the waiting.

    :param params: validated by ``SPEC``. :param tell: is told of each look while there is a wait.
    :raises InputError: a wrong description of a queue, before anything is asked of any server.
    """
    defaults = {name: params[name] for name in redis_connection.SPEC.options}
    _check(params)
    queues = described(params["queues"], defaults)
    _check_limits(params, queues)
    found = _discovered(params, defaults) if params["discover"] else None
    with Observer(queues) as observer:
        waited = _observed(observer, params, check_mode, tell)
    return _result(waited, params["wait"], check_mode, found)


def _check(params: Mapping[str, Any]) -> None:
    if not params["queues"] and not params["discover"]:
        raise InputError("nothing to measure", advice="give queues, or discover: true to find some")
    if params["discover_limit"] < 1:
        raise InputError("discover_limit must be at least 1")
    if params["wait_interval"] <= 0 or params["wait_settle"] < 0:
        raise InputError("wait_interval must be more than 0 and wait_settle not less than 0 seconds")
    if params["wait"] == "drained" and params["wait_timeout"] <= params["wait_settle"]:
        raise InputError("wait_timeout must be longer than wait_settle, or nothing can settle in time")


def _check_limits(params: Mapping[str, Any], queues: Sequence[Queue]) -> None:
    if params["wait"] and not queues:
        raise InputError(f"wait: {params['wait']} needs queues to wait for", advice="what is discovered is only listed")
    for queue in queues if params["wait"] == "below" else ():
        if not thresholds.given(queue.options):
            raise InputError(
                f"wait: below needs a threshold for each queue, {queue.name} has none", advice="give max_ready"
            )


def _discovered(params: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    from .discovery import discover

    return discover(defaults, params["discover_match"], params["discover_limit"])


def _observed(
    observer: Observer, params: Mapping[str, Any], check_mode: bool, tell: waits.Tell | None
) -> Waited[list[Reading]]:
    """Look once, or until what is waited for holds. Check mode looks once: what would end the wait was not done."""
    if params["wait"] is None or check_mode:
        readings = observer.look()
        done = params["wait"] is None or all(map(waits.WAITS[params["wait"]], readings))
        return Waited(done, readings, readings, 0.0, 1)
    settle = params["wait_settle"] if params["wait"] == "drained" else 0.0
    timeout, interval = params["wait_timeout"], params["wait_interval"]
    return waits.wait_for(observer.look, params["wait"], timeout, settle, interval, tell=tell)


def _result(waited: Waited[list[Reading]], wait: str | None, check_mode: bool, found: dict[str, Any] | None) -> Result:
    readings = waited.last
    failures = [line for reading in readings for line in _failures(reading)]
    warnings = _warnings(readings, wait, found)
    if not waited.done and wait:
        (warnings if check_mode else failures).extend(_not_reached(waited, wait, failures))
    data: dict[str, Any] = {
        "queues": [{**reading.as_dict(), "drained": waits.drained(reading)} for reading in readings],
        "total": _total(readings),
        "drained": bool(readings) and all(map(waits.drained, readings)),
        "waited": round(waited.elapsed, 3),
        "looks": waited.looks,
        "first": [_at_first(reading) for reading in waited.first],
        "failures": failures,
    }
    missing = sorted({name for reading in readings for name in _missing_libraries(reading)})
    data.update({"missing_libraries": missing} if missing else {})
    data.update({"found": found} if found is not None else {})
    return Result(failed=bool(failures), msg=_message(waited, failures, found), data=data, warnings=warnings)


def _at_first(reading: Reading) -> dict[str, Any]:
    return {"name": reading.queue.name, "ready": reading.depth.ready, "in_flight": reading.depth.in_flight}


def _failures(reading: Reading) -> list[str]:
    if reading.status != OK:
        return [f"{reading.queue.name}: {reading.message}"]
    sentences = thresholds.broken(reading.queue.options, reading.depth)
    note = f" ({reading.depth.note})" if reading.depth.note else ""
    return [f"{reading.queue.name}: {sentence}{note if 'not known' in sentence else ''}" for sentence in sentences]


def _not_reached(waited: Waited[list[Reading]], wait: str, failures: Sequence[str]) -> list[str]:
    """Return what was seen last of those queues for which the wait was in vain, unless that is said already."""
    told = {line.partition(":")[0] for line in failures}
    lines = []
    for reading in waited.last:
        name = reading.queue.name
        if name in told:
            continue
        if not waits.WAITS[wait](reading):
            lines.append(f"{name}: not {wait}: {reading.seen()} after {waited.elapsed:.3g} s")
    if lines or failures:
        return lines
    return [f"not {wait} for long enough: what was seen still changed after {waited.elapsed:.3g} s"]


def _warnings(readings: Sequence[Reading], wait: str | None, found: Mapping[str, Any] | None) -> list[str]:
    blind = [reading.queue.name for reading in readings if waits.cannot_see_in_flight(reading)]
    lines = []
    if blind and wait == "drained":
        lines.append(f"items in flight cannot be seen in {', '.join(blind)}: drained only means that nothing is ready")
    if found is not None and not found["complete"]:
        lines.append(f"discovery stopped after {found['looked_at']} keys; raise discover_limit to look at more")
    return lines


def _total(readings: Sequence[Reading]) -> dict[str, int | None]:
    """Add up what queues hold. One unable to tell a number does not count, one that should know makes it None."""
    totals: dict[str, int | None] = {}
    for name, capability in _TOTALS.items():
        telling = [
            one for one in readings if one.status != OK or not capability or capability in one.queue.capabilities
        ]
        numbers = [getattr(one.depth, name) for one in telling]
        totals[name] = sum(numbers) if numbers and None not in numbers else None
    return totals


def _missing_libraries(reading: Reading) -> list[str]:
    return list(reading.error.details.get("missing_libraries", [])) if reading.error else []


def _message(waited: Waited[list[Reading]], failures: Sequence[str], found: Mapping[str, Any] | None) -> str:
    if failures:
        return "; ".join(failures)
    parts = [f"{now.queue.name}: {now.seen()}{_since(then, waited)}" for then, now in zip(waited.first, waited.last)]
    if found is not None:
        parts.append(f"found {len(found['queues'])} queues")
    return "; ".join(parts)


def _since(then: Reading, waited: Waited[list[Reading]]) -> str:
    """Return what the wait began with; nothing when there was none."""
    return f" after {waited.elapsed:.1f} s, at first {then.seen()}" if waited.looks > 1 else ""
