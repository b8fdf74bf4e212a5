# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``ingress_switch`` to its result: read, turn if needed, wait until it is seen from outside."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, MissingLibrary, OpsError, Unreachable
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from .base import CLOSED, OPEN, Keeper, Options, Switch
from .kinds import KINDS

# Seconds without a change. A proxy that reloads answers by old and new workers for a moment, and a drain relies on what
# is closed; what is open is the end of it.
_SETTLE = {CLOSED: 0.5, OPEN: 0.2}

SPEC = ArgSpec(
    options={
        "state": {"type": "str", "required": True, "choices": [OPEN, CLOSED]},
        "switch": {"type": "dict", "required": True},
        "timeout": {"type": "float", "default": 30.0},
    }
)


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Bring the ingress to ``params["state"]``. In check mode one that is in it is looked at from outside, too.

    :raises InputError: the switch's options. :raises OpsError: it cannot be read, turned, or seen to have turned.
    """
    kind, options = _switch(params["switch"])
    wanted = params["state"]
    before = kind.position(options)
    # one that says it is turned and is not seen so died on the way, or its proxy did: turned once more
    met = wanted if before != wanted else _foreseen(kind, options, wanted) if check_mode else _look(kind, options)
    changed = before != wanted or met != wanted
    seen = before
    if changed and not check_mode:
        kind.turn(options, wanted)
        within = (options.get("outside") or {}).get("within") or params["timeout"]
        seen = _verified(kind, options, wanted, within, clock)
        if wanted == OPEN and isinstance(kind, Keeper):
            kind.let_go(options)
    return Result(
        changed=changed,
        msg=f"ingress is {seen}" if not check_mode else f"ingress is {before}, would be {wanted}",
        data={"state": seen, "before": before},
        diff={"before": f"ingress: {before}\n", "after": f"ingress: {wanted}\n"},
        warnings=[] if met == wanted or not check_mode else [f"the ingress is {wanted}, but clients meet: {met}"],
    )


def _switch(given: Mapping[str, Any]) -> tuple[Switch, Options]:
    name = str(given.get("kind", ""))
    if name not in KINDS:
        raise InputError(f"switch: unknown kind '{name}'", advice=f"known kinds: {', '.join(sorted(KINDS))}")
    kind = KINDS[name]()
    options = {key: value for key, value in given.items() if key != "kind"}
    return kind, kind.SPEC.for_options(options).validate(options, "switch")


def _verified(kind: Switch, options: Options, wanted: str, timeout: float, clock: Clock) -> str:
    """Wait until clients meet what is wanted, however the switch calls itself."""
    settle = _SETTLE[wanted]
    waited = wait_until(
        lambda: _look(kind, options), lambda seen: seen == wanted, timeout=timeout, settle=settle, clock=clock
    )
    if not waited.done:
        brief = f" (for less than {settle:g} s without a change)" if waited.last == wanted else ""
        raise OpsError(
            f"the ingress was turned to {wanted}, but clients meet: {waited.last}{brief}",
            advice=f"looked {waited.looks} times in {waited.elapsed:.0f} s{_kept(kind, options, wanted)}",
        )
    return waited.last


def _kept(kind: Switch, options: Options, wanted: str) -> str:
    """Return words that tell where what was is still kept."""
    where = ""
    if wanted == OPEN and isinstance(kind, Keeper):
        with suppress(OpsError):
            where = kind.kept_at(options)
    return f"; what was before is kept in {where}" if where else ""


def _look(kind: Switch, options: Options) -> str:
    """Return what clients meet; when that cannot be seen, what is told of it."""
    try:
        return kind.seen_from_outside(options)
    except (InputError, MissingLibrary):
        raise
    except OpsError as error:
        return str(error)


def _foreseen(kind: Switch, options: Options, wanted: str) -> str:
    """Return as :func:`_look` does, once, before anything is turned: a service may be ill, its description may not.

    :raises OpsError: what clients get is not what the description knows, and never will be.
    """
    try:
        return kind.seen_from_outside(options)
    except Unreachable as error:
        return str(error)
    except (InputError, MissingLibrary):
        raise
    except OpsError as error:
        raise OpsError(f"the ingress is {wanted}, but clients meet: {error}") from error
