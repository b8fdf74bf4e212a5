# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind es_repository: a snapshot repository is registered as described, and proven; or it is not there.

Whatever fails on the way, the cluster has what it had before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import OpsError
from .._core.result import Result
from .connection import SPEC as CONNECTION
from .connection import Client, connected
from .interruption import Interrupted, interruptible
from .names import check_repository
from .repositories import Repository, delete, found, put
from .repository_refusals import refused
from .repository_settings import TYPES, checked, moved
from .repository_verifying import verified

PRESENT, ABSENT = "present", "absent"

SPEC = CONNECTION + ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "type": {"type": "str", "choices": list(TYPES)},
        "settings": {"type": "dict", "default": {}},
        "state": {"type": "str", "choices": [PRESENT, ABSENT], "default": PRESENT},
        "verify": {"type": "bool", "default": True},
    },
    required_if=[("state", PRESENT, ["type"])],
)
_SHARE = 800  # milliseconds a second: of our patience, what the server has to find its elected node


def operate(params: dict[str, Any], check_mode: bool) -> Result:
    """Register, change or unregister the repository. :raises OpsError: it failed; all is as it was, or it says not."""
    name = check_repository(params["name"], "name")
    if params["state"] == ABSENT:
        with connected(params) as client:
            return _Work(client, params, check_mode).absent(name)
    wanted = Repository(name, params["type"], checked(params["type"], params["settings"]))
    with connected(params) as client:
        return _Work(client, params, check_mode).present(wanted)


class _Work:
    """One call of the module."""

    def __init__(self, client: Client, params: Mapping[str, Any], check_mode: bool) -> None:
        self._client = client
        self._check_mode = check_mode
        self._verify: bool = params["verify"]
        self._query = {client.product.master_timeout: f"{max(int(params['timeout'] * _SHARE), 1)}ms"}

    def present(self, wanted: Repository) -> Result:
        """Have the repository registered, and verified where that is wanted."""
        before = found(self._client, wanted.name)
        if wanted.like(before):
            nodes = verified(self._client, wanted, self._query) if self._verify else None
            return self._result(wanted, before, wanted, nodes, "as it should be")
        done = "registered" if before is None else "changed"
        if self._check_mode:
            return self._result(wanted, before, wanted, None, f"to be {done}")
        with interruptible():
            self._put(wanted, before)
            nodes = self._proven(wanted, before) if self._verify else None
        return self._result(wanted, before, wanted, nodes, done)

    def absent(self, name: str) -> Result:
        """Have no repository of that name. Its files stay."""
        before = found(self._client, name)
        if before is None:
            return self._result(None, None, None, None, f"there is no repository {name}", name)
        if not self._check_mode:
            refusal = delete(self._client, name, self._query)
            if refusal is not None:
                raise refused(self._client, before, refusal)
        done = "to be unregistered" if self._check_mode else "unregistered"
        return self._result(before, before, None, None, f"{done}; its snapshots and files stay where they are")

    def _put(self, wanted: Repository, before: Repository | None) -> None:
        """Register it. :raises OpsError: it was refused; it was interrupted, and what was before is there again."""
        try:
            refusal = put(self._client, wanted, self._query)
        except Interrupted as error:
            raise self._taken_back(error, wanted, before) from error
        if refusal is not None:
            raise refused(self._client, wanted, refusal)

    def _proven(self, wanted: Repository, before: Repository | None) -> list[str]:
        """Verify what was just registered. :raises OpsError: it failed; what was before is there again."""
        try:
            return verified(self._client, wanted, self._query)
        except (OpsError, Interrupted) as error:
            raise self._taken_back(error, wanted, before) from error

    def _taken_back(self, error: OpsError | Interrupted, wanted: Repository, before: Repository | None) -> OpsError:
        undone = self._undone(wanted, before)
        advice = f"{undone}; {error.advice}" if error.advice else undone
        kind = OpsError if isinstance(error, Interrupted) else type(error)
        return kind(error.failed, on=error.on or self._client.where, advice=advice, **error.details)

    def _undone(self, wanted: Repository, before: Repository | None) -> str:
        """Put back what was there, and tell."""
        try:
            if before is None:
                refusal = delete(self._client, wanted.name, self._query)
            else:
                refusal = put(self._client, before, self._query)
        except OpsError as error:
            return f"it stays as registered, as that could not be undone ({error.failed})"
        if refusal is not None:
            return f"it stays as registered, as that could not be undone ({refusal.reason or refusal.status})"
        return "it was unregistered again" if before is None else "it has its earlier settings again"

    def _result(
        self,
        about: Repository | None,
        before: Repository | None,
        after: Repository | None,
        nodes: list[str] | None,
        told: str,
        name: str = "",
    ) -> Result:
        changed = not (before is after or (after is not None and after.like(before)))
        proven = f"; verified by {', '.join(nodes)}" if nodes else ""
        return Result(
            changed=changed,
            msg=f"repository {about.name} ({about.type}): {told}{proven}" if about is not None else told,
            data={
                "name": about.name if about is not None else name,
                "state": ABSENT if after is None else PRESENT,
                "type": after.type if after is not None else None,
                "settings": after.told()["settings"] if after is not None else {},
                "nodes": nodes,
                "cluster": self._client.product.told(),
            },
            diff={"before": before.told() if before else {}, "after": after.told() if after else {}},
            warnings=_warnings(before, after),
        )


def _warnings(before: Repository | None, after: Repository | None) -> list[str]:
    if before is None or after is None:
        return []
    if before.type == after.type and not moved(before.settings, after.settings):
        return []
    return [f"repository {after.name} is another place now; the snapshots in the earlier one are not seen there"]
