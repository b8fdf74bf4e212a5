# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The silences of Alertmanager, and of Grafana's own, which has the same interface below a path of its own.

Described by ``api/v2/openapi.yaml`` of Alertmanager's sources; ``isEqual`` came with version 0.22.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .._core.http import Request, Response, without_user
from .._core.http_options import SPEC as HTTP
from .._core.http_options import address_under, authorization, given_headers, make_client
from .._core.matchers import Matcher
from .._core.moments import moment, written_utc

PREFIXES: Mapping[str, str] = {"alertmanager": "api/v2", "grafana": "api/alertmanager/grafana/api/v2"}
EXPIRED = "expired"
_MAX_BYTES = 4 << 20
_JSON = {"Content-Type": "application/json"}

CONNECTION = (
    ArgSpec(
        options={
            "url": {"type": "list", "elements": "str", "required": True},
            "kind": {"type": "str", "choices": list(PREFIXES), "default": "alertmanager"},
            "timeout": {"type": "float", "default": 10.0},
        }
    )
    + HTTP
)


@dataclass(frozen=True)
class Silence:
    """A silence. ``starts_at`` and ``ends_at`` are seconds since the epoch; ``state`` is pending, active or expired."""

    matchers: tuple[Matcher, ...]
    starts_at: float
    ends_at: float
    owner: str
    comment: str
    id: str = ""
    state: str = ""

    def body(self) -> dict[str, Any]:
        """Return it as the server takes it; with an id it replaces that one."""
        return {
            **({"id": self.id} if self.id else {}),
            "matchers": [_written(one) for one in self.matchers],
            "startsAt": _precise(self.starts_at),
            "endsAt": _precise(self.ends_at),
            "createdBy": self.owner,
            "comment": self.comment,
        }

    def same_matchers(self, other: Silence) -> bool:
        """Whether both mute the same, in whichever order that is said."""
        return set(self.matchers) == set(other.matchers)

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        return {
            "id": self.id,
            "state": self.state,
            "matchers": [str(one) for one in self.matchers],
            "starts_at": written_utc(self.starts_at),
            "ends_at": written_utc(self.ends_at),
            "created_by": self.owner,
            "comment": self.comment,
        }


def _written(matcher: Matcher) -> dict[str, Any]:
    regex, equal = matcher.op in ("=~", "!~"), matcher.op in ("=", "=~")
    return {"name": matcher.name, "value": matcher.value, "isRegex": regex, "isEqual": equal}


def _precise(seconds: float) -> str:
    """Return a moment with its thousandths, so that what begins now does not begin a second ago."""
    return f"{written_utc(math.floor(seconds))[:-1]}.{int(seconds % 1 * 1000):03d}Z"


class Alertmanagers:
    """The members of one Alertmanager, which tell each other of silences: the first that answers is asked."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``CONNECTION`` has validated. Nothing is sent.

        :raises InputError: no address; a secret cannot be read. :raises MissingLibrary: requests.
        """
        if not options["url"]:
            raise InputError("url is empty", advice="expected the address of at least one Alertmanager")
        self._urls = list(options["url"])
        self._prefix = PREFIXES[options["kind"]]
        self._timeout = options["timeout"]
        self._headers = {**given_headers(options), **authorization(options)}
        self._http = make_client(options)

    def owned_by(self, owner: str) -> list[Silence]:
        """Return the silences of that owner that have not ended. :raises OpsError: nobody answers as expected."""
        found = self._json("GET", "silences")
        try:
            silences = [_silence(one) for one in found if one["createdBy"] == owner]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._strange(error) from error
        return [one for one in silences if one.state != EXPIRED]

    def muted_by(self, matchers: Sequence[Matcher]) -> list[dict[str, Any]]:
        """Return labels and state of the alerts that the matchers meet, those that are muted already too."""
        found = self._json("GET", "alerts", {"filter": [str(one) for one in matchers]})
        try:
            return [{"labels": dict(one["labels"]), "state": one["status"]["state"]} for one in found]
        except (KeyError, TypeError, ValueError) as error:
            raise self._strange(error) from error

    def put(self, silence: Silence) -> str:
        """Make a silence, or replace the one of that id; return the id of what holds now."""
        answer = self._json("POST", "silences", body=silence.body())
        made = answer.get("silenceID") if isinstance(answer, Mapping) else None
        if not made:
            raise self._strange(KeyError("silenceID"))
        return str(made)

    def end(self, silence_id: str) -> None:
        """Let a silence end now. One that has ended meanwhile is no error."""
        answer = self._answer("DELETE", f"silence/{quote(silence_id, safe='')}", None, None)
        if answer.status not in (200, 404):
            self._refuse(answer)

    def _json(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        answer = self._answer(method, path, query, body)
        if not 200 <= answer.status < 300:
            self._refuse(answer)
        return answer.json()

    def _answer(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> Response:
        """Return the answer of the first that gives one. To ask another one again is harmless: a silence that was made
        twice is found by its owner, and ended with it."""
        for number, url in enumerate(self._urls):
            try:
                return self._http.send(
                    Request(
                        address_under(url, f"{self._prefix}/{path}", query),
                        method,
                        headers={**self._headers, **_JSON},
                        body=None if body is None else json.dumps(body).encode(),
                        timeout=self._timeout,
                        max_bytes=_MAX_BYTES,
                    )
                )
            except Unreachable as error:
                if number == len(self._urls) - 1:
                    raise
                last = error
        raise last

    def _refuse(self, answer: Response) -> None:
        on, said = without_user(answer.url), one_line(answer.text(), 200)
        if answer.status in (401, 403):
            raise AccessDenied(f"status is {answer.status}", on=on, advice="see url_username and token")
        if answer.status == 404:
            raise NotThere("no API v2 there (status is 404)", on=on, advice="see url and kind")
        kind = InputError if answer.status == 400 else OpsError
        raise kind(f"status is {answer.status} ({said or 'no reason given'})", on=on)

    def _strange(self, error: Exception) -> OpsError:
        return OpsError(
            f"the answer is not that of an Alertmanager ({type(error).__name__})", on=without_user(self._urls[0])
        )


def _silence(found: Mapping[str, Any]) -> Silence:
    return Silence(
        matchers=tuple(_matcher(one) for one in found["matchers"]),
        starts_at=_moment(found["startsAt"]),
        ends_at=_moment(found["endsAt"]),
        owner=str(found["createdBy"]),
        comment=str(found.get("comment", "")),
        id=str(found["id"]),
        state=str(found["status"]["state"]),
    )


def _matcher(found: Mapping[str, Any]) -> Matcher:
    op = ("=" if found.get("isEqual", True) else "!") + ("~" if found["isRegex"] else "")
    return Matcher(str(found["name"]), "!=" if op == "!" else op, str(found["value"]))


def _moment(written: Any) -> float:
    seconds = moment(written)
    if seconds is None:
        raise ValueError(f"no moment: {one_line(written, 40)}")
    return seconds
