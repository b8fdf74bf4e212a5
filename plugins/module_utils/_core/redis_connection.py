# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Connections to Redis and its kin by redis-py: the options of every module, and errors in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .argspec import TLS, ArgSpec, secret
from .errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, WrongType, one_line
from .http import innermost_reason
from .libraries import load
from .secrets import resolve

if TYPE_CHECKING:
    import redis

SPEC = (
    ArgSpec(
        options={
            "login_host": {"type": "str", "default": "127.0.0.1"},
            "login_port": {"type": "int", "default": 6379},
            "login_unix_socket": {"type": "path"},
            "login_user": {"type": "str"},
            "db": {"type": "int", "default": 0},
            "tls": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 5.0},
        }
    )
    + secret("login_password")
    + TLS
)

_TLS_OPTIONS = ("validate_certs", "ca_certs", "client_cert", "client_key")

# First word of a server's error -> our error and what to do about it.
_ANSWERS: dict[str, tuple[type[OpsError], str]] = {
    "WRONGTYPE": (WrongType, "the key holds another type than this kind of queue uses"),
    "NOAUTH": (AccessDenied, "the server wants a password; give login_password"),
    "WRONGPASS": (AccessDenied, "check login_user and login_password"),
    "NOPERM": (AccessDenied, "the ACL user lacks this permission"),
    "READONLY": (OpsError, "this is a read-only replica; name the primary"),
    "OOM": (OpsError, "the server has reached maxmemory"),
    "LOADING": (Unreachable, "the server is still loading its data"),
    "MASTERDOWN": (Unreachable, "the replica has lost its primary"),
    "NOGROUP": (NotThere, "the stream or its consumer group does not exist"),
}


def where(options: Mapping[str, Any]) -> str:
    """Return host:port/db, or the socket, for messages."""
    if options.get("login_unix_socket"):
        return f"redis {options['login_unix_socket']}"
    return f"redis {options['login_host']}:{options['login_port']}/{options['db']}"


def connect(options: Mapping[str, Any]) -> redis.Redis:
    """Return a client for ``options`` (validated by ``SPEC``). Nothing is sent yet; answers are bytes.

    :raises MissingLibrary: redis-py is not there. :raises InputError: a file or variable cannot be read.
    """
    library = load("redis")
    arguments: dict[str, Any] = {
        "db": options["db"],
        "username": options.get("login_user"),
        "password": resolve(options, "login_password"),
        "socket_timeout": options["timeout"],
        "retry": load("redis.retry").Retry(load("redis.backoff").NoBackoff(), 0),
        # Nothing that an ACL user with few permissions may not do: no CLIENT SETNAME, no CLIENT SETINFO, no HELLO.
        "protocol": 2,
        "lib_name": None,
        "lib_version": None,
    }
    if options.get("login_unix_socket"):
        arguments["unix_socket_path"] = options["login_unix_socket"]
    else:
        arguments.update(
            host=options["login_host"], port=options["login_port"], socket_connect_timeout=options["timeout"]
        )
        arguments.update(_tls(options) if options["tls"] else {})
    client: redis.Redis = library.Redis(**arguments)
    if arguments.get("ssl"):
        client.connection_pool.connection_class = _tls_connection(*(options.get(name) for name in _TLS_OPTIONS))
    return client


def _tls(options: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("ca_certs", "client_cert", "client_key"):
        path = options.get(name)
        if path and not os.access(path, os.R_OK):  # redis-py would call it a failure to connect
            raise InputError(f"{name} cannot be read", on=str(path), advice="expected a PEM file on the module's host")
    verify = options["validate_certs"]
    return {
        "ssl": True,
        "ssl_cert_reqs": "required" if verify else "none",
        "ssl_check_hostname": verify,
        "ssl_ca_certs": options.get("ca_certs"),
        "ssl_certfile": options.get("client_cert"),
        "ssl_keyfile": options.get("client_key"),
    }


@lru_cache(maxsize=8)
def _tls_connection(validate: bool, ca_certs: str | None, client_cert: str | None, client_key: str | None) -> Any:
    """Return a connection of redis-py that shares one TLS context with others of the same options.

    redis-py makes a context for each connection and loads every authority of the system into it: 20 ms and half a
    megabyte each, and those authorities are then trusted beside ``ca_certs``. Should its hook get another name one day,
    it makes its own contexts again, and still verifies.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = validate
    context.verify_mode = ssl.CERT_REQUIRED if validate else ssl.CERT_NONE
    try:
        if ca_certs:
            context.load_verify_locations(ca_certs)
        elif validate:
            context.load_default_certs()
        if client_cert:
            context.load_cert_chain(client_cert, client_key)
    except ssl.SSLError as error:
        files = ", ".join(filter(None, (ca_certs, client_cert, client_key)))
        raise InputError(f"not a usable certificate or key ({one_line(error, 80)})", on=files) from error
    base: Any = load("redis.connection").SSLConnection

    class SharedContext(base):
        """A TLS connection with that context."""

        def _wrap_socket_with_ssl(self, sock: Any) -> Any:
            return context.wrap_socket(sock, server_hostname=self.host)

    return SharedContext


@contextmanager
def explained(doing: str, on: str) -> Iterator[None]:
    """Turn errors of redis-py into ours.

    :param doing: what is being done, for "cannot <doing>". :param on: key and server.
    :raises OpsError: or one of its kinds; see ``_ANSWERS``.
    """
    known = load("redis.exceptions")
    try:
        yield
    except (known.RedisError, OSError) as error:
        raise explain(error, doing, on) from error


def explain(error: Exception, doing: str, on: str) -> OpsError:
    """Return our error for one of redis-py's, for those who collect errors per command of a pipeline."""
    known = load("redis.exceptions")
    reason = innermost_reason(error)
    if isinstance(error, known.ResponseError) or type(error).__name__ in ("AuthenticationError", "NoPermissionError"):
        return _answered(error, doing, on)
    if isinstance(error, known.BusyLoadingError):
        return Unreachable(f"cannot {doing}", on=on, advice=_ANSWERS["LOADING"][1])
    if "certificate" in reason or "SSL" in reason:
        return AccessDenied(f"cannot {doing}: TLS failed ({reason})", on=on, advice="see tls, ca_certs, validate_certs")
    if isinstance(error, known.TimeoutError) or "timed out" in reason.lower():
        return Unreachable(f"cannot {doing}: no answer in time", on=on)
    return Unreachable(f"cannot {doing}: no connection ({reason})", on=on)


def _answered(error: Exception, doing: str, on: str) -> OpsError:
    """Explain an error that the server sent. redis-py strips some first words and makes classes of them."""
    text = one_line(error, 120)
    aliases = {
        "AuthenticationError": "WRONGPASS",
        "AuthenticationWrongNumberOfArgsError": "WRONGPASS",
        "NoPermissionError": "NOPERM",
        "ReadOnlyError": "READONLY",
        "OutOfMemoryError": "OOM",
    }
    first = aliases.get(type(error).__name__, text.partition(" ")[0])
    if "authentication required" in text.lower():
        first = "NOAUTH"
    elif "invalid username-password" in text.lower():
        first = "WRONGPASS"
    kind, advice = _ANSWERS.get(first, (OpsError, ""))
    return kind(f"cannot {doing}: the server says '{text}'", on=on, advice=advice)
