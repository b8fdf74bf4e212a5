# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Names as the programs of this host resolve them: getaddrinfo(3), so /etc/hosts, caches and search domains count."""

from __future__ import annotations

import socket
import threading
import time

from .errors import InputError, OpsError, Unreachable

FAMILIES = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}
# What the C library means; the others keep its own words. Some of them exist only in the GNU one.
_NO_SUCH_NAME = (socket.EAI_NONAME,)
_NO_ADDRESS = (getattr(socket, "EAI_NODATA", None), getattr(socket, "EAI_ADDRFAMILY", None))
_NO_ANSWER = (socket.EAI_AGAIN,)


class HostResolver:
    """Resolves with a bound in time, which the C library lacks. Safe to use from several threads.

    A lookup that hangs is given up but cannot be ended; who asks for the same again waits for that one, so that however
    often a name is asked for, one thread at the most hangs on it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lookups: dict[tuple[str, str], _Lookup] = {}

    def resolve(self, name: str, kind: str, timeout: float) -> tuple[list[str], float]:
        """Return the addresses of ``name``, and in how many seconds they were found.

        :param kind: A or AAAA.
        :param timeout: seconds.
        :raises Unreachable: no name server answers. :raises OpsError: no such name, or it has no such address.
        :raises InputError: that is no name.
        """
        with self._lock:
            lookup = self._lookups.get((name, kind))
            if lookup is None or not lookup.is_alive():
                lookup = self._lookups[name, kind] = _Lookup(name, kind)
                lookup.start()
        lookup.join(timeout)
        if lookup.is_alive():
            raise Unreachable(f"the resolver does not answer within {timeout:g} s", on=name)
        if lookup.error is not None:
            raise _explained(lookup.error, name, kind) from lookup.error
        return lookup.found, lookup.seconds


class _Lookup(threading.Thread):
    """One call of getaddrinfo."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(daemon=True)
        self._wanted, self._family = name, FAMILIES[kind]
        self.found: list[str] = []
        self.seconds = 0.0
        self.error: Exception | None = None

    def run(self) -> None:
        """Look up, and keep what came of it."""
        started = time.monotonic()
        try:
            answers = socket.getaddrinfo(self._wanted, None, self._family, socket.SOCK_STREAM)
            self.found = sorted({str(address[0]) for *_kind, address in answers})
        except (OSError, UnicodeError) as error:
            self.error = error
        self.seconds = time.monotonic() - started


def _explained(error: Exception, name: str, kind: str) -> OpsError:
    if isinstance(error, UnicodeError):
        return InputError("not a name", on=name, advice="expected labels of 1 to 63 characters with dots between them")
    number = error.errno if isinstance(error, socket.gaierror) else None
    if number in _NO_SUCH_NAME:
        return OpsError("no such name", on=name)
    if number in _NO_ADDRESS:
        return OpsError(f"the name has no {kind} record", on=name)
    if number in _NO_ANSWER:
        return Unreachable("no name server has an answer", on=name, advice="it failed, or did not answer in time")
    return OpsError(f"the name cannot be resolved ({getattr(error, 'strerror', None) or error})", on=name)
