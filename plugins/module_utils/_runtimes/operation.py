# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind ``service_info``: how a service's parts run, what an intent would change, if it can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.text.formatters import human_to_bytes

from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from .base import (
    AUTOSCALED,
    FORCED,
    INTENTS,
    LIMITED,
    PART,
    RECREATED,
    RESTARTED,
    ROLLED,
    SCALED,
    STARTED,
    STOPPED,
    UPDATED,
    Ask,
    Part,
    Runtime,
    State,
)
from .kinds import KINDS

SPEC = ArgSpec(
    options={
        "runtime": {"type": "dict", "required": True},
        "parts": {"type": "list", "elements": "str", "default": []},
        "intent": {"type": "str", "choices": list(INTENTS)},
        "count": {"type": "int"},
        "cpus": {"type": "float"},
        "memory": {"type": "str"},
        "image": {"type": "str"},
        "wait": {"type": "bool", "default": False},
        "counts": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 60.0},
    },
    required_if=[("intent", SCALED, ["count"]), ("intent", UPDATED, ["image"])],
)
_ALWAYS = (RESTARTED, FORCED, ROLLED, RECREATED)
READY = "all is as it is to be"
_SHOWN = 3  # faults that a message names


def operate(params: Mapping[str, Any], _check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Look, and say what would change; with ``wait``, look until it has.

    :raises InputError: something is described wrongly, or cannot be done. :raises OpsError: nothing can be told.
    """
    ask = _ask(params)
    runtime, parts = described(params["runtime"], params["parts"])
    if params["wait"]:
        return _waited(runtime, parts, ask, params, clock)
    states = runtime.look(parts)
    _refuse(runtime, ask, parts, states)
    told = [_told(runtime, ask, part, states[part.name]) for part in parts]
    changes = [one["name"] for one in told if one["change"]]
    return Result(
        msg=_said(ask, told),
        data={"kind": params["runtime"]["kind"], "parts": told, "changes": changes, "means": dict(runtime.means())},
    )


def _ask(params: Mapping[str, Any]) -> Ask:
    """Return what is wanted. :raises InputError: it makes no sense, whatever the runtime."""
    memory, count = params["memory"], params["count"]
    if count is not None and count < 0:
        raise InputError("count is too small", on=str(count), advice="expected 0 or more")
    if params["cpus"] is not None and params["cpus"] < 0:
        raise InputError("cpus is too small", on=str(params["cpus"]), advice="expected 1.5 or the like, 0 for no limit")
    if params["intent"] == LIMITED and params["cpus"] is None and not memory:
        raise InputError("no limit is given", advice="give cpus, memory or both")
    return Ask(params["intent"], count, params["cpus"], _bytes(memory) if memory else None, params["image"])


def _bytes(text: str) -> int:
    try:
        found = int(human_to_bytes(text))
    except ValueError:
        found = -1
    if found < 0:
        raise InputError("memory is no amount", on=text, advice="expected one such as 512M or 2G, 0 for no limit")
    return found


def described(given: Mapping[str, Any], names: Sequence[str]) -> tuple[Runtime, list[Part]]:
    """Return the runtime and the parts that are meant. :raises InputError: they are described wrongly."""
    kind = given.get("kind")
    if kind not in KINDS:
        said = f"runtime: unknown kind {kind!r}" if kind else "runtime: no kind"
        raise InputError(said, advice=f"expected one of {', '.join(KINDS)}")
    spec, make = KINDS[str(kind)]()
    own = {name: value for name, value in given.items() if name not in ("kind", "parts")}
    runtime = make(spec.validate(own, f"runtime of kind {kind}"))
    parts = _parts(given.get("parts"))
    known = [part.name for part in parts]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"no part {', '.join(unknown)} is described", advice=f"described are {', '.join(known)}")
    return runtime, [part for part in parts if not names or part.name in names]


def _parts(given: Any) -> list[Part]:
    if not isinstance(given, list) or not given or not all(isinstance(one, Mapping) for one in given):
        raise InputError("runtime: no parts", advice="expected a list such as [{name: worker, unit: worker}]")
    valid = [PART.validate(one, f"runtime: part {one.get('name') or number}") for number, one in enumerate(given, 1)]
    names = [one["name"] for one in valid]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("runtime: two parts have one name", on=", ".join(twice))
    return [Part(one["name"], one["unit"] or one["name"], one["grace"], one["count"], one["max"]) for one in valid]


def _refuse(runtime: Runtime, ask: Ask, parts: Sequence[Part], states: Mapping[str, State]) -> None:
    """:raises InputError: it cannot be done to one of the parts."""
    if not ask.intent:
        return
    pairs = _pairs(parts, states)
    reasons = [(part, _too_many(ask, part, state) or runtime.cannot(ask, part, state)) for part, state in pairs]
    said = [f"{part.name} {reason}" for part, reason in reasons if reason]
    if said:
        raise InputError(f"cannot be {ask.intent}: {'; '.join(said)}", advice="nothing was touched")


def _pairs(parts: Sequence[Part], states: Mapping[str, State]) -> list[tuple[Part, State]]:
    return [(part, states[part.name]) for part in parts]


def _too_many(ask: Ask, part: Part, state: State) -> str:
    """Return why there cannot be so many; empty when there can."""
    if ask.intent not in (SCALED, AUTOSCALED) or ask.count is None:
        return ""
    if part.most is not None and ask.count > part.most:
        return f"may have {part.most} at most, as its max says"
    if state.most is not None and ask.count > state.most:
        return f"{state.fixed}: there can be no more than {state.most}"
    return ""


def _told(runtime: Runtime, ask: Ask, part: Part, state: State) -> dict[str, Any]:
    return {
        "name": part.name,
        "unit": part.unit,
        "grace": part.grace,
        "now": state.shown(),
        "wanted": _wanted(ask, state, None),
        "change": _changes(ask, state),
        "notes": [],
        **(runtime.work(ask, part, state) if ask.intent else {}),
    }


def _wanted(ask: Ask, state: State, whole: int | None) -> dict[str, Any]:
    """Return how it is to run. :param whole: how many there are to be, None where the state tells."""
    running = state.present if whole is None else whole
    if ask.intent == SCALED and ask.count is not None:
        running = ask.count
    elif ask.intent == STOPPED:
        running = 0
    return {
        "running": running,
        "image": ask.image if ask.intent == UPDATED else state.image,
        "cpus": state.cpus if ask.cpus is None else ask.cpus or None,  # 0 is no limit
        "memory": state.memory if ask.memory is None else ask.memory or None,
    }


def _changes(ask: Ask, state: State) -> bool:
    """Tell whether doing it would change anything; a restart always does."""
    if not ask.intent:
        return False
    if ask.intent in _ALWAYS:
        return True
    wanted = _wanted(ask, state, None)
    # What runs now is not all: some may be on their way, back from a failure or out of a rollout.
    counts = [state.running, state.awake, *([] if state.asked is None else [state.asked])]
    if ask.intent == STARTED:
        return any(count < wanted["running"] for count in counts)
    if ask.intent in (SCALED, STOPPED):
        return any(count != wanted["running"] for count in counts)
    return any(wanted[name] != getattr(state, name) for name in ("image", "cpus", "memory"))


def _said(ask: Ask, told: Sequence[Mapping[str, Any]]) -> str:
    """Return a line that tells of all parts."""
    rows = []
    for one in told:
        now, wanted = one["now"], one["wanted"]
        row = f"{one['name']}: {now['ready']} of {wanted['running'] if not ask.intent else now['running']} ready"
        rows.append(f"{row}, to be {ask.intent}" if one["change"] else row)
    return "; ".join(rows)


def _waited(runtime: Runtime, parts: Sequence[Part], ask: Ask, params: Mapping[str, Any], clock: Clock) -> Result:
    """Look until all parts are as they are to be. A runtime that does not answer for a moment is asked again."""
    counts = {name: int(count) for name, count in params["counts"].items()}

    def look() -> tuple[list[str], Mapping[str, State]]:
        try:
            states = runtime.look(parts)
        except NotThere as error:
            return [str(error)], {}
        except OpsError as error:
            return [f"cannot be told: {error}"], {}
        pairs = [(part.name, _lacks(ask, state, counts.get(part.name))) for part, state in _pairs(parts, states)]
        lacks = [f"{name}: {lack}" for name, found in pairs for lack in found]
        return lacks, states

    waited = wait_until(look, lambda seen: not seen[0], params["timeout"], clock=clock)
    lacks, states = waited.last
    there = [part for part in parts if part.name in states]
    return Result(
        failed=not waited.done,
        msg=f"after {waited.elapsed:.0f} s {'; '.join(lacks)}" if lacks else READY,
        data={
            "kind": params["runtime"]["kind"],
            "parts": [{"name": part.name, "unit": part.unit, "now": states[part.name].shown()} for part in there],
            "changes": [],
            "means": {},
            "seconds": round(waited.elapsed, 2),
        },
    )


def _lacks(ask: Ask, state: State, whole: int | None) -> list[str]:
    """Return what is not yet as it is to be."""
    wanted = _wanted(ask, state, whole)
    count = wanted["running"]
    more = f" ({'; '.join(state.faults[:_SHOWN])})" if state.faults else ""
    lacks = []
    if state.running < count:
        lacks.append(f"{state.running} of {count} run{more}")
    elif state.awake > count and ask.intent in (SCALED, STOPPED):
        lacks.append(f"{state.awake} still run, {count} are to")
    elif state.ready < count:
        lacks.append(f"{state.ready} of {count} are ready{more}")
    present = {name: getattr(state, name) for name in ("image", "cpus", "memory")}
    return [*lacks, *(f"{name} is {now}, not {wanted[name]}" for name, now in present.items() if now != wanted[name])]
