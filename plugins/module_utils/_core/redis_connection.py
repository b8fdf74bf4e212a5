# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Connections to Redis and its kin by redis-py: the options of every module, and errors in one line."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
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
            "cluster": {"type": "bool", "default": False},
            "sentinels": {"type": "list", "elements": "str"},
            "sentinel_service": {"type": "str"},
            "sentinel_user": {"type": "str"},
            "sentinel_tls": {"type": "bool"},
        }
    )
    + secret("login_password")
    + secret("sentinel_password")
    + TLS
)

# Stands for the first word where a user may run scripts, and not a command in them: there is none of its own.
_IN_SCRIPT = "NOPERM in a script"
_SAID_IN_SCRIPT = ("executing the script can't", "acl failure in script")

# First word of a server's error -> our error and what to do about it.
_ANSWERS: dict[str, tuple[type[OpsError], str]] = {
    "WRONGTYPE": (WrongType, "the key holds another type than this kind of queue uses"),
    "NOAUTH": (AccessDenied, "the server wants a password; give login_password"),
    "WRONGPASS": (AccessDenied, "check login_user and login_password"),
    "NOPERM": (AccessDenied, "the ACL user lacks this permission"),
    _IN_SCRIPT: (AccessDenied, "the ACL user lacks a permission; those needed are on the kind's page in docs/queues"),
    "READONLY": (OpsError, "this is a read-only replica; name the primary"),
    "OOM": (OpsError, "the server has reached maxmemory"),
    "LOADING": (Unreachable, "the server is still loading its data"),
    "MASTERDOWN": (Unreachable, "the replica has lost its primary"),
    "NOGROUP": (NotThere, "the stream or its consumer group does not exist"),
    "CLUSTERDOWN": (Unreachable, "the cluster lacks a primary, or slots that nobody serves"),
    "TRYAGAIN": (Unreachable, "the keys are just being moved to another node"),
    "CROSSSLOT": (OpsError, "in a cluster, keys that are used together need the same {tag} in their names"),
    "MOVED": (InputError, "the server is a node of a cluster; say `cluster: true`"),
    "ASK": (InputError, "the server is a node of a cluster; say `cluster: true`"),
}
# What redis-py makes classes of, less the first word.
_CLASSES = {
    "AuthenticationError": "WRONGPASS",
    "AuthenticationWrongNumberOfArgsError": "WRONGPASS",
    "NoPermissionError": "NOPERM",
    "ReadOnlyError": "READONLY",
    "OutOfMemoryError": "OOM",
    "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
    "TryAgainError": "TRYAGAIN",
    "ClusterCrossSlotError": "CROSSSLOT",
    "MovedError": "MOVED",
    "AskError": "ASK",
}


def where(options: Mapping[str, Any]) -> str:
    """Return host:port/db, the socket or the service's name, for messages."""
    if options.get("login_unix_socket"):
        return f"redis {options['login_unix_socket']}"
    if options.get("sentinels"):
        return f"redis {options.get('sentinel_service')}/{options['db']} of sentinels {', '.join(options['sentinels'])}"
    at = f"{options['login_host']}:{options['login_port']}"
    return f"redis cluster {at}" if options.get("cluster") else f"redis {at}/{options['db']}"


def place(options: Mapping[str, Any]) -> Hashable:
    """Return what all have in common who can share a connection: whatever leads to the same server as the same user."""
    given = {name: options.get(name) for name in SPEC.options}
    if given["sentinels"]:
        given.update(sentinels=tuple(given["sentinels"]), login_host=None, login_port=None)
    return ("redis", *given.values())


def check(options: Mapping[str, Any], of: str = "") -> None:
    """Refuse connection options that each are right and together make no sense.

    :param of: begins the message: ``orders: ``.
    :raises InputError: there are such.
    """
    sentinels, service = options.get("sentinels"), options.get("sentinel_service")
    if sentinels and not service:
        raise InputError(f"{of}sentinels are asked for a service, and none is named", advice="give sentinel_service")
    if service and not sentinels:
        raise InputError(f"{of}sentinel_service needs sentinels to ask", on=str(service), advice="give sentinels")
    ways = [name for name in ("cluster", "sentinels", "login_unix_socket") if options.get(name)]
    if len(ways) > 1:
        raise InputError(f"{of}{ways[0]} and {ways[1]} exclude each other", advice="give one of them")
    if options.get("cluster") and options.get("db"):
        raise InputError(f"{of}a cluster has no database {options['db']}", advice="leave db out")


def connect(options: Mapping[str, Any]) -> redis.Redis:
    """Return a client for ``options`` (validated by ``SPEC``); answers are bytes.

    Nothing is sent yet, but to a cluster: it is asked which node has what. Its client is redis-py's own with a pipeline
    of ours, see :mod:`.redis_cluster`; that of sentinels leads to the primary, see :mod:`.redis_sentinel`.

    :raises MissingLibrary: redis-py is not there. :raises InputError: a file or variable cannot be read, or see
        :func:`check`. :raises OpsError: there is no such cluster, or one of its kinds.
    """
    check(options)
    if options.get("cluster"):
        from .redis_cluster import connect_cluster

        return connect_cluster(options, _login(options))
    if options.get("sentinels"):
        from .redis_sentinel import connect_primary

        return connect_primary(options, _login(options))
    return _connect_single(options)


def _login(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for redis-py that do not depend on where the server is."""
    return {
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


def _connect_single(options: Mapping[str, Any]) -> redis.Redis:
    arguments = _login(options)
    if options.get("login_unix_socket"):
        arguments["unix_socket_path"] = options["login_unix_socket"]
    else:
        arguments.update(
            host=options["login_host"], port=options["login_port"], socket_connect_timeout=options["timeout"]
        )
        if options["tls"]:
            from .redis_tls import tls_client

            return tls_client(arguments, options)
    client: redis.Redis = load("redis").Redis(**arguments)
    return client


@contextmanager
def explained(doing: str, on: str) -> Iterator[None]:
    """Turn errors of redis-py into ours.

    :param doing: what is being done, for "cannot <doing>". :param on: key and server.
    :raises OpsError: or one of its kinds; see ``_ANSWERS``.
    """
    known = load("redis.exceptions")
    try:
        yield
    except (known.RedisError, known.RedisClusterException, OSError) as error:
        raise explain(error, doing, on) from error


def explain(error: Exception, doing: str, on: str) -> OpsError:
    """Return our error for one of redis-py's, for those who collect errors per command of a pipeline."""
    if isinstance(error, OpsError):
        return error
    known = load("redis.exceptions")
    if isinstance(error, known.RedisClusterException):  # what a cluster's client says itself
        from .redis_cluster import explain_cluster

        return explain_cluster(error, doing, on)
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
    first = _CLASSES.get(type(error).__name__, text.partition(" ")[0])
    if "authentication required" in text.lower():
        first = "NOAUTH"
    elif "invalid username-password" in text.lower():
        first = "WRONGPASS"
    elif any(words in text.lower() for words in _SAID_IN_SCRIPT):
        first = _IN_SCRIPT
    kind, advice = _ANSWERS.get(first, (OpsError, ""))
    return kind(f"cannot {doing}: the server says '{text}'", on=on, advice=advice)
