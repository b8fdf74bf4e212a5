# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The connections of a host, and what listens at the ports where it is to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import connections, ports, processes, sockets
from .found import Found
from .parts import Instance
from .service import Service

_GROUPS = 200  # groups of connections that are judged


@dataclass(frozen=True)
class Known:
    """What is known when connections are looked at: the options, how the service runs, and its processes."""

    params: Mapping[str, Any]
    service: Service
    instances: Sequence[Instance]
    processes: Mapping[int, processes.Process]


def look_at_sockets(found: Found) -> list[sockets.Socket] | None:
    """Return the sockets of now; None where they cannot be seen."""
    return found.tried("connections", sockets.look, None)


def look_at_connections(found: Found, before: Sequence[sockets.Socket], known: Known) -> None:
    """Look at the sockets again, and say what is wrong with them and with the ports that are named."""
    found.tried("connections", partial(_connections, found, before, known), None)


def _connections(found: Found, before: Sequence[sockets.Socket], known: Known) -> None:
    now = sockets.look()
    found.data["connections"] = sockets.grouped(now, known.params["top"])
    found.findings += connections.judge(sockets.grouped(now, _GROUPS), before, now, sockets.port_range())
    wanted = _wanted(found, known)
    listening = [one for one in now if one.port in {row["port"] for row in wanted} and one.state == sockets.LISTEN]
    found.data["ports"] = ports.look(wanted, listening, sockets.holders(listening), known.processes)
    patterns = {row["port"]: row["pattern"] for row in wanted if row.get("pattern")}
    findings, unknown = ports.judge(found.data["ports"], patterns, _ours(known), known.processes)
    found.findings += findings
    for why in unknown:
        found.not_known(*why.split(": ", 1))


def _wanted(found: Found, known: Known) -> list[Mapping[str, Any]]:
    """Return the ports that are named, and those that the service's description publishes."""
    wanted: list[Mapping[str, Any]] = list(known.params["ports"])
    named = {row["port"] for row in wanted}
    none: list[dict[str, Any]] = []
    rows = found.tried("published ports", known.service.published, none)
    return wanted + [row for row in rows if row["port"] not in named]


def _ours(known: Known) -> dict[str, set[int]]:
    """Return the processes of each part whose instances all tell theirs."""
    found = {}
    for part in known.service.parts:
        mine = [one for one in known.instances if one.part == part.name]
        if mine and all(one.pids is not None for one in mine):
            found[part.name] = processes.family(known.processes, [pid for one in mine for pid in one.pids or ()])
    return found
