# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Policies of OpenSearch: snapshot management (SM), of the plugin index-management since 2.1.

Source: "Snapshot Management API" of its documentation, and the plugin's own source: ``_plugins/_sm/policies``. SM names
a snapshot POLICY-DATE-RANDOM and writes the policy's name into ``metadata.sm_policy``. A change needs the sequence
number and term of what it changes, and replaces the whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._core.errors import InputError, OpsError, one_line
from .connection import Client, part
from .names import check_snapshot, date_math
from .policy_words import (
    Found,
    Policy,
    Retention,
    Status,
    Wanted,
    flag,
    indices_of,
    kept,
    lacking,
    moment_of,
    retention_of,
    time_value,
)
from .snapshots import Snapshot

_NONE_SUCH = "not found"
_WHAT = "snapshot management (SM)"
_ADVICE = "it is part of the plugin opensearch-index-management since 2.1; otherwise let a timer run es_snapshot"
_UTC = "UTC"
# What the server adds to a policy by itself, and takes from no one.
_ITS_OWN = ("name", "schema_version", "schedule", "last_updated_time", "enabled_time", "user")
_FAILED = ("FAILED", "TIME_LIMIT_EXCEEDED", "RETRYING")
_DATE = re.compile(r"<(?P<policy>.+)-\{now(?:/\w)?\{(?P<format>[^{}|]+)\}\}>\Z")


class SmPolicies:
    """See :class:`.policy_words.Policies`."""

    def __init__(self, client: Client) -> None:
        """Take the cluster. Nothing is sent."""
        self._client = client

    def planned(self, wanted: Wanted, found: Found | None) -> Policy:
        """See Policies."""
        check_snapshot(wanted.name)
        retention = kept(wanted, found)
        if retention is not None:
            retention = _with_defaults(retention)
        known = found.policy.snapshot_name if found else None
        given = wanted.snapshot_name
        return Policy(
            schedule=wanted.times.cron(),
            snapshot_name=known if given is None else _date_format(wanted.name, given),
            repository=wanted.repository,
            indices=wanted.indices,
            ignore_unavailable=wanted.ignore_unavailable,
            include_global_state=wanted.include_global_state,
            partial=wanted.partial,
            enabled=wanted.enabled,
            retention=retention,
        )

    def found(self, name: str) -> Found | None:
        """See Policies."""
        answer = self._client.tried("GET", _path(name))
        if answer.good and isinstance(answer.body, Mapping):
            return Found(_read(answer.body), answer.body)
        if answer.status == 404 and _NONE_SUCH in answer.reason:
            return None
        raise lacking(self._client, answer, _WHAT, _ADVICE)

    def put(self, name: str, planned: Policy, found: Found | None) -> None:
        """See Policies. Somebody else's change meanwhile is a conflict, which the server tells."""
        body = _body(planned, found)
        if found is None:
            self._client.ask("POST", _path(name), body=body)
            return
        version = {"if_seq_no": found.raw.get("_seq_no"), "if_primary_term": found.raw.get("_primary_term")}
        self._client.ask("PUT", _path(name), version, body)

    def remove(self, name: str) -> None:
        """See Policies."""
        self._client.ask("DELETE", _path(name))

    def status(self, name: str, found: Found) -> Status:
        """See Policies. The server keeps the latest run alone: of a success before a failure it says nothing."""
        body = self._client.ask("GET", f"{_path(name)}/_explain")
        explained = [one for one in body.get("policies") or [] if one.get("name") == name]
        creation = (explained[0].get("creation") if explained else None) or {}
        latest = creation.get("latest_execution") or {}
        state = latest.get("status")
        ended = moment_of(latest.get("end_time") or latest.get("start_time"))
        info = latest.get("info") or {}
        return Status(
            running=found.policy.enabled,
            next_run=moment_of((creation.get("trigger") or {}).get("time")),
            last_success=ended if state == "SUCCESS" else None,
            last_failure=ended if state in _FAILED else None,
            failed=one_line(info.get("cause") or info.get("message") or state, 300) if state in _FAILED else None,
            in_progress=state == "IN_PROGRESS",
        )

    def names(self, name: str) -> str:
        """See Policies."""
        return f"{name}-*"

    def made(self, name: str, snapshot: Snapshot) -> bool:
        """See Policies."""
        return snapshot.metadata.get("sm_policy") == name


def _path(name: str) -> str:
    return f"_plugins/_sm/policies/{part(name)}"


def _date_format(policy: str, snapshot_name: str) -> str:
    """Return the format of the date in the names of snapshots, which is all that can be chosen.

    :raises InputError: the name is not the policy's with a date.
    """
    match = _DATE.match(date_math(snapshot_name))
    if match is None or match["policy"] != policy:
        raise InputError(
            f"snapshot_name is {snapshot_name!r}; OpenSearch names snapshots POLICY-DATE-RANDOM",
            advice=f"leave it out, or give {policy}-{{now/d}} with another format",
        )
    return match["format"]


def _with_defaults(retention: Retention) -> Retention:
    """Return what the server makes of it. :raises InputError: what it would refuse."""
    lowest = retention.min_count or 1
    if retention.max_count is not None and retention.max_count <= lowest:
        raise InputError(f"retention: OpenSearch wants max_count to be larger than min_count, which is {lowest}")
    return Retention(retention.max_age, lowest, retention.max_count)


def _read(document: Mapping[str, Any]) -> Policy:
    try:
        policy = document["sm_policy"]
        config, deletion = policy["snapshot_config"], policy.get("deletion") or {}
        condition = deletion.get("condition") or {}
        return Policy(
            schedule=_schedule((policy.get("creation") or {}).get("schedule") or {}),
            snapshot_name=config.get("date_format"),
            repository=str(config["repository"]),
            indices=indices_of(config.get("indices")),
            ignore_unavailable=flag(config.get("ignore_unavailable"), False),
            include_global_state=flag(config.get("include_global_state"), True),
            partial=flag(config.get("partial"), False),
            enabled=flag(policy.get("enabled"), True),
            retention=retention_of(condition.get("max_age"), condition.get("min_count"), condition.get("max_count")),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise OpsError(f"the answer on a policy cannot be read ({type(error).__name__})") from error


def _schedule(schedule: Mapping[str, Any]) -> str:
    """Return the five fields; with the zone behind them when it is another than ours, so that it differs.

    Empty for a policy that only removes snapshots.
    """
    cron = schedule.get("cron") or {}
    expression, zone = str(cron.get("expression") or ""), str(cron.get("timezone") or _UTC)
    return expression if zone == _UTC else f"{expression} {zone}"


def _body(planned: Policy, found: Found | None) -> dict[str, Any]:
    """Return the whole policy: what the server has, less what it adds by itself, with what is planned in it."""
    known = {name: value for name, value in (found.raw["sm_policy"] if found else {}).items() if name not in _ITS_OWN}
    schedule = {"cron": {"expression": planned.schedule, "timezone": _UTC}}
    dates = {} if planned.snapshot_name is None else {"date_format": planned.snapshot_name}
    body = {
        **known,
        "enabled": planned.enabled,
        "creation": {**(known.get("creation") or {}), "schedule": schedule},
        "snapshot_config": {
            **(known.get("snapshot_config") or {}),
            **dates,
            "repository": planned.repository,
            "indices": ",".join(planned.indices),
            "ignore_unavailable": planned.ignore_unavailable,
            "include_global_state": planned.include_global_state,
            "partial": planned.partial,
        },
    }
    if planned.retention is None:
        body.pop("deletion", None)
    elif found is None or planned.retention != found.policy.retention:
        body["deletion"] = {**_timed(known.get("deletion"), schedule), "condition": _written(planned.retention)}
    return body


def _timed(known: Mapping[str, Any] | None, schedule: Mapping[str, Any]) -> dict[str, Any]:
    """Return when what is too old is removed: as the server has it, or else whenever a snapshot is made."""
    return {"schedule": schedule, **(known or {})}


def _written(retention: Retention) -> dict[str, Any]:
    fields = {
        "max_age": None if retention.max_age is None else time_value(retention.max_age),
        "min_count": retention.min_count,
        "max_count": retention.max_count,
    }
    return {name: value for name, value in fields.items() if value is not None}
