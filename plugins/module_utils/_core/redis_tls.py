# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""TLS to Redis: the arguments for redis-py, and connections that share what redis-py makes anew for each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .errors import InputError, one_line
from .libraries import load

if TYPE_CHECKING:
    import redis

_OPTIONS = ("validate_certs", "ca_certs", "client_cert", "client_key")
_MODULES = {"SSLConnection": "redis.connection", "SentinelManagedSSLConnection": "redis.sentinel"}


def tls_client(arguments: Mapping[str, Any], options: Mapping[str, Any]) -> redis.Redis:
    """Return a client of one server, made with these arguments and TLS.

    :raises InputError: a file cannot be read, or is no certificate or key.
    """
    client: redis.Redis = load("redis").Redis(**arguments, ssl=True, **tls_arguments(options))
    client.connection_pool.connection_class = tls_connection("SSLConnection", options)
    return client


def tls_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for a connection of redis-py that speaks TLS.

    :raises InputError: a file cannot be read.
    """
    for name in ("ca_certs", "client_cert", "client_key"):
        path = options.get(name)
        if path and not os.access(path, os.R_OK):  # redis-py would call it a failure to connect
            raise InputError(f"{name} cannot be read", on=str(path), advice="expected a PEM file on the module's host")
    verify = options["validate_certs"]
    return {
        "ssl_cert_reqs": "required" if verify else "none",
        "ssl_check_hostname": verify,
        "ssl_ca_certs": options.get("ca_certs"),
        "ssl_certfile": options.get("client_cert"),
        "ssl_keyfile": options.get("client_key"),
    }


def tls_connection(kind: str, options: Mapping[str, Any]) -> Any:
    """Return a connection of redis-py that shares one TLS context with others of the same options.

    Redis-py makes a context for each connection and loads every authority of the system into it: 20 ms and half a
    megabyte each, and those authorities are then trusted beside ``ca_certs``. Should its hook get another name one day,
    it makes its own contexts again, and still verifies.

    :param kind: redis-py's name of the class, one of ``_MODULES``.
    :raises InputError: the files are no certificate or key.
    """
    return _tls_connection(kind, *(options.get(name) for name in _OPTIONS))


@lru_cache(maxsize=8)
def _tls_connection(
    kind: str, validate: bool, ca_certs: str | None, client_cert: str | None, client_key: str | None
) -> Any:
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
    base: Any = getattr(load(_MODULES[kind]), kind)

    class SharedContext(base):
        """A TLS connection with that context."""

        def _wrap_socket_with_ssl(self, sock: Any) -> Any:
            return context.wrap_socket(sock, server_hostname=self.host)

    return SharedContext
