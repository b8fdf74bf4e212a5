# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``es_snapshot_policy`` does: have the server make snapshots by a policy, and judge what it made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .connection import SPEC as CONNECTION
from .connection import Client, connected
from .drill_scratch import without_scratch
from .information import MISSED, about_last, judged
from .information_overview import Overview
from .names import check_indices, check_repository, check_snapshot, resolved
from .policy_schedule import times
from .policy_slm import SlmPolicies
from .policy_sm import SmPolicies
from .policy_words import Found, Policies, Policy, Retention, Wanted
from .snapshots import listed

Clock = Callable[[], float]
PRESENT, ABSENT = "present", "absent"

SPEC = CONNECTION + ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": [PRESENT, ABSENT], "default": PRESENT},
        "schedule": {"type": "str"},
        "repository": {"type": "str"},
        "snapshot_name": {"type": "str"},
        "indices": {"type": "list", "elements": "str", "default": ["*"]},
        "ignore_unavailable": {"type": "bool", "default": False},
        "include_global_state": {"type": "bool", "default": False},
        "partial": {"type": "bool", "default": False},
        "retention": {
            "type": "dict",
            "options": {
                "max_age": {"type": "raw"},
                "min_count": {"type": "int"},
                "max_count": {"type": "int"},
            },
        },
        "enabled": {"type": "bool", "default": True},
        "rpo": {"type": "raw"},
    },
    required_if=[("state", PRESENT, ("schedule", "repository"))],
)


def operate(params: Mapping[str, Any], check_mode: bool = False, clock: Clock = time.time) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``. :raises InputError: a wrong option, or one that this product cannot do.
    :raises NotThere: the server has no policies. :raises OpsError: it does not answer, or refuses.
    """
    name = check_repository(params["name"], "name")
    wanted = _wanted(params, name) if params["state"] == PRESENT else None
    rpo = None if params.get("rpo") is None else seconds_of("rpo", params["rpo"])
    with connected(params) as client:
        policies: Policies = SmPolicies(client) if client.product.is_opensearch else SlmPolicies(client)
        found = policies.found(name)
        if wanted is None:
            result = _absent(policies, name, found, check_mode)
        else:
            result = _present(policies, wanted, found, check_mode)
            if rpo is not None:
                _judge(client, policies, wanted, found is None, rpo, result, clock())
        result.data.update(client.product.told())
    return result


def _wanted(params: Mapping[str, Any], name: str) -> Wanted:
    if params.get("snapshot_name") is not None:
        check_snapshot(resolved(params["snapshot_name"], 0.0), "snapshot_name")
    return Wanted(
        name=name,
        times=times(params["schedule"]),
        snapshot_name=params.get("snapshot_name"),
        repository=check_repository(params["repository"]),
        indices=tuple(without_scratch(check_indices(params["indices"]) or ["*"])),
        ignore_unavailable=params["ignore_unavailable"],
        include_global_state=params["include_global_state"],
        partial=params["partial"],
        enabled=params["enabled"],
        retention=_retention(params.get("retention")),
    )


def _retention(given: Mapping[str, Any] | None) -> Retention | None:
    """Return what to keep; an empty one when nothing is to be removed. :raises InputError: it makes no sense."""
    if given is None or all(value is None for value in given.values()):
        return None if given is None else Retention()
    age, lowest, highest = given.get("max_age"), given.get("min_count"), given.get("max_count")
    if age is None and highest is None:
        raise InputError("retention: give max_age or max_count", advice="min_count alone removes nothing")
    for option, count in (("min_count", lowest), ("max_count", highest)):
        if count is not None and count < 1:
            raise InputError(f"retention: {option} is {count}", advice="expected 1 or more")
    if highest is not None and (lowest or 1) > highest:
        raise InputError(f"retention: min_count is {lowest}, max_count {highest}", advice="expected it the other way")
    seconds = None if age is None else seconds_of("retention: max_age", age)
    if seconds is not None and (seconds < 1 or seconds % 1):
        raise InputError(f"retention: max_age is {seconds:g} s", advice="expected whole seconds, 1 or more")
    # Without a number to keep, Elasticsearch would remove the last good one too.
    return Retention(seconds, lowest or 1, highest)


def _absent(policies: Policies, name: str, found: Found | None, check_mode: bool) -> Result:
    if found is not None and not check_mode:
        policies.remove(name)
    before = found.policy.told() if found else {}
    msg = f"the policy {name} is {'removed' if found else 'not there'}"
    data = {"name": name, "state": ABSENT, "policy": None, "status": None}
    return Result(changed=found is not None, msg=msg, data=data, diff={"before": before, "after": {}})


def _present(policies: Policies, wanted: Wanted, found: Found | None, check_mode: bool) -> Result:
    planned = policies.planned(wanted, found)
    before = found.policy if found else None
    changed = planned != before
    word = "unchanged" if not changed else "changed" if before else "made"
    result = Result(
        changed=changed,
        msg=f"the policy {wanted.name} is {word}",
        data={"name": wanted.name, "state": PRESENT, "policy": planned.told(), "status": None},
        diff={"before": before.told() if before else {}, "after": planned.told()},
    )
    if changed and not check_mode:
        policies.put(wanted.name, planned, found)
        found = policies.found(wanted.name)
        result.warnings += _differs(wanted.name, planned, found)
    if found is not None:
        _add_status(policies, wanted.name, found, result)
    return result


def _differs(name: str, planned: Policy, found: Found | None) -> list[str]:
    """Return a warning when the server does not have what it was given: the next run would change it again."""
    if found is not None and found.policy == planned:
        return []
    have = found.policy.told() if found else {}
    names = [field for field, value in planned.told().items() if have.get(field) != value]
    return [f"the server does not have {', '.join(names)} of {name} as given"]


def _add_status(policies: Policies, name: str, found: Found, result: Result) -> None:
    try:
        status = policies.status(name, found)
    except OpsError as error:
        result.warnings.append(f"how the policy {name} runs is not known: {error}")
        return
    result.data["status"] = status.told()
    if status.running is False and found.policy.enabled:
        result.warnings.append(f"nothing runs by {name}: all policies are stopped; see POST _slm/start")
    if status.failed is not None and (status.last_success or 0) < (status.last_failure or 0):
        result.warnings.append(f"the last run of {name} failed: {status.failed}")


def _judge(
    client: Client, policies: Policies, wanted: Wanted, is_new: bool, rpo: float, result: Result, now: float
) -> None:
    """Add how old the last successful snapshot of the policy is, by what is in the repository, and fail if too old.

    A policy that was not there before is not to blame for what it has not made yet.
    """
    found = listed(client, wanted.repository, policies.names(wanted.name))
    seen = Overview((one for one in found if policies.made(wanted.name, one)), 1, now)
    last = seen.last_success
    result.data.update(judged(seen, rpo), last_success=None if last is None else last.told())
    if is_new and last is None:
        result.data["rpo_state"] = None
        return
    result.failed = result.data["rpo_state"] == MISSED
    result.msg += f"; {about_last(wanted.repository, seen, rpo)}"
