# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Snapshot repositories as the cluster knows them: looked up, registered, unregistered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import OpsError, Unreachable
from .answers import Answer
from .connection import Client, part
from .repository_settings import flat, same, shown

MISSING = "repository_missing_exception"
_OF_A_PROXY = (502, 504)


@dataclass(frozen=True)
class Repository:
    """A repository.

    :param settings: by their whole names, values as text.
    """

    name: str
    type: str
    settings: Mapping[str, str]

    @property
    def readonly(self) -> bool:
        """Whether nothing is written to it: one that is read from a URL never is."""
        return self.type == "url" or self.settings.get("readonly") == "true"

    def like(self, other: Repository | None) -> bool:
        """Tell whether the other is the same to the server."""
        return other is not None and self.type == other.type and same(self.settings, other.settings)

    def told(self) -> dict[str, Any]:
        """Return it for a result or a diff."""
        return {"type": self.type, "settings": shown(self.settings)}


def found(client: Client, name: str) -> Repository | None:
    """Return what is registered under the name; None when nothing is.

    :raises OpsError: nobody knows: an answer that is not the cluster's own, no answer.
    """
    answer = client.tried("GET", f"_snapshot/{part(name)}")
    if answer.status == 404 and answer.type == MISSING:
        return None
    body = answer.result()
    try:
        entry = body[name]
        return Repository(name, str(entry["type"]), flat(entry.get("settings") or {}))
    except (AttributeError, KeyError, TypeError) as error:
        raise OpsError("the answer tells of no repository", on=answer.on) from error


def put(client: Client, repository: Repository, query: Mapping[str, Any]) -> Answer | None:
    """Register the repository, in place of one of that name, unverified. Return the refusal; None when it is done.

    :raises OpsError: nobody answers, and it is not there, or nobody knows.
    """
    path = f"_snapshot/{part(repository.name)}"
    body = {"type": repository.type, "settings": dict(repository.settings)}
    try:
        answer = _answered(client.tried("PUT", path, {**query, "verify": False}, body))
    except Unreachable as error:
        if not repository.like(_after(client, repository.name, error)):
            raise
        return None
    if not answer.good:
        return answer
    if not answer.body.get("acknowledged") and not repository.like(found(client, repository.name)):
        raise OpsError("not all nodes have taken the repository in time", on=answer.on, advice="raise timeout")
    return None


def delete(client: Client, name: str, query: Mapping[str, Any]) -> Answer | None:
    """Unregister the repository, whose files stay. Return the refusal; None when it is done.

    :raises OpsError: nobody answers, and it is still there, or nobody knows.
    """
    try:
        answer = _answered(client.tried("DELETE", f"_snapshot/{part(name)}", query))
    except Unreachable as error:
        if _after(client, name, error) is not None:
            raise
        return None
    gone = answer.status == 404 and answer.type == MISSING
    return None if answer.good or gone else answer


def _answered(answer: Answer) -> Answer:
    """Return the answer of a node. :raises Unreachable: it is that of a proxy which has heard nothing from one."""
    if answer.status in _OF_A_PROXY:
        raise answer.error()
    return answer


def _after(client: Client, name: str, error: Unreachable) -> Repository | None:
    """Return what is registered after a change to which nobody has answered, by asking the next node."""
    try:
        return found(client, name)
    except OpsError as unknown:
        raise Unreachable(
            f"{error.failed}; nobody knows whether it was done", on=error.on, advice="look again when a node answers"
        ) from unknown
