# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STAND-INs for an Elasticsearch with SLM and an OpenSearch with SM, which cannot be had as libraries.

They keep policies as the documentation and the source of the products say: what each takes, adds, refuses and answers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from .answering import Answer, Asked, answering, as_json


class Server:
    """What both share: who they are, and the snapshots in their repository."""

    about: ClassVar[dict[str, Any]]
    marks: ClassVar[str]  # where in a snapshot's metadata the policy's name is

    def __init__(self) -> None:
        self.policies: dict[str, dict[str, Any]] = {}
        self.snapshots: list[dict[str, Any]] = []
        self.changes: list[str] = []
        self.url = ""

    def add_snapshot(self, policy: str, suffix: str, hours_ago: float, state: str = "SUCCESS") -> None:
        """Put a snapshot in the repository that the policy has made."""
        started = int((time.time() - hours_ago * 3600) * 1000)
        self.snapshots.append(
            {
                "snapshot": f"{policy}-{suffix}",
                "uuid": suffix,
                "state": state,
                "start_time_in_millis": started,
                "end_time_in_millis": started + 1000,
                "shards": {"total": 1, "successful": 1, "failed": 0},
                "metadata": {self.marks: policy},
            }
        )

    def reply(self, asked: Asked) -> Answer:
        """Answer a request."""
        parts = asked.path.strip("/").split("/")
        if parts == [""]:
            return as_json(self.about)
        if parts[0] == "_snapshot":
            return as_json({"snapshots": self.snapshots})
        if asked.method != "GET":
            self.changes.append(f"{asked.method} {asked.path}")
        return self.policy(asked, parts)

    def policy(self, asked: Asked, parts: list[str]) -> Answer:
        """Answer what is about policies."""
        raise NotImplementedError

    def is_stopped(self, policy: str) -> None:
        """Stop the policy, or all, behind the module's back."""
        raise NotImplementedError


def error(status: int, kind: str, reason: str) -> Answer:
    """Return an error as both products write it."""
    return as_json({"error": {"type": kind, "reason": reason}, "status": status}, status)


class Slm(Server):
    """STAND-IN for Elasticsearch 8 with snapshot lifecycle management."""

    about: ClassVar[dict[str, Any]] = {
        "version": {"number": "8.17.0"},
        "cluster_name": "stand-in",
        "tagline": "You Know, for Search",
    }
    marks = "policy"

    def __init__(self) -> None:
        super().__init__()
        self.mode = "RUNNING"

    def policy(self, asked: Asked, parts: list[str]) -> Answer:
        if parts[1] == "status":
            return as_json({"operation_mode": self.mode})
        name = parts[2]
        if asked.method == "PUT":
            return self._put(name, json.loads(asked.body))
        if name not in self.policies:
            told = f"snapshot lifecycle policy or policies [{name}] not found, no policies are configured"
            return error(404, "resource_not_found_exception", told)
        if asked.method == "DELETE":
            del self.policies[name]
            return as_json({"acknowledged": True})
        return as_json({name: self.policies[name]})

    def _put(self, name: str, given: dict[str, Any]) -> Answer:
        fields = given["schedule"].split()
        if len(fields) not in (6, 7) or (fields[3] == "?") == (fields[5] == "?"):
            told = f"invalid schedule [{given['schedule']}]: must be a valid cron expression"
            return error(400, "action_request_validation_exception", told)
        version = self.policies.get(name, {}).get("version", 0) + 1
        self.policies[name] = {
            **self.policies.get(name, {}),
            "version": version,
            "modified_date_millis": int(time.time() * 1000),
            "policy": given,
            "next_execution_millis": int((time.time() + 3600) * 1000),
            "stats": {"policy": name, "snapshots_taken": 0, "snapshots_failed": 0},
        }
        return as_json({"acknowledged": True})

    def is_stopped(self, policy: str) -> None:
        self.mode = "STOPPED"


class Sm(Server):
    """STAND-IN for OpenSearch 2 with the plugin index-management."""

    about: ClassVar[dict[str, Any]] = {
        "version": {"number": "2.19.1", "distribution": "opensearch"},
        "cluster_name": "stand-in",
    }
    marks = "sm_policy"

    def __init__(self) -> None:
        super().__init__()
        self.explained: dict[str, Any] = {}
        self._seq_no = 40

    def policy(self, asked: Asked, parts: list[str]) -> Answer:
        name = parts[3]
        if asked.method in ("POST", "PUT"):
            return self._write(asked, name, json.loads(asked.body))
        if name not in self.policies:
            what = "policy" if self.policies else "config index"
            return error(404, "status_exception", f"Snapshot management {what} not found")
        if parts[-1] == "_explain":
            enabled = self.policies[name]["sm_policy"]["enabled"]
            return as_json({"policies": [{"name": name, "enabled": enabled, **self.explained}]})
        if asked.method == "DELETE":
            del self.policies[name]
            return as_json({"_id": f"{name}-sm-policy", "result": "deleted"})
        return as_json(self.policies[name])

    def _write(self, asked: Asked, name: str, given: dict[str, Any]) -> Answer:
        known = self.policies.get(name)
        wanted = (asked.fields.get("if_seq_no"), asked.fields.get("if_primary_term"))
        version = (None, None) if known is None else ([str(known["_seq_no"])], [str(known["_primary_term"])])
        if (asked.method == "POST") != (known is None) or wanted != version:
            return error(409, "version_conflict_engine_exception", f"[{name}-sm-policy]: version conflict")
        if len(given["creation"]["schedule"]["cron"]["expression"].split()) != 5:
            return error(400, "illegal_argument_exception", "Cron expression contains a wrong number of parts")
        deletion = given.get("deletion")
        if deletion is not None:
            condition = {"min_count": 1, **deletion["condition"]}
            given["deletion"] = {"schedule": given["creation"]["schedule"], **deletion, "condition": condition}
        self._seq_no += 1
        document = {
            "name": name,
            "schema_version": 15,
            "schedule": {"interval": {"start_time": 1656425122909, "period": 1, "unit": "Minutes"}},
            "last_updated_time": int(time.time() * 1000),
            "enabled": True,
            **given,
        }
        self.policies[name] = {"_id": f"{name}-sm-policy", "_seq_no": self._seq_no, "_primary_term": 2}
        self.policies[name]["sm_policy"] = document
        return as_json(self.policies[name], 201 if known is None else 200)

    def is_stopped(self, policy: str) -> None:
        self.policies[policy]["sm_policy"]["enabled"] = False


@contextmanager
def standing_in(server: Server) -> Iterator[Server]:
    """Have it answer while the block runs."""
    with answering(server.reply) as url:
        server.url = url
        yield server
