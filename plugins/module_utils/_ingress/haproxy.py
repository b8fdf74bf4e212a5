# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is the state of servers or frontends of a running HAProxy.

``community.general.haproxy`` sets a state. This tells it, puts back what each server had, one that was out of work
before included, and is seen from outside. HAProxy has no room to note what was, so that a file of the host keeps it; it
forgets its states itself when it is loaded anew, which is seen too.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._core.argspec import ArgSpec
from .._core.errors import NotThere, OpsError
from . import kept as keeping
from . import outside
from .base import CLOSED, HALF, OPEN, Options
from .haproxy_socket import DISABLED, DRAIN, MAINT, READY, STOPPED, Socket, places
from .haproxy_socket import OPEN as TAKES
from .outside import seen_from_outside

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

_NAMES = {"type": "list", "elements": "str", "default": []}
SPEC = (
    ArgSpec(
        options={
            "socket": {"type": "str", "required": True},
            "servers": _NAMES,
            "frontends": _NAMES,
            "close_by": {"type": "str", "choices": [MAINT, DRAIN], "default": MAINT},
        },
    )
    + keeping.SPEC
    + outside.SPEC
)
# From each server as BACKEND/SERVER, and each frontend by its name, which has no slash, to its state.
States = Mapping[str, str]


def position(options: Options) -> str:
    """Ask HAProxy. :raises OpsError: it does not answer, or has no such server or frontend."""
    now = _look(options)
    if all(_shut(options, state) for state in now.values()):
        return CLOSED
    return OPEN if _kept(options).read() is None else HALF


def turn(options: Options, state: str) -> None:
    """Take each out of work, or bring it to what it was. :raises OpsError: HAProxy refuses, or it has no effect."""
    now = _look(options)
    kept = _kept(options)
    before = kept.read() or {}
    if state == CLOSED:
        wanted = {name: options["close_by"] if "/" in name else STOPPED for name in now}
        wanted.update({name: one for name, one in now.items() if _shut(options, one)})
        if wanted != now:
            # of those that are shut the older note is the true one: who died half-way wrote it
            kept.write({**now, **{name: one for name, one in before.items() if _shut(options, now.get(name, ""))}})
        _bring(options, now, wanted)
        return
    # what has come since is not ours; where nothing was noted, somebody else shut all of it
    wanted = {name: before.get(name, one if before else _at_work(name, one)) for name, one in now.items()}
    _bring(options, now, wanted)
    kept.drop()


def _bring(options: Options, now: States, wanted: States) -> None:
    socket = _socket(options)
    for name, state in wanted.items():
        if _is(now[name], state):
            continue
        backend, slash, server = name.partition("/")
        if slash:
            socket.set_server(backend, server, state)
        else:
            socket.set_frontend(name, state)
    seen = _look(options)
    wrong = [
        f"{name} is {seen[name]} instead of {state}" for name, state in wanted.items() if not _is(seen[name], state)
    ]
    if wrong:
        raise OpsError("haproxy did not do as told", on=socket.on, advice="; ".join(wrong))


def _is(seen: str, wanted: str) -> bool:
    """Compare states; one that was disabled by its configuration and works is so again when it is in maintenance."""
    return seen == wanted or {seen, wanted} == {MAINT, DISABLED}


def _look(options: Options) -> States:
    socket = _socket(options)
    if not (options["servers"] or options["frontends"]):
        raise NotThere("switch: neither servers nor frontends are named", on=socket.on)
    found = dict(places(options["servers"], socket))
    there = socket.frontends() if options["frontends"] else {}
    for name in options["frontends"]:
        if name not in there:
            raise NotThere(f"no frontend {name}", on=socket.on)
        found[name] = there[name]
    return found


def _at_work(name: str, state: str) -> str:
    """Return what works, but for a server that its configuration keeps from it."""
    return TAKES if "/" not in name else DISABLED if state == DISABLED else READY


def _shut(options: Options, state: str) -> bool:
    return state in (STOPPED, MAINT, DISABLED) or (state == DRAIN and options["close_by"] == DRAIN)


def _socket(options: Options) -> Socket:
    return Socket(options["socket"], options["timeout"])


def _kept(options: Options) -> keeping.Kept:
    of = f"{options['socket']} {','.join(sorted([*options['servers'], *options['frontends']]))}"
    return keeping.Kept(options, "haproxy", of)
