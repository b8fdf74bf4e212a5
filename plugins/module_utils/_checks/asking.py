# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking the HTTP interface of a server several things within the time of one attempt."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Callable, TypeVar
from urllib.parse import urlencode

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, InputError, MissingLibrary, NoEvidence, NotThere, OpsError, WrongType, one_line
from .._core.http import Request, Response, without_user
from .._core.http_options import SPEC as HTTP
from .._core.http_options import address_under, authorization, client_key, given_headers, make_client
from .base import Context, Options
from .limits import BYTES

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_REFUSED = {401: "see url_username and token", 403: "the login may not do this"}


def asking_spec(max_bytes: int) -> ArgSpec:
    """Return the options of who asks, and ``max_bytes``, of an answer, with its default."""
    return HTTP + ArgSpec(options={"max_bytes": {"type": BYTES, "default": max_bytes}})


class Server:
    """A server's HTTP interface under a base URL. All questions together take no longer than ``timeout``."""

    def __init__(self, options: Options, context: Context, url: str) -> None:
        """
        :raises MissingLibrary: requests. :raises InputError: the secret cannot be read.
        """
        self.url = url
        self._options = options
        self._client = context.shared(client_key(options), lambda: make_client(options))
        self._headers = {**given_headers(options), **authorization(options)}
        self._deadline: float = time.monotonic() + options["timeout"]

    @property
    def left(self) -> float:
        """Return the seconds that are left, 0 when there are none."""
        return max(self._deadline - time.monotonic(), 0.0)

    def get(self, path: str, query: Mapping[str, Any] | None = None, within: float | None = None) -> Response:
        """Return the answer to a GET, whatever its status.

        :param within: seconds for this question alone.
        :raises OpsError: or one of its kinds, as ``HttpClient.send`` does.
        """
        request = self._request("GET", address_under(self.url, path, query), self._headers)
        return self._client.send(request if within is None else replace(request, timeout=min(within, self.left)))

    def post_form(self, path: str, fields: Mapping[str, Any]) -> Response:
        """Return the answer to a POST of names and values, whatever its status.

        :raises OpsError: or one of its kinds, as ``HttpClient.send`` does.
        """
        body = urlencode(fields, doseq=True).encode()
        return self._client.send(self._request("POST", address_under(self.url, path), {**self._headers, **_FORM}, body))

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Request:
        return Request(
            url=url,
            method=method,
            headers=headers,
            body=body,
            timeout=self.left,
            max_bytes=self._options["max_bytes"],
        )


def json_or_none(answer: Response) -> Any:
    """Return the answer as JSON; None when it is none."""
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def refuse_denied(status: int, url: str) -> None:
    """Refuse an answer that says that we may not ask.

    :raises AccessDenied: status 401 or 403.
    """
    if status in _REFUSED:
        raise AccessDenied(f"status is {status}", on=without_user(url), advice=_REFUSED[status])


Read = TypeVar("Read")


def understood(url: str, whose: str, read: Callable[[], Read]) -> Read:
    """Return what ``read`` makes of an answer, the parts of which may be of any shape.

    :param whose: whom the answer should be from: ``a Prometheus``.
    :raises NoEvidence: of one that does not have the shape expected.
    """
    try:
        return read()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NoEvidence(
            f"the answer is not that of {whose}",
            on=without_user(url),
            advice=f"it cannot be read ({type(error).__name__})",
        ) from error


def begins(answer: Response) -> str:
    """Return how an answer begins, for a message about one that was not understood."""
    text = one_line(answer.text()[:400], 60)
    return f"it begins with '{text}'" if text else "it has no body"


@contextmanager
def only_a_witness() -> Iterator[None]:
    """Say nothing of the thing when the server that was asked about it fails.

    :raises NoEvidence: for what would speak against the thing if it were the server itself.
    """
    try:
        yield
    except (AccessDenied, InputError, MissingLibrary, NotThere, WrongType):
        raise
    except OpsError as error:
        raise NoEvidence(error.failed, on=error.on, advice=error.advice) from error
