# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Documents that are read and written by HTTP: what was there is kept in a file of the host, byte for byte."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.errors import InputError, OpsError
from .._core.http import Response
from .._core.secrets import resolve
from . import kept as keeping
from .base import CLOSED, HALF, OPEN, Options
from .document_entries import held, replaced
from .outside import send

SPEC = (
    ArgSpec(
        options={
            "url": {"type": "str", "required": True},
            "headers": {"type": "dict", "default": {}},
            "token_header": {"type": "str", "default": "Authorization", "no_log": False},
            "closed_content": {"type": "raw"},
            "closed_entries": {"type": "dict"},
            "method": {"type": "str", "default": "PUT"},
            "status": {"type": "list", "elements": "int", "default": [200, 201, 202, 204]},
        },
        mutually_exclusive=[("closed_content", "closed_entries")],
        required_one_of=[("closed_content", "closed_entries")],
    )
    + secret("token")
    + keeping.SPEC
)
_ABSENT = 404


def position(options: Options) -> str:
    """Get the document. :raises OpsError: it cannot be had."""
    if _closed(options, _get(options)):
        return CLOSED
    return OPEN if _kept(options).read() is None else HALF


def turn(options: Options, state: str) -> None:
    """Put it, or what was there, and get it to see that it is that.

    :raises OpsError: the service refuses, or has something else then, or nobody knows what was there.
    """
    answer, kept = _get(options), _kept(options)
    closed = _closed(options, answer)
    if state == CLOSED:
        if not closed:
            body = _wanted(options, answer)
            kept.write(_noted(answer))
            _put(options, body, "application/json")
            _expect(options, _closed(options, _get(options)), "closed")
        return
    if closed:  # else who wrote it since knows better what it is to hold
        _put_back(options, kept.read())
    kept.drop()


def _put_back(options: Options, before: Any) -> None:
    if before is None:
        raise OpsError(
            "the ingress was closed by somebody else: what the document held before is not known",
            on=options["url"],
            advice="put it by hand",
        )
    if before["absent"]:
        answer = send(options, options["url"], "DELETE", _own_headers(options), None)
        _accepted(answer, [*options["status"], _ABSENT])
        _expect(options, _get(options).status == _ABSENT, "removed")
        return
    body = base64.b64decode(before["body"])
    _put(options, body.decode("utf-8", "surrogateescape"), before["content_type"])
    _expect(options, _same(_get(options), body), "put back")


def _get(options: Options) -> Response:
    answer = send(options, options["url"], "GET", _own_headers(options), None)
    if answer.status != _ABSENT:
        _accepted(answer, [200], "cannot get the document")
    return answer


def _put(options: Options, body: Any, content_type: str) -> None:
    headers = {"Content-Type": content_type, **_own_headers(options)}
    answer = send(options, options["url"], options["method"], headers, body)
    _accepted(answer, options["status"])


def _closed(options: Options, answer: Response) -> bool:
    if answer.status == _ABSENT:
        return False
    if options["closed_entries"] is not None:
        return held(answer.json(), _entries(options))
    content = options["closed_content"]
    if isinstance(content, str):
        return answer.text() == content
    try:
        return bool(answer.json() == content)
    except OpsError:  # what is not JSON is something else
        return False


def _wanted(options: Options, answer: Response) -> Any:
    if options["closed_entries"] is None:
        return options["closed_content"]
    document = {} if answer.status == _ABSENT else answer.json()
    return replaced(document, _entries(options), options["url"])


def _entries(options: Options) -> Mapping[str, Any]:
    entries: Mapping[str, Any] = options["closed_entries"]
    if not entries:
        raise InputError("switch: closed_entries is empty", advice="expected paths and the values they are to have")
    return entries


def _noted(answer: Response) -> dict[str, Any]:
    return {
        "absent": answer.status == _ABSENT,
        "body": base64.b64encode(answer.body).decode("ascii"),
        "content_type": answer.headers.get("content-type", "application/json"),
    }


def _same(answer: Response, body: bytes) -> bool:
    """Tell whether the document is what it was; a service may write JSON with other blanks."""
    if answer.body == body:
        return True
    try:
        return bool(answer.json() == Response(200, {}, body, 0.0, answer.url).json())
    except OpsError:
        return False


def _own_headers(options: Options) -> dict[str, str]:
    token = resolve(options, "token")
    return {**options["headers"], **({options["token_header"]: token} if token else {})}


def _accepted(answer: Response, statuses: list[int], failed: str = "cannot put the document") -> None:
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise OpsError(f"{failed}: status {answer.status}", on=answer.url, advice=f"expected {wanted}")


def _expect(options: Options, holds: bool, done: str) -> None:
    if not holds:
        said = f"the document was {done}, as the service says, and reads otherwise"
        raise OpsError(said, on=options["url"], advice="see closed_content and closed_entries")


def _kept(options: Options) -> keeping.Kept:
    return keeping.Kept(options, "document", options["url"])
