# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The primary that sentinels name: asked for with each new connection, so that a failover is survived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .libraries import load
from .redis_connection import explain
from .redis_tls import tls_arguments, tls_connection
from .secrets import resolve

if TYPE_CHECKING:
    import redis

_PORT = 26379
_DOING = "ask the sentinels for the primary"
_MOST_NAMES = 10


def connect_primary(options: Mapping[str, Any], login: Mapping[str, Any]) -> redis.Redis:
    """Return a client of the primary. Nothing is sent yet.

    A connection that is lost, or turns out to be one to a replica, is made anew: the sentinels are asked again.

    :param options: validated, with sentinels. :param login: arguments for redis-py.
    :raises InputError: an address of a sentinel, a file or a variable.
    """
    addresses = [address(text) for text in options["sentinels"]]
    login = {**login, "socket_connect_timeout": options["timeout"]}
    own = {
        **login,
        "db": 0,
        "username": options.get("sentinel_user"),
        "password": resolve(options, "sentinel_password"),
    }
    encrypted = options["tls"] if options.get("sentinel_tls") is None else options["sentinel_tls"]
    sentinels = _sentinels(addresses, {**own, **({"ssl": True, **tls_arguments(options)} if encrypted else {})})
    for sentinel in sentinels.sentinels if encrypted else ():
        sentinel.connection_pool.connection_class = tls_connection("SSLConnection", options)
    arguments = {**login, **(tls_arguments(options) if options["tls"] else {})}
    kind: Any = load("redis.sentinel").SentinelManagedConnection
    if options["tls"]:
        kind = tls_connection("SentinelManagedSSLConnection", options)
    client: redis.Redis = sentinels.master_for(
        options["sentinel_service"], connection_class=_to_primary(kind), **arguments
    )
    return client


def address(text: str) -> tuple[str, int]:
    """Return host and port of ``host``, ``host:port``, ``[::1]:port``; without a port, that of sentinels.

    :raises InputError: anything else.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text.strip(), str(_PORT)
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or not (port.isascii() and port.isdigit()) or (bare == host and ":" in host):
        raise InputError("not the address of a sentinel", on=one_line(text, 80), advice="expected host:port")
    return bare, int(port)


@dataclass
class _Said:
    """What the sentinels said of a service.

    :param down: the primary that one of them sees down. :param others: what services one knows that does not know this.
    :param denied: the refusal of one that does not let us in. :param last: why another could not be asked.
    """

    down: str = ""
    others: Sequence[str] | None = None
    denied: OpsError | None = None
    last: OpsError | None = None

    def state(self, sentinel: Any, service: str) -> Mapping[str, Any] | None:
        """Return what a sentinel says of the service; None when it cannot be asked, or does not know it."""
        try:
            services: Mapping[str, Mapping[str, Any]] = sentinel.sentinel_masters()
        except (load("redis.exceptions").RedisError, OSError) as error:
            self.last = explain(error, _DOING, _name(sentinel))
            self.denied = self.last if isinstance(self.last, AccessDenied) else self.denied
            return None
        if service not in services:
            self.others = list(services)[:_MOST_NAMES]
        return services.get(service)

    def error(self, service: str, asked: str) -> OpsError:
        """Return the error that tells most: who sees the primary down knows more than who does not know it."""
        on = f"{service} at the sentinels {asked}"
        if self.down:
            advice = "a failover is to come, or there is no quorum for one"
            return Unreachable(f"the sentinels see the primary {self.down} down", on=on, advice=advice)
        if self.others is not None:
            known = f"known are {', '.join(map(one_line, self.others))}" if self.others else "they know none"
            advice = f"check sentinel_service; {known}"
            return NotThere("the sentinels know no service of that name", on=on, advice=advice)
        if self.denied:
            advice = self.denied.advice.replace("login_", "sentinel_")
            return AccessDenied(self.denied.failed, on=self.denied.on, advice=advice)
        failed = self.last.failed if self.last else f"cannot {_DOING}"
        return Unreachable(failed, on=on, advice="none of them answers")


def _sentinels(addresses: Sequence[tuple[str, int]], arguments: Mapping[str, Any]) -> Any:
    """Return redis-py's Sentinel, less its way of saying what went wrong: one line for all, with its objects in it."""
    base: Any = load("redis.sentinel").Sentinel

    class Sentinels(base):
        """The sentinels of one set of services."""

        def discover_master(self, service_name: str) -> tuple[str, int]:
            """Return the primary's address as the first sentinel tells that can be asked and sees it up.

            :raises OpsError: none does; one of its kinds says why.
            """
            said = _Said()
            for number, sentinel in enumerate(self.sentinels):
                state = said.state(sentinel, service_name)
                if state and self.check_master_state(state, service_name):
                    # The next question goes first to whom has answered this one.
                    self.sentinels[0], self.sentinels[number] = sentinel, self.sentinels[0]
                    return state["ip"], state["port"]
                if state:
                    said.down = f"{state['ip']}:{state['port']}"
            raise said.error(service_name, ", ".join(map(_name, self.sentinels)))

    return Sentinels(addresses, sentinel_kwargs=dict(arguments))


def _name(sentinel: Any) -> str:
    """Return host and port of the client of a sentinel; how it shows itself is not the same in all versions."""
    arguments = sentinel.connection_pool.connection_kwargs
    return f"{arguments['host']}:{arguments['port']}"


def _to_primary(base: Any) -> Any:
    """Return a connection to the primary that, where it cannot be made, says to what address."""
    known = load("redis.exceptions")

    class ToPrimary(base):
        """A connection to the address that the sentinels name."""

        def connect_to(self, address: tuple[str, int]) -> Any:
            """Connect to the primary.

            :raises OpsError: it does not answer, or does not let us.
            """
            try:
                return super().connect_to(address)
            except (known.RedisError, OSError) as error:
                on = f"{address[0]}:{address[1]}, which the sentinels name"
                raise explain(error, "connect to the primary", on) from error

    return ToPrimary
