# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Policies of Elasticsearch: snapshot lifecycle management (SLM), of its own distribution since 7.4.

Source: "Snapshot lifecycle management APIs" of its reference: ``_slm/policy``, ``_slm/status``. SLM counts a snapshot
of which a shard failed as a failure, appends a random ending to each name and writes the policy's name into
``metadata.policy``. It has no switch for one policy: ``_slm/stop`` stops all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import InputError, OpsError, one_line
from .connection import Client, part
from .names import date_math
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

_NONE_SUCH = "resource_not_found_exception"
_WHAT = "snapshot lifecycle management (SLM)"
_ADVICE = "it is part of Elastic's own distribution since 7.4; otherwise let a timer run es_snapshot"


class SlmPolicies:
    """See :class:`.policy_words.Policies`."""

    def __init__(self, client: Client) -> None:
        """Take the cluster. Nothing is sent."""
        self._client = client

    def planned(self, wanted: Wanted, found: Found | None) -> Policy:
        """See Policies."""
        if not wanted.enabled:
            raise InputError(
                "enabled: Elasticsearch cannot stop one policy", advice="remove it, or stop all with POST _slm/stop"
            )
        return Policy(
            schedule=wanted.times.quartz(),
            snapshot_name=_names(wanted, found),
            repository=wanted.repository,
            indices=wanted.indices,
            ignore_unavailable=wanted.ignore_unavailable,
            include_global_state=wanted.include_global_state,
            partial=wanted.partial,
            enabled=True,
            retention=kept(wanted, found),
        )

    def found(self, name: str) -> Found | None:
        """See Policies."""
        answer = self._client.tried("GET", _path(name))
        if answer.good and isinstance(answer.body, Mapping):
            item = answer.body.get(name)
            return None if item is None else Found(_read(item), item)
        # An Elasticsearch without SLM looks for an index of that name, which is not there either.
        if answer.status == 404 and answer.type == _NONE_SUCH:
            return None
        raise lacking(self._client, answer, _WHAT, _ADVICE)

    def put(self, name: str, planned: Policy, found: Found | None) -> None:
        """See Policies."""
        known = found.raw["policy"] if found else {}
        body = {
            "name": planned.snapshot_name,
            "schedule": planned.schedule,
            "repository": planned.repository,
            "config": {
                **(known.get("config") or {}),
                "indices": list(planned.indices),
                "ignore_unavailable": planned.ignore_unavailable,
                "include_global_state": planned.include_global_state,
                "partial": planned.partial,
            },
        }
        if found is not None and planned.retention == found.policy.retention:
            body["retention"] = known.get("retention")  # in the server's own words
        elif planned.retention is not None:
            body["retention"] = _written(planned.retention)
        body = {field: value for field, value in body.items() if value is not None}
        self._client.ask("PUT", _path(name), body=body)

    def remove(self, name: str) -> None:
        """See Policies."""
        self._client.ask("DELETE", _path(name))

    def status(self, name: str, found: Found) -> Status:
        """See Policies. SLM as a whole is asked whether it runs."""
        del name
        mode = self._client.ask("GET", "_slm/status")
        item = found.raw
        failure = item.get("last_failure") or {}
        return Status(
            running=isinstance(mode, Mapping) and mode.get("operation_mode") == "RUNNING",
            next_run=moment_of(item.get("next_execution_millis")),
            last_success=moment_of((item.get("last_success") or {}).get("time")),
            last_failure=moment_of(failure.get("time")),
            failed=one_line(failure.get("details") or failure.get("snapshot_name"), 300) if failure else None,
            in_progress=bool(item.get("in_progress")),
        )

    def names(self, name: str) -> str:
        """See Policies. They are free, and may have been others before."""
        del name
        return "*"

    def made(self, name: str, snapshot: Snapshot) -> bool:
        """See Policies."""
        return snapshot.metadata.get("policy") == name


def _names(wanted: Wanted, found: Found | None) -> str | None:
    """Return what snapshots are to be called; as they are, when the user does not say."""
    if wanted.snapshot_name is None and found is not None:
        return found.policy.snapshot_name
    return date_math(wanted.snapshot_name or f"{wanted.name.lower()}-{{now/d}}")


def _path(name: str) -> str:
    return f"_slm/policy/{part(name)}"


def _read(item: Mapping[str, Any]) -> Policy:
    try:
        policy = item["policy"]
        config, retention = policy.get("config") or {}, policy.get("retention") or {}
        return Policy(
            schedule=str(policy["schedule"]),
            snapshot_name=str(policy["name"]),
            repository=str(policy["repository"]),
            indices=indices_of(config.get("indices")),
            ignore_unavailable=flag(config.get("ignore_unavailable"), False),
            include_global_state=flag(config.get("include_global_state"), True),
            partial=flag(config.get("partial"), False),
            enabled=True,
            retention=retention_of(
                retention.get("expire_after"), retention.get("min_count"), retention.get("max_count")
            ),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise OpsError(f"the answer on a policy cannot be read ({type(error).__name__})") from error


def _written(retention: Retention) -> dict[str, Any]:
    fields = {
        "expire_after": None if retention.max_age is None else time_value(retention.max_age),
        "min_count": retention.min_count,
        "max_count": retention.max_count,
    }
    return {name: value for name, value in fields.items() if value is not None}
