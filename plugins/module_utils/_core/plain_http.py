# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Requests over HTTP by the standard library: people must be told even where a library is missing.

What asks a service for anything else does so by ``http``. TLS is verified unless the options say otherwise, redirects
are not followed, and no error names the address.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from .deadline import Deadline
from .errors import AccessDenied, InputError, OpsError, Unreachable, one_line
from .http_options import authorization, given_headers
from .trust import trusting

_MOST = 1 << 16  # bytes of an answer; an id is at its beginning


class Refused(OpsError):
    """An answer that says no. ``status`` is that of HTTP."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"status {status}")


def ask(method: str, url: str, body: Any, options: Mapping[str, Any], deadline: Deadline) -> Any:
    """Send a request; return its answer as a JSON value, None when it is none.

    :param body: a JSON value, or a text that is sent as it is; None for no body. :param options: of
        ``_core.http_options.SPEC``.
    :raises InputError: not an address. :raises Refused: the status is no success. :raises Unreachable: no answer.
    :raises AccessDenied: the server's certificate is not trusted.
    """
    said = _answered(method, url, body, options, deadline, _MOST)
    try:
        return json.loads(said)
    except ValueError:
        return None


def send(method: str, url: str, body: Any, options: Mapping[str, Any], deadline: Deadline) -> None:
    """As ask, for those who want to know its status alone: what follows that is not waited for."""
    _answered(method, url, body, options, deadline, 0)


def _answered(method: str, url: str, body: Any, options: Mapping[str, Any], deadline: Deadline, most: int) -> bytes:
    """Send a request; return so many bytes of its answer, at the most."""
    address, login = _apart(url)
    headers = {"User-Agent": "day2.ops", **login, **authorization(options), **given_headers(options)}
    data = None
    if body is not None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode("utf-8")
        headers = {"Content-Type": "application/json", **headers}
    try:
        request = urllib.request.Request(address, data, headers, method=method)
        with _opener(address, options).open(request, timeout=deadline.left()) as answer:
            return bytes(answer.read(most)) if most else b""
    except urllib.error.HTTPError as error:
        error.close()
        raise Refused(error.code) from None
    except urllib.error.URLError as error:
        raise _failure(error.reason, deadline) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failure(error, deadline) from None


def under(url: str, path: str) -> str:
    """Return the address of a path under a server's address."""
    return f"{url.rstrip('/')}/{path}"


def _apart(url: str) -> tuple[str, dict[str, str]]:
    """Return the address without a user, and the header that says who it was. :raises InputError: no address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or " " in url:
        raise InputError("not a usable URL", advice="expected http(s)://host[:port]/path")
    if parts.username is None:
        return url, {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return address, {"Authorization": f"Basic {base64.b64encode(login).decode('ascii')}"}


def _opener(address: str, options: Mapping[str, Any]) -> urllib.request.OpenerDirector:
    """Return what opens that address. What urllib makes by itself reads all authorities, for plain HTTP too."""
    opener = urllib.request.OpenerDirector()
    opener.add_handler(urllib.request.ProxyHandler(None if options["use_proxy"] else {}))
    opener.add_handler(urllib.request.HTTPDefaultErrorHandler())
    opener.add_handler(urllib.request.HTTPErrorProcessor())
    opener.add_handler(
        urllib.request.HTTPSHandler(context=trusting(options))
        if address.startswith("https:")
        else urllib.request.HTTPHandler()
    )
    return opener


def _failure(reason: object, deadline: Deadline) -> OpsError:
    """Return the error for what the system, TLS or the protocol said. The text of an error may hold the address."""
    if isinstance(reason, (TimeoutError, socket.timeout)):
        return Unreachable(f"no answer within {deadline.seconds:g} s")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return AccessDenied(f"its certificate is not trusted: {one_line(reason.verify_message, 100)}")
    if isinstance(reason, ssl.SSLError):
        return AccessDenied("no TLS", on=one_line(reason.reason or type(reason).__name__, 100))
    if isinstance(reason, OSError) and reason.strerror:
        return Unreachable(one_line(reason.strerror, 100))
    return Unreachable(f"no answer of HTTP ({type(reason).__name__})")
