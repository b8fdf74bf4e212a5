# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Connections to PostgreSQL by psycopg 3: the options of every module, and errors in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .argspec import ArgSpec, secret
from .errors import AccessDenied, NotThere, OpsError, Unreachable, one_line
from .libraries import load
from .secrets import resolve

if TYPE_CHECKING:
    import psycopg

SPEC = ArgSpec(
    options={
        "login_host": {"type": "str", "default": "127.0.0.1"},
        "login_port": {"type": "int", "default": 5432},
        "login_unix_socket": {"type": "path"},
        "login_user": {"type": "str", "default": "postgres"},
        "login_db": {"type": "str", "default": "postgres"},
        "ssl_mode": {
            "type": "str",
            "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        },
        "ca_certs": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "timeout": {"type": "float", "default": 5.0},
    },
    required_together=[("client_cert", "client_key")],
) + secret("login_password")

_HERE = ("127.0.0.1", "::1", "localhost")
_SYSTEM_ROOTS_SINCE = 160000

# SQLSTATE (PostgreSQL documentation, appendix A) or its class -> our error and what to do about it.
_STATES: dict[str, tuple[type[OpsError], str]] = {
    "28": (AccessDenied, "check login_user and login_password"),
    "3D": (NotThere, "check login_db"),
    "42501": (AccessDenied, "the role lacks this permission"),
    "42P01": (NotThere, "check the name and its schema"),
    "53300": (Unreachable, "no connection slot is left"),
    "57P03": (Unreachable, "the server is starting up or in recovery"),
    "57014": (Unreachable, "the statement took longer than the timeout"),
    "25006": (OpsError, "the server or session is read-only"),
}

# libpq reports failures to connect in words only (its docs promise no codes for them).
_WORDS: dict[str, tuple[type[OpsError], str]] = {
    "password authentication failed": (AccessDenied, "check login_user and login_password"),
    "no password supplied": (AccessDenied, "give login_password"),
    "no pg_hba.conf entry": (AccessDenied, "the server's pg_hba.conf does not let this user and host in"),
    "does not exist": (NotThere, "check login_db and login_user"),
    "does not support SSL": (AccessDenied, "say ssl_mode=disable to go without TLS"),
    "certificate": (AccessDenied, "see ca_certs and ssl_mode"),
    "SSL": (AccessDenied, "see ca_certs and ssl_mode"),
}


def where(options: Mapping[str, Any]) -> str:
    """Return host:port/database, or the socket, for messages."""
    if options.get("login_unix_socket"):
        return f"postgres {options['login_unix_socket']}/{options['login_db']}"
    return f"postgres {options['login_host']}:{options['login_port']}/{options['login_db']}"


def ssl_mode(options: Mapping[str, Any]) -> str:
    """Return the mode asked for; without one, TLS is verified unless the server is on this very host."""
    local = bool(options.get("login_unix_socket")) or options["login_host"] in _HERE
    return str(options.get("ssl_mode") or ("prefer" if local else "verify-full"))


def _conninfo(options: Mapping[str, Any], system_roots: bool) -> dict[str, Any]:
    mode = ssl_mode(options)
    roots = options.get("ca_certs") or ("system" if system_roots and mode == "verify-full" else None)
    wanted = {
        "host": options.get("login_unix_socket") or options["login_host"],
        "port": options["login_port"],
        "user": options["login_user"],
        "password": resolve(options, "login_password"),
        "dbname": options["login_db"],
        "sslmode": mode,
        "sslrootcert": roots,
        "sslcert": options.get("client_cert"),
        "sslkey": options.get("client_key"),
        "connect_timeout": max(2, round(options["timeout"])),  # libpq knows whole seconds, two at least
        "application_name": "day2.ops",
        "client_encoding": "UTF8",  # else text is bytes where the database has no encoding
        "options": f"-c statement_timeout={int(options['timeout'] * 1000)}",
    }
    return {name: value for name, value in wanted.items() if value is not None}


@contextmanager
def connect(options: Mapping[str, Any]) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Open a connection in autocommit for ``options`` (validated by ``SPEC``), close it at the end.

    Statements are bounded by ``timeout`` on the server. Errors inside the block are explained too.

    :raises MissingLibrary: psycopg is not there. :raises AccessDenied: login or TLS.
    :raises Unreachable: no answer. :raises NotThere: no such database. :raises OpsError: any other error.
    """
    library = load("psycopg")
    try:
        info = _conninfo(options, library.pq.version() >= _SYSTEM_ROOTS_SINCE)
        with library.connect(autocommit=True, **info) as connection:
            yield connection
    except library.Error as error:
        raise explain(error, where(options)) from error


def explain(error: Any, on: str) -> OpsError:
    """Return our error for one of psycopg's, for those who go on after one.

    :param on: server and database.
    """
    state = error.sqlstate or ""
    text = said(error)
    known = _STATES.get(state) or _STATES.get(state[:2]) or _by_words(text)
    if known:
        kind, advice = known
        return kind(f"postgres says '{text}'", on=on, advice=advice)
    if state:
        return OpsError(f"postgres says '{text}' (SQLSTATE {state})", on=on)
    return Unreachable(f"no connection ({text})", on=on)


def _by_words(text: str) -> tuple[type[OpsError], str] | None:
    return next((known for words, known in _WORDS.items() if words in text), None)


def said(error: Exception) -> str:
    """Return what matters of libpq's paragraphs: the part behind ``FATAL:`` or ``failed:``, of the first line."""
    text = str(error)
    first = text.strip().splitlines()[0] if text.strip() else "no reason given"
    for mark in ("FATAL: ", "ERROR: ", "failed: "):
        first = first.rpartition(mark)[2]
    return one_line(first, 200)
