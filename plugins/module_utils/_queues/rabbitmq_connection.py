# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How RabbitMQ is reached: by its management API to be measured, by AMQP to handle letters; and its errors."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .._core.argspec import TLS, ArgSpec, secret
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .._core.http import HttpClient, Request, Response, Tls, innermost_reason
from .._core.libraries import load
from .._core.secrets import resolve

CONNECTION = (
    ArgSpec(
        options={
            "login_host": {"type": "str", "default": "127.0.0.1"},
            "login_port": {"type": "int"},
            "amqp_port": {"type": "int"},
            "login_user": {"type": "str", "default": "guest"},
            "vhost": {"type": "str", "default": "/"},
            "tls": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 10.0},
        }
    )
    + secret("login_password")
    + TLS
)

_MANAGEMENT_PORTS = {False: 15672, True: 15671}
_AMQP_PORTS = {False: 5672, True: 5671}
# What an answer of the management API says, in small letters -> what to do about it.
_REFUSALS = {
    "login failed": "check login_user and login_password",
    "management": "the user needs the tag management (or monitoring)",
    "virtual host": "give the user permissions in this virtual host",
}


def management_port(options: Mapping[str, Any]) -> int:
    """Return the port of the management API."""
    return options.get("login_port") or _MANAGEMENT_PORTS[bool(options["tls"])]


def amqp_port(options: Mapping[str, Any]) -> int:
    """Return the port of AMQP."""
    return options.get("amqp_port") or _AMQP_PORTS[bool(options["tls"])]


def amqp_where(options: Mapping[str, Any]) -> str:
    """Return virtual host and server, for messages."""
    return f"rabbitmq {options['login_host']}:{amqp_port(options)} vhost {options['vhost']}"


class Management:
    """The management API of one server, as one user."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``CONNECTION`` has validated. Nothing is sent.

        :raises MissingLibrary: requests is not there. :raises InputError: the password cannot be read.
        """
        host = options["login_host"]
        host = f"[{host}]" if ":" in host else host
        scheme = "https" if options["tls"] else "http"
        self._base = f"{scheme}://{host}:{management_port(options)}/api"
        login = f"{options['login_user']}:{resolve(options, 'login_password') or ''}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode('ascii')}"}
        self._timeout = float(options["timeout"])
        self.where = f"rabbitmq {host}:{management_port(options)}"
        self._http = HttpClient(Tls.from_options(options), use_proxy=False)

    def queues(self, vhost: str, query: Mapping[str, Any]) -> Response:
        """Return the answer on the queues of a virtual host.

        :raises AccessDenied: 401, 403. :raises NotThere: no such virtual host. :raises OpsError: no usable answer.
        """
        url = f"{self._base}/queues/{quote(vhost, safe='')}?{urlencode(query)}"
        request = Request(url, headers=self._headers, timeout=self._timeout, max_bytes=16 << 20)
        answer = self._http.send(request)
        if answer.status != 200:
            raise refusal(answer, vhost, self.where)
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._http.__exit__()


def refusal(answer: Response, vhost: str, where: str) -> OpsError:
    """Return our error for an answer that is not 200.

    :param where: the server, for the message.
    """
    reason = _reason(answer)
    said = f" ('{reason}')" if reason else ""
    if answer.status in (401, 403):
        advice = next((what for word, what in _REFUSALS.items() if word in reason.lower()), "check the user's rights")
        return AccessDenied(f"the management API refuses access{said}", on=where, advice=advice)
    if answer.status == 404:
        advice = f"is there a virtual host {vhost}, and is this the management API?"
        return NotThere(f"the management API knows no virtual host {vhost}", on=where, advice=advice)
    kind = Unreachable if answer.status in (502, 503, 504) else OpsError
    return kind(
        f"the management API answers with status {answer.status}{said}", on=where, advice="see the broker's log"
    )


def _reason(answer: Response) -> str:
    try:
        said = answer.json()
    except OpsError:  # a page of a proxy, or nothing
        return ""
    return one_line(said.get("reason", ""), 120) if isinstance(said, dict) else ""


def parameters(options: Mapping[str, Any]) -> Any:
    """Return pika's parameters for AMQP.

    :raises MissingLibrary: pika is not there. :raises InputError: a password or certificate cannot be read.
    """
    pika = load("pika")
    seconds = options["timeout"]
    return pika.ConnectionParameters(
        host=options["login_host"],
        port=amqp_port(options),
        virtual_host=options["vhost"],
        credentials=pika.PlainCredentials(options["login_user"], resolve(options, "login_password") or ""),
        ssl_options=pika.SSLOptions(_context(options), options["login_host"]) if options["tls"] else None,
        # A run pauses for its rate and its canary, and nobody would answer heartbeats meanwhile.
        heartbeat=0,
        connection_attempts=1,
        retry_delay=0,
        socket_timeout=seconds,
        stack_timeout=seconds,
        client_properties={"product": "day2.ops"},
    )


def _context(options: Mapping[str, Any]) -> Any:
    import ssl

    for name in ("ca_certs", "client_cert", "client_key"):
        path = options.get(name)
        if path and not os.access(path, os.R_OK):
            raise InputError(f"{name} cannot be read", on=str(path), advice="expected a PEM file on the module's host")
    verify = bool(options["validate_certs"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = verify
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    try:
        if options.get("ca_certs"):
            context.load_verify_locations(options["ca_certs"])
        elif verify:
            context.load_default_certs()
        if options.get("client_cert"):
            context.load_cert_chain(options["client_cert"], options["client_key"])
    except ssl.SSLError as error:
        raise InputError(
            f"not a usable certificate or key ({one_line(error, 80)})", on="ca_certs, client_cert"
        ) from error
    return context


# What the broker closes a connection or channel with -> our error and what to do about it.
_REPLIES: dict[int, tuple[type[OpsError], str]] = {
    320: (Unreachable, "somebody closed the connection, or the broker is stopping"),
    403: (AccessDenied, "give the user the permission that is named"),
    404: (NotThere, "check the name and vhost"),
    405: (AccessDenied, "another connection has it alone"),
    530: (AccessDenied, "check vhost and the user's permissions in it"),
    540: (OpsError, "the dead letters must be in a classic or quorum queue, not in a stream"),
}
_LOGIN = "check login_user and login_password"
_TIMED_OUT = "letters were held for longer than the broker's consumer_timeout; work in smaller runs (limit) or raise it"


def explain(error: BaseException | None, doing: str, on: str) -> OpsError:
    """Return our error for one of pika's.

    :param doing: what was being done, for "cannot <doing>". :param on: queue and server.
    """
    known = load("pika.exceptions")
    chain = _chain(error)
    replied = next((one for one in chain if getattr(one, "reply_code", 0) in (*_REPLIES, 406)), None)
    if any(isinstance(one, (known.ProbableAuthenticationError, known.AuthenticationError)) for one in chain):
        return AccessDenied(f"cannot {doing}: the broker refuses the login", on=on, advice=_LOGIN)
    if replied is not None:
        return _replied(replied, doing, on)
    if any(isinstance(one, known.ProbableAccessDeniedError) for one in chain):
        return AccessDenied(f"cannot {doing}: the broker refuses the virtual host", on=on, advice=_REPLIES[530][1])
    reason = innermost_reason(chain[-1]) if chain else "it was closed"
    if "certificate" in reason or "SSL" in reason:
        return AccessDenied(f"cannot {doing}: TLS failed ({reason})", on=on, advice="see tls, ca_certs, validate_certs")
    return Unreachable(f"cannot {doing}: no connection ({reason})", on=on)


def _replied(reply: Any, doing: str, on: str) -> OpsError:
    text = one_line(reply.reply_text, 160)
    if reply.reply_code == 403 and "login" in text.lower():
        return AccessDenied(f"cannot {doing}: the broker says '{text}'", on=on, advice=_LOGIN)
    timed_out = reply.reply_code == 406 and "timed out" in text
    kind, advice = _REPLIES.get(reply.reply_code, (OpsError, _TIMED_OUT if timed_out else ""))
    return kind(f"cannot {doing}: the broker says '{text}'", on=on, advice=advice)


def _chain(error: Any) -> list[Any]:
    """Return the error and those that it wraps: pika keeps them as arguments, attributes and lists."""
    found: list[Any] = []
    waiting = [error]
    while waiting and len(found) < 20:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or one in found:
            continue
        found.append(one)
        inner = [*one.args, getattr(one, "exception", None), *(getattr(one, "exceptions", None) or ())]
        waiting += [*inner, one.__cause__]
    return found
