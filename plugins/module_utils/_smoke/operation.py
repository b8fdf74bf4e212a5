# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind ``smoke_test``: an item goes in as from a client, and is followed until it is processed.

All parts are checks of ``health_gate``: the request is one of the kind ``http``; what must hold before it is sent,
and what follows, are gates of any kinds.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._checks.base import PASS, Check, Context
from .._checks.conditions import evaluate, worst
from .._checks.operation import SPEC as GATE
from .._checks.operation import build_checks, conditions_of, run_gate
from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere, OpsError, one_line
from .._core.jsonpath import look_up
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock

SPEC = ArgSpec(
    options={
        "name": {"type": "str", "default": "smoke test"},
        "id": {"type": "str"},
        "require": {"type": "list", "elements": "dict", "default": []},
        "submit": {"type": "dict", "required": True},
        "id_path": {"type": "str"},
        "tries": {"type": "int", "default": 1},
        "follow": {"type": "list", "elements": "dict", "default": []},
        "cleanup": {"type": "list", "elements": "dict", "default": []},
        "defaults": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 60.0},
    },
)
_ID = "{id}"
_POST = {"method": "POST", "status": [200, 201, 202, 204]}
_PAUSE = 0.5  # seconds between two tries to submit


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """See that it may be sent, submit, follow, clean up.

    :raises InputError: something is described wrongly; nothing was sent. :raises OpsError: the item was not taken.
    """
    test = _Test(params, clock)
    if check_mode:
        return Result(changed=True, msg=f"{params['name']}: would submit an item", data={"id": test.id})
    required = test.require()
    if required is not None and required.failed:
        return _not_sent(params["name"], test.id, required)
    taken = test.submit()
    try:
        followed = test.follow()
    finally:
        cleaned = test.clean_up()
    took = round(clock.monotonic() - test.began, 3)
    told = _told(params["name"], test.id, took, followed, cleaned)
    return Result(
        changed=True,
        failed=bool(told["failures"]),
        msg=told["msg"],
        data={
            "id": test.id,
            "submitted": {name: taken[name] for name in ("status", "latency")},
            "processed": followed is None or not followed.failed,
            "seconds": took,
            "checks": [] if followed is None else followed.data["checks"],
            "failures": told["failures"],
            "missing_libraries": [] if followed is None else followed.data["missing_libraries"],
        },
        warnings=[]
        if followed is not None
        else ["nothing says how to follow the item: it was taken, no more is known"],
    )


class _Test:
    """One item on its way. ``id`` is what it is known by, which the service may decide."""

    def __init__(self, params: Mapping[str, Any], clock: Clock) -> None:
        """:raises InputError: a request or a check is wrong."""
        if params["tries"] < 1:
            raise InputError("tries is too small", on=str(params["tries"]), advice="expected 1 or more")
        self._params = params
        self._clock = clock
        self._context = Context()
        self.id = params["id"] or str(uuid.uuid4())
        self.began = clock.monotonic()
        self._request = _request(self._filled(params["submit"]), "submit")
        # with any id, to hear of faults before something is sent
        self._cleanup()
        for place in ("require", "follow"):
            if params[place]:
                _built(self._filled(params[place]), params["defaults"], f"{place}[")

    def require(self) -> Result | None:
        """Check once what must hold before anything is sent; None when nothing must."""
        return self._gate("require", timeout=0.0) if self._params["require"] else None

    def submit(self) -> Mapping[str, Any]:
        """Send it, as often as ``tries`` allows; return what the check saw. :raises OpsError: it was not taken."""
        for left in reversed(range(self._params["tries"])):
            try:
                seen = _asked(self._request, self._context)
                break
            except OpsError:
                if not left:
                    raise
                self._clock.sleep(_PAUSE)
        if self._params["id_path"]:
            self.id = _id_in(seen["_body"], self._params["id_path"])
        return seen

    def follow(self) -> Result | None:
        """Wait until it is processed; None when nothing says how to see that."""
        return self._gate("follow", self._params["timeout"]) if self._params["follow"] else None

    def _gate(self, place: str, timeout: float) -> Result:
        given = {
            "checks": self._filled(self._params[place]),
            "defaults": self._params["defaults"],
            "timeout": timeout,
            "interval": 0.1,
        }
        return run_gate(GATE.validate(given, place))

    def clean_up(self) -> list[str]:
        """Send what removes it; return what failed."""
        failures = []
        for check in self._cleanup():
            try:
                _asked(check, self._context)
            except OpsError as error:
                said = str(error)
                failures.append(said if said.startswith(f"{check.name}: ") else f"{check.name}: {said}")
        return failures

    def _cleanup(self) -> list[Check]:
        given = self._filled(self._params["cleanup"])
        return [_request({"method": "DELETE", **one}, f"cleanup {number}") for number, one in enumerate(given, 1)]

    def _filled(self, given: Any) -> Any:
        return _mapped(given, lambda text: text.replace(_ID, self.id))


def _mapped(given: Any, change: Callable[[str], str]) -> Any:
    if isinstance(given, str):
        return change(given)
    if isinstance(given, Mapping):
        return {name: _mapped(value, change) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_mapped(value, change) for value in given]
    return given


def _request(given: Mapping[str, Any], name: str) -> Check:
    """Return a request as a check of the kind http. :raises InputError: it is described wrongly."""
    # without a body there is none to be JSON: null would be one
    form = {"body_format": "json"} if given.get("body") is not None else {}
    return _built([{"name": name, **_POST, **form, **given, "kind": "http"}], {}, "request[")[0]


def _built(given: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], place: str) -> list[Check]:
    """Return checks that were described. :raises InputError: one is wrong, told of by the place where it stands."""
    try:
        return build_checks(given, defaults)
    except InputError as error:
        raise InputError(error.failed.replace("checks[", place, 1), on=error.on, advice=error.advice) from error


def _asked(check: Check, context: Context) -> Mapping[str, Any]:
    """Send a request and hold the answer against what it expects. :raises OpsError: it is not as expected."""
    seen = check.kind.probe(check.options, context)
    finding = worst(evaluate(conditions_of(check), seen))
    if finding.status != PASS:
        says = one_line(seen.get("_body") or "", 200)
        raise OpsError(
            f"{check.name}: {finding.reason}", on=seen["url"], advice=f"the answer says: {says}" if says else ""
        )
    return seen


def _id_in(body: str, path: str) -> str:
    """Return the id that the service gave the item. :raises NotThere: the answer has none at that path."""
    try:
        found = look_up(json.loads(body), path)[0]
    except (IndexError, ValueError):
        found = None
    if not isinstance(found, (str, int)) or isinstance(found, bool):
        raise NotThere(f"the answer to the item has no id at {path}", advice=f"it says: {one_line(body, 200)}")
    return str(found)


def _not_sent(name: str, item: str, required: Result) -> Result:
    """Return that nothing was sent, as what must hold before does not."""
    failures = list(required.data["failures"])
    return Result(
        failed=True,
        msg=f"{name}: nothing was sent: {'; '.join(failures)}",
        data={
            "id": item,
            "processed": False,
            "checks": required.data["checks"],
            "failures": failures,
            "missing_libraries": required.data["missing_libraries"],
        },
    )


def _told(name: str, item: str, took: float, followed: Result | None, cleaned: Sequence[str]) -> dict[str, Any]:
    lost = [] if followed is None or not followed.failed else list(followed.data["failures"])
    failures = [*lost, *cleaned]
    if lost:
        msg = f"{name}: item {item} was taken, and is not processed after {took:.1f} s: {'; '.join(failures)}"
    elif cleaned:
        msg = f"{name}: item {item} was processed, and not cleaned up: {'; '.join(cleaned)}"
    else:
        done = "taken" if followed is None else "processed"
        msg = f"{name}: item {item} was {done} in {took:.3g} s"
    return {"msg": msg, "failures": failures}
