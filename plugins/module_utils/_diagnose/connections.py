# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Connections that pile up: those that a process here does not close, that nobody answers, or that use up the ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .findings import Finding
from .sockets import Socket, line_of

_UNCLOSED = 50  # connections that the other side has closed and this one has not
_FULL = 0.8  # share of the local ports
_SHOWN = 5


def judge(
    groups: Sequence[Mapping[str, Any]], before: Iterable[Socket], now: Iterable[Socket], ports: int | None
) -> list[Finding]:
    """Return what is wrong with connections.

    :param groups: as :func:`.sockets.grouped` returns them. :param before: the sockets of a moment ago: what has waited
        since then for an answer is not just being connected. :param ports: as :func:`.sockets.port_range` returns.
    """
    found = [
        Finding("connections", f"{one['count']} connections {line_of(one)} were closed there, and are not closed here")
        for one in groups
        if one["state"] == "close_wait" and one["count"] >= _UNCLOSED
    ]
    waiting = sorted({(peer, port) for peer, port, _ours in _unanswered(before) & _unanswered(now)})
    found += [Finding("no_answer", f"a connection to {peer}:{port} gets no answer") for peer, port in waiting[:_SHOWN]]
    if ports:
        to: Counter[tuple[str, int]] = Counter()
        for one in groups:
            if one["direction"] == "out":
                to[one["peer"], one["port"]] += one["count"]
        found += [
            Finding("connections", f"{count} connections to {peer}:{port}, of {ports} that there can be")
            for (peer, port), count in to.most_common(_SHOWN)
            if count >= _FULL * ports
        ]
    return found


def _unanswered(sockets: Iterable[Socket]) -> set[tuple[str, int, int]]:
    return {(one.peer, one.peer_port, one.port) for one in sockets if one.state == "syn_sent"}
