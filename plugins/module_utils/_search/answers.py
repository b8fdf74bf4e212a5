# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What Elasticsearch and OpenSearch answer: JSON, or an error with its type and reason, which we tell in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .._core.http import Response, without_user

_REASON = 300
_PLACE = 200  # letters of an address, which may name a hundred indices
_DEEPEST = 8  # causes of causes


class Unavailable(OpsError):
    """The cluster answers that it cannot do this now: no master, no shard, too many requests."""


class Blocked(AccessDenied):
    """An index or the cluster is closed to this for everybody, by a block; whoever asks may do it otherwise."""


class Conflict(OpsError):
    """What is asked for collides with what is there or is going on."""


_BY_STATUS: Mapping[int, type[OpsError]] = {
    400: InputError,
    401: AccessDenied,
    403: AccessDenied,
    404: NotThere,
    409: Conflict,
    429: Unavailable,
    502: Unreachable,
    503: Unavailable,
    504: Unreachable,
}
_ADVICE_BY_STATUS: Mapping[int, str] = {
    401: "see login_user, login_password and api_key",
    403: "the login may not do this",
    429: "the cluster is busy, try again later",
}
# by the type that the server gives its error
_ADVICE: Mapping[str, str] = {
    "cluster_block_exception": "lift the block first: a full disk, or somebody set it",
    "concurrent_snapshot_execution_exception": "another snapshot or a removal is at work in the cluster",
    "index_closed_exception": "the index is closed",
    "repository_missing_exception": "register it with es_repository",
    "snapshot_missing_exception": "see es_snapshot_info",
}


@dataclass(frozen=True)
class Answer:
    """An answer of a node.

    :param body: its JSON; None when it is none. :param on: whom was asked for what, fit for a message.
    :param text: how the body begins.
    """

    status: int
    body: Any
    on: str
    text: str = ""

    @property
    def good(self) -> bool:
        """Whether it was done, and the answer is JSON."""
        return 200 <= self.status < 300 and self.body is not None

    @property
    def type(self) -> str:
        """The server's name for the error: ``index_not_found_exception``; empty when it gives none."""
        error = self._error()
        return str(error.get("type") or "") if isinstance(error, Mapping) else ""

    @property
    def reason(self) -> str:
        """Type and reason of the error in one line, with the innermost cause, which is the one that helps."""
        error = self._error()
        if not isinstance(error, Mapping):
            return one_line(error or "", _REASON)
        told = [": ".join(str(one[name]) for name in ("type", "reason") if one.get(name)) for one in _causes(error)]
        return one_line(" <- ".join(dict.fromkeys([told[0], told[-1]])), _REASON)

    def result(self) -> Any:
        """Return the JSON of a good answer.

        :raises OpsError: the one of its kinds that the status means, with the server's own reason.
        """
        if self.good:
            return self.body
        if 200 <= self.status < 300:
            raise OpsError("the answer is not JSON", on=self.on, advice=self.begins())
        raise self.error()

    def error(self) -> OpsError:
        """Return what a bad answer means."""
        kind = _BY_STATUS.get(self.status, OpsError)
        if self.status == 403 and self.type == "cluster_block_exception":
            kind = Blocked
        advice = _ADVICE.get(self.type) or _ADVICE_BY_STATUS.get(self.status, "")
        return kind(f"status is {self.status} ({self.reason or self.begins()})", on=self.on, advice=advice)

    def begins(self) -> str:
        """Return how the body begins, for a message about one that was not understood."""
        return f"it begins with '{self.text}'" if self.text else "it has no body"

    def _error(self) -> Any:
        if not isinstance(self.body, Mapping):
            return None
        # Amazon's own door says what is wrong with a signature in another form.
        return self.body.get("error") or self.body.get("message") or self.body.get("Message")


def understood(answer: Response) -> Answer:
    """Return what ``answer`` says."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):  # one that is nested thousands deep
        body = None
    text = one_line(answer.body[:400].decode("utf-8", "replace"), 60)
    return Answer(answer.status, body, shortened(without_user(answer.url)), text)


def shortened(place: str) -> str:
    """Return an address so short that it fits into a message."""
    return one_line(place, _PLACE)


def _causes(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an error and the causes of it, the innermost last; that of a shard where there is no other."""
    current: Any = error
    for _depth in range(_DEEPEST):
        if not isinstance(current, Mapping):
            break
        yield current
        current = current.get("caused_by")
    roots = error.get("root_cause")
    if "caused_by" not in error and isinstance(roots, list) and roots and isinstance(roots[0], Mapping):
        yield roots[0]
