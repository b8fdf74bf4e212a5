# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The ports that a service wants: nobody listens there, or another than it does."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .findings import Finding
from .processes import Process, user_name
from .sockets import LISTEN, Socket

_FOR_CONTAINERS = ("docker-proxy", "rootlessport", "slirp4netns", "conmon")


def look(
    wanted: Sequence[Mapping[str, Any]],
    sockets: Sequence[Socket],
    holders: Mapping[str, int],
    processes: Mapping[int, Process],
) -> list[dict[str, Any]]:
    """Return of each wanted port who listens there; ``pid`` is None of a process that this user may not see.

    :param wanted: each has ``port``, and maybe ``part`` and ``pattern``. :param holders: processes by inode.
    """
    found = []
    for one in wanted:
        listening = [socket for socket in sockets if socket.state == LISTEN and socket.port == one["port"]]
        told = [_listener(socket, processes.get(holders.get(socket.inode, 0))) for socket in listening]
        unlike = [row for number, row in enumerate(told) if row not in told[:number]]  # on IPv4 and IPv6 mostly
        found.append({"port": one["port"], "part": one.get("part"), "listeners": unlike})
    return found


def _listener(socket: Socket, process: Process | None) -> dict[str, Any]:
    return {
        "pid": process.pid if process else None,
        "program": process.program if process else None,
        "user": user_name(socket.uid),
    }


def judge(
    seen: Sequence[Mapping[str, Any]],
    patterns: Mapping[int, str],
    ours: Mapping[str, Collection[int]],
    processes: Mapping[int, Process],
) -> tuple[list[Finding], list[str]]:
    """Return what :func:`look` came to, and of which ports it is not known.

    :param patterns: by port, what the command line of the right process matches.
    :param ours: by part, its processes and their children; empty of one that does not run. Parts whose processes cannot
        be told are not in it.
    """
    findings, unknown = [], []
    for one in seen:
        said, why = _judged(one, patterns.get(one["port"]), ours, processes)
        findings += [said] if said else []
        unknown += [why] if why else []
    return findings, unknown


def _judged(
    one: Mapping[str, Any],
    pattern: str | None,
    ours: Mapping[str, Collection[int]],
    processes: Mapping[int, Process],
) -> tuple[Finding | None, str]:
    port, part, listeners = one["port"], one["part"], one["listeners"]
    of_part = f" of {part}" if part else ""
    if not listeners:
        return Finding("port_silent", f"nobody listens on port {port}{of_part}"), ""
    if not pattern and (not part or part not in ours):
        return None, f"whether the right one listens on port {port}{of_part}: {_names(listeners)} does" if part else ""
    pids = ours.get(part or "", ())
    strangers = [row for row in listeners if not _is_ours(row, pattern, pids, processes)]
    hidden = [row for row in strangers if row["pid"] is None and pids]
    if hidden:
        return None, f"who listens on port {port}{of_part}: it is a process of {hidden[0]['user']}; run as root"
    if strangers:
        return Finding("port_taken", f"port {port}{of_part} is taken by {_names(strangers)}"), ""
    return None, ""


def _is_ours(
    row: Mapping[str, Any], pattern: str | None, pids: Collection[int], processes: Mapping[int, Process]
) -> bool:
    process = processes.get(row["pid"] or 0)
    if process is None:
        return False
    if pattern:
        return bool(re.search(pattern, " ".join(process.argv)))
    return process.pid in pids or (bool(pids) and process.program.startswith(_FOR_CONTAINERS))


def _names(listeners: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{row['program']} (pid {row['pid']}, user {row['user']})" if row["pid"] else f"a process of {row['user']}"
        for row in listeners
    )
