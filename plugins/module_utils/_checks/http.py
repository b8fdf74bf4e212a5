# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind http: a URL answers with the status, headers and body expected, soon enough. Needs requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Callable
from urllib.parse import urlencode

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.http import MAX_BYTES, Request, Response, Tls, check_url, without_user
from .._core.http_options import SPEC as HTTP
from .._core.http_options import authorization, client_key, given_headers, make_client
from .base import CONDITION_OPTIONS, Condition, Context, Options, Values
from .limits import BYTES, MAX_LATENCY, Limit, limit_conditions, limits_spec

LIMITS = (MAX_LATENCY, Limit("min_tls_days", "float", "tls_days", "ge", "days"))

_CONDITIONS = {"type": "list", "elements": "dict", "options": CONDITION_OPTIONS, "default": []}

SPEC = (
    ArgSpec(
        options={
            "url": {"type": "str", "required": True},
            "method": {"type": "str", "default": "GET"},
            "body": {"type": "raw"},
            "body_format": {"type": "str", "default": "raw", "choices": ["raw", "json", "form"]},
            "status": {"type": "list", "elements": "int", "default": [200]},
            "json": _CONDITIONS,
            "header": _CONDITIONS,
            "contains": {"type": "str"},
            "matches": {"type": "str"},
            "follow_redirects": {"type": "str", "default": "same_host", "choices": ["none", "same_host", "all"]},
            "max_bytes": {"type": BYTES, "default": MAX_BYTES},
        }
    )
    + HTTP
    + limits_spec(LIMITS)
)
LIBRARIES: Sequence[str] = ("requests",)


def probe(options: Options, context: Context) -> Values:
    """Ask once; return status, latency (s), bytes, url and tls_days when min_tls_days asks for it.

    Hidden, for conditions: ``_headers`` (lower-case names), ``_body`` (text), ``_json`` when json conditions need it.

    :raises MissingLibrary: requests. :raises InputError: what could not be asked. :raises Unreachable: no answer.
    :raises AccessDenied: TLS. :raises OpsError: too large, a forbidden redirect, no JSON, an expired certificate.
    """
    tls = Tls.from_options(options)
    check_url(options["url"])
    days = {} if options.get("min_tls_days") is None else {"tls_days": _tls_days(options, tls)}
    client = context.shared(client_key(options), lambda: make_client(options))
    answer = client.send(_request(options))
    parsed = {"_json": _json(answer, options["status"])} if options["json"] else {}
    return {
        "status": answer.status,
        "latency": round(answer.elapsed, 4),
        "bytes": len(answer.body),
        "url": without_user(answer.url),
        **days,
        "_headers": dict(answer.headers),
        "_body": answer.text(),
        **parsed,
    }


def _request(options: Options) -> Request:
    headers = given_headers(options)
    body, content_type = _ENCODERS[options["body_format"]](options.get("body"))
    if content_type and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = content_type
    return Request(
        url=options["url"],
        method=options["method"].upper(),
        headers={**headers, **authorization(options)},
        body=body,
        timeout=options["timeout"],
        max_bytes=options["max_bytes"],
        follow_redirects=options["follow_redirects"],
    )


def _raw(body: Any) -> tuple[bytes | None, str]:
    if body is None or isinstance(body, str):
        return (None if body is None else body.encode()), ""
    raise InputError(f"body is a {type(body).__name__}", advice="say body_format: json, or form")


def _as_json(body: Any) -> tuple[bytes | None, str]:
    text = body if isinstance(body, str) else json.dumps(body)
    return text.encode(), "application/json"


def _as_form(body: Any) -> tuple[bytes | None, str]:
    if not isinstance(body, dict):
        raise InputError(f"body is a {type(body).__name__}", advice="body_format form wants names and values")
    return urlencode(body, doseq=True).encode(), "application/x-www-form-urlencoded"


_ENCODERS: dict[str, Callable[[Any], tuple[bytes | None, str]]] = {"raw": _raw, "json": _as_json, "form": _as_form}


def _json(answer: Response, wanted: list[int]) -> Any:
    """Return the body as JSON; where it is none and the status is wrong too, the status is what matters."""
    try:
        return answer.json()
    except OpsError as error:
        if answer.status in wanted:
            raise
        expected = ", ".join(map(str, wanted))
        raise OpsError(
            f"status is {answer.status}, expected {expected}",
            on=without_user(answer.url),
            advice="the body is not JSON",
        ) from error


def _tls_days(options: Options, tls: Tls) -> float:
    from .._core.certificates import days_left  # ssl is dear to import and seldom needed

    if not tls.validate:
        raise InputError(
            "min_tls_days needs validate_certs", advice="the dates of an unverified certificate prove nothing"
        )
    return days_left(options["url"], tls, options["timeout"])


def conditions(options: Options) -> list[Condition]:
    """Expect one of the statuses, and whatever was said of JSON, headers, body text, latency and certificate."""
    wanted = options["status"]
    text = [Condition("_body", op, options[op]) for op in ("contains", "matches") if options.get(op) is not None]
    return [
        Condition("status", "eq", wanted[0]) if len(wanted) == 1 else Condition("status", "in", wanted),
        *[Condition.from_options(given, "_json." if given["path"] else "_json") for given in options["json"]],
        *[Condition(f'_headers."{given["path"].lower()}"', given["op"], given["value"]) for given in options["header"]],
        *text,
        *limit_conditions(LIMITS, options),
    ]
