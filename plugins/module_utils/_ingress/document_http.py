# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Documents that are read and written by HTTP: what was there is kept in a file of the host, byte for byte."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from .._core.argspec import ArgSpec, secret
from .._core.errors import InputError, OpsError
from .._core.http import Response
from .._core.secrets import resolve
from . import kept as keeping
from .base import CLOSED, HALF, OPEN, Options
from .document_entries import held, replaced
from .outside import send
from .written_since import expect_open, is_ours

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
    note = _kept(options).read()
    if _closed(options, _get(options), note):
        return CLOSED
    return OPEN if note is None else HALF


def turn(options: Options, state: str) -> None:
    """Put it, or what was there, and get it to see that it is that.

    :raises OpsError: the service refuses, or has something else then, or nobody knows what was there.
    """
    answer, kept = _get(options), _kept(options)
    note = kept.read()
    closed = _closed(options, answer, note)
    if state == CLOSED and not _as_described(options, answer):
        _close(options, answer, kept, note if closed else None)
    elif state == OPEN and closed:  # else who wrote it since knows better what it is to hold
        _put_back(options, note)


def kept_at(options: Options) -> str:
    """See Keeper.kept_at."""
    kept = _kept(options)
    return str(kept.path) if kept.path.exists() else ""


def let_go(options: Options) -> None:
    """See Keeper.let_go."""
    _kept(options).drop()


def _close(options: Options, answer: Response, kept: keeping.Kept, ours: Any) -> None:
    """Put the document.

    :param ours: what was noted of it when it was closed by us, as by another description; None when it is not closed.
    """
    body = _wanted(options, answer)
    note = {**(ours or _to_keep(options, answer, kept)), "put": body}
    if not ours:
        kept.write(note)
    _put(options, body, "application/json")
    if ours:
        kept.write(note)  # who dies before this finds it as it is described
    if not _closed(options, _get(options), note):
        if not ours:
            _undo(options, kept, note)
        _unlike(options, "closed")


def _to_keep(options: Options, answer: Response, kept: keeping.Kept) -> Any:
    """Return what was, to be noted: what is noted already, unless somebody wrote the document since."""
    note = kept.read()
    if note is not None and not _same(answer, note):
        expect_open(options, options["url"], str(kept.path))
        note = None
    return note or _noted(answer)


def _undo(options: Options, kept: keeping.Kept, note: Any) -> None:
    """Put back what was at once, as nobody would know the document for one that is closed by us."""
    with suppress(OpsError):
        if not _same(_get(options), note):
            _put_back(options, note)
        if _same(_get(options), note):
            kept.drop()


def _put_back(options: Options, note: Any) -> None:
    if note is None:
        raise OpsError(
            "the ingress was closed by somebody else: what the document held before is not known",
            on=options["url"],
            advice="put it by hand",
        )
    if note["absent"]:
        answer = send(options, options["url"], "DELETE", _own_headers(options), None)
        _accepted(answer, [*options["status"], _ABSENT])
    else:
        _put(options, _body(note).decode("utf-8", "surrogateescape"), note["content_type"])
    after = _get(options)
    # a service may add to it, such as a revision: whether that lets clients in is seen from outside
    if _closed(options, after, note) and not _same(after, note):
        _unlike(options, "removed" if note["absent"] else "put back")


def _get(options: Options) -> Response:
    answer = send(options, options["url"], "GET", _own_headers(options), None)
    if answer.status != _ABSENT:
        _accepted(answer, [200], "cannot get the document")
    return answer


def _put(options: Options, body: Any, content_type: str) -> None:
    headers = {"Content-Type": content_type, **_own_headers(options)}
    answer = send(options, options["url"], options["method"], headers, body)
    _accepted(answer, options["status"])


def _closed(options: Options, answer: Response, note: Any) -> bool:
    """Tell whether it is as described, or as it was when it was closed by us, maybe by another description."""
    if _as_described(options, answer):
        return True
    if note is None or answer.status == _ABSENT:
        return False
    put = note["put"]
    if isinstance(put, str):
        return answer.text() == put
    return is_ours(_meaning(answer.body), put, None if note["absent"] else _meaning(_body(note)))


def _as_described(options: Options, answer: Response) -> bool:
    if answer.status == _ABSENT:
        return False
    if options["closed_entries"] is not None:
        return held(answer.json(), _entries(options))
    content = options["closed_content"]
    if isinstance(content, str):
        return answer.text() == content
    return bool(_meaning(answer.body) == content)


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


def _body(note: Any) -> bytes:
    return base64.b64decode(note["body"])


def _same(answer: Response, note: Any) -> bool:
    """Tell whether the document is what it was; a service may write JSON with other blanks."""
    if note["absent"] or answer.status == _ABSENT:
        return bool(note["absent"]) and answer.status == _ABSENT
    return bool(_meaning(answer.body) == _meaning(_body(note)))


def _meaning(body: bytes) -> Any:
    """Return what JSON says; what is none stands for itself."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def _own_headers(options: Options) -> dict[str, str]:
    token = resolve(options, "token")
    return {**options["headers"], **({options["token_header"]: token} if token else {})}


def _accepted(answer: Response, statuses: list[int], failed: str = "cannot put the document") -> None:
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise OpsError(f"{failed}: status {answer.status}", on=answer.url, advice=f"expected {wanted}")


def _unlike(options: Options, done: str) -> NoReturn:
    said = f"the document was {done}, as the service says, and reads otherwise"
    raise OpsError(said, on=options["url"], advice="see closed_content and closed_entries")


def _kept(options: Options) -> keeping.Kept:
    return keeping.Kept(options, "document", options["url"])
