# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Snapshots as the repository tells of them, never as ``_status`` does, which calls each finished one SUCCESS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import NotThere, OpsError, one_line
from .._core.http import TooLarge
from .answers import Answer
from .connection import Client, part

SUCCESS, PARTIAL, FAILED, IN_PROGRESS, INCOMPATIBLE = "SUCCESS", "PARTIAL", "FAILED", "IN_PROGRESS", "INCOMPATIBLE"
MISSING = "snapshot_missing_exception"
BEFORE_RESTORE = "before-restore-"  # as the role restore names them
# what an error inside a good answer would have as its status
_STATUS = {MISSING: 404, "repository_missing_exception": 404, "security_exception": 403}
_PAGE = 200
_SHOWN = 20
# What a list needs; names of indices, of which there may be thousands a snapshot, are asked for with one alone.
_FIELDS = (
    "snapshot",
    "uuid",
    "state",
    "reason",
    "version",
    "start_time_in_millis",
    "end_time_in_millis",
    "shards",
    "metadata",
    "include_global_state",
)
_NEXT = "next"
_NAMES = {
    "verbose": False,
    "ignore_unavailable": True,
    "filter_path": "snapshots.snapshot,responses.snapshots.snapshot,responses.error,failures,error,status",
}
# Bytes of names in one request: both products take 4,096 for its first line (http.max_initial_line_length).
_LINE = 2500


@dataclass(frozen=True)
class Snapshot:
    """A snapshot.

    :param started_at: seconds since the epoch, as ``ended_at``, which is None while it runs. :param shards: how many
        there are, ``good`` and ``failed`` of them. :param indices: their names; None where they were not asked for.
    :param failures: of shards, in a line each, the first few. :param version: of the server that made it.
    :param streams: the names of data streams, as ``indices``; a server too old for them tells of none.
    """

    name: str
    uuid: str
    state: str
    started_at: float
    ended_at: float | None = None
    shards: int = 0
    good: int = 0
    failed: int = 0
    indices: tuple[str, ...] | None = None
    failures: tuple[str, ...] = ()
    reason: str = ""
    version: str = ""
    global_state: bool | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    streams: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all that was asked for is in it. PARTIAL, FAILED and what still runs are not."""
        return self.state == SUCCESS and self.failed == 0

    @property
    def running(self) -> bool:
        """Whether it is being made."""
        return self.state == IN_PROGRESS

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        took = None if self.ended_at is None else round(self.ended_at - self.started_at, 3)
        return {
            "snapshot": self.name,
            "uuid": self.uuid,
            "state": self.state,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "took_seconds": took,
            "shards": {"total": self.shards, "successful": self.good, "failed": self.failed},
            "failures": list(self.failures),
            "version": self.version,
        }

    def wrong(self) -> str:
        """Return what is wrong with one that has ended and is not whole, in a line."""
        told = f"{self.state}: {self.failed} of {self.shards} shards failed" if self.failed else self.state
        why = "; ".join(self.failures[:3]) or self.reason
        return f"{told} ({why})" if why else told


def snapshot_of(found: Mapping[str, Any]) -> Snapshot:
    """Return what an entry of ``GET _snapshot/REPOSITORY/NAME`` says. :raises OpsError: it cannot be read."""
    try:
        shards = found.get("shards") or {}
        ended = found.get("end_time_in_millis") or 0
        state = str(found["state"])
        return Snapshot(
            name=str(found["snapshot"]),
            uuid=str(found.get("uuid") or ""),
            state=state,
            started_at=int(found.get("start_time_in_millis") or 0) / 1000,
            ended_at=None if state == IN_PROGRESS or not ended else int(ended) / 1000,
            shards=int(shards.get("total") or 0),
            good=int(shards.get("successful") or 0),
            failed=int(shards.get("failed") or 0),
            indices=tuple(map(str, found["indices"])) if "indices" in found else None,
            failures=tuple(_failure(one) for one in (found.get("failures") or [])[:_SHOWN]),
            reason=one_line(found.get("reason") or "", 300),
            version=one_line(found.get("version") or "", 40),
            global_state=found.get("include_global_state"),
            metadata=found.get("metadata") or {},
            streams=tuple(map(str, found.get("data_streams") or ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OpsError(f"the answer on a snapshot cannot be read ({type(error).__name__})") from error


def _failure(found: Mapping[str, Any]) -> str:
    place = f"{found.get('index')}[{found.get('shard_id')}]"
    return one_line(f"{place}: {found.get('reason') or found.get('status')}", 300)


def one(
    client: Client, repository: str, name: str, brief: bool = False, within: float | None = None
) -> Snapshot | None:
    """Return the snapshot with the names of its indices; None when there is none of that name.

    :param brief: without those names, for who asks often. :param within: seconds for the answer.
    :raises NotThere: no such repository. :raises OpsError: the repository cannot be read.
    """
    query = {"filter_path": _brief()} if brief else None
    answer = _refusal(client.tried("GET", f"_snapshot/{part(repository)}/{part(name)}", query, within=within))
    if answer.status == 404 and answer.type == MISSING:
        return None
    for found in entries(answer, repository):
        if found.get("snapshot") == name:
            return snapshot_of(found)
    return None


def seen(client: Client, repository: str, name: str) -> Snapshot | None:
    """Return what :func:`one` does, without the names of its indices where these make the answer too large."""
    try:
        return one(client, repository, name)
    except TooLarge:
        return one(client, repository, name, brief=True)


def entries(answer: Answer, repository: str) -> Sequence[Mapping[str, Any]]:
    """Return the entries of an answer, which Elasticsearch 7 gives by repository.

    :raises NotThere: no such repository. :raises OpsError: another error, that of a repository among them.
    """
    body = _refusal(answer).result()
    if not isinstance(body, Mapping):
        raise OpsError("the answer is no list of snapshots", on=answer.on)
    for response in body.get("responses") or ():
        return list(response.get("snapshots") or [])
    return list(body.get("snapshots") or [])


def _refusal(answer: Answer) -> Answer:
    """Return the answer as one with an error where it is a good one that says inside that it could not be given.

    Elasticsearch up to 7.15 puts the error of a repository beside its name in ``responses``, later ones in
    ``failures``, with no status: to 7.17 a repository that is not there is an empty list and a failure.
    """
    body = answer.body if isinstance(answer.body, Mapping) else {}
    responses, failures = body.get("responses") or (), body.get("failures") or {}
    for error in [*(one["error"] for one in responses if "error" in one), *failures.values()]:
        told = _STATUS.get(str(error.get("type"))) if isinstance(error, Mapping) else None
        return Answer(told or 500, {"error": error}, answer.on)
    return answer


def listed(client: Client, repository: str, pattern: str = "*") -> Iterator[Snapshot]:
    """Yield the snapshots of a repository whose names match, in no order, without their indices.

    In pages where the server has them; otherwise in one answer of the few fields that are needed, and where that is
    too large by their names, some at a time.

    :raises NotThere: no such repository. :raises OpsError: the repository cannot be read.
    """
    if client.product.pages_snapshots:
        return _paged(client, repository, pattern)
    try:
        return iter(_asked(client, repository, pattern))
    except TooLarge:
        return _by_name(client, repository, names(client, repository, pattern))


def names(client: Client, repository: str, pattern: str = "*") -> list[str]:
    """Return the names of the snapshots that match, from the one file in which the repository keeps them.

    :raises NotThere: no such repository. :raises OpsError: the repository cannot be read.
    """
    answer = client.tried("GET", f"_snapshot/{part(repository)}/{part(pattern)}", _NAMES)
    return [str(found.get("snapshot")) for found in entries(answer, repository)]


def _paged(client: Client, repository: str, pattern: str) -> Iterator[Snapshot]:
    query: dict[str, Any] = {**_list_query(), "size": _PAGE}
    while True:
        answer = client.tried("GET", f"_snapshot/{part(repository)}/{part(pattern)}", query)
        yield from map(snapshot_of, entries(answer, repository))
        following = answer.body.get(_NEXT) if isinstance(answer.body, Mapping) else None
        if not following:
            return
        query["after"] = following


def _by_name(client: Client, repository: str, known: Sequence[str]) -> Iterator[Snapshot]:
    """Yield those of the names that are still there, as many at a time as fit into the line of a request."""
    some: list[str] = []
    for name in known:
        if some and len(part(",".join([*some, name]))) > _LINE:
            yield from _asked(client, repository, ",".join(some))
            some = []
        some.append(name)
    if some:
        yield from _asked(client, repository, ",".join(some))


def _asked(client: Client, repository: str, which: str) -> list[Snapshot]:
    answer = client.tried("GET", f"_snapshot/{part(repository)}/{part(which)}", _list_query())
    return [snapshot_of(found) for found in entries(answer, repository)]


def _list_query() -> dict[str, Any]:
    return {"ignore_unavailable": True, "filter_path": _brief()}


def _brief() -> str:
    """Return which parts of an answer on snapshots are wanted when the names of indices are not."""
    fields = [f"{root}snapshots.{name}" for root in ("", "responses.") for name in _FIELDS]
    return ",".join([*fields, _NEXT, "error", "status", "failures", "responses.error"])


def matching(client: Client, repository: str, names: re.Pattern[str], pattern: str = "*") -> list[Snapshot]:
    """Return those whose whole name matches, the newest first.

    :param pattern: what the server is asked for, of which it reads a file each. :raises OpsError: see :func:`listed`.
    """
    found = [one for one in listed(client, repository, pattern) if names.match(one.name)]
    return sorted(found, key=lambda one: (one.started_at, one.name), reverse=True)


def kept_before_restore(name: str, pattern: str) -> bool:
    """Whether the role restore kept it of what it replaced, and the pattern does not name such.

    It holds the data that somebody wanted to be rid of, so it is no backup.
    """
    return name.startswith(BEFORE_RESTORE) and not pattern.startswith(BEFORE_RESTORE)


def required(client: Client, repository: str, name: str) -> Snapshot:
    """Return the snapshot. :raises NotThere: there is none of that name, or no such repository."""
    found = one(client, repository, name)
    if found is None:
        raise NotThere("there is no such snapshot", on=f"{repository}/{name} at {client.where}")
    return found
