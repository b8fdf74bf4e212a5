# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether what a snapshot holds has room in the cluster: on its disks, and in the number of shards that it allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import AccessDenied, NotThere, OpsError
from .connection import Client, part

_STATUS = ("snapshots.indices.*.stats.total.size_in_bytes", "snapshots.indices.*.shards_stats", "error", "status")
_DISK = "cluster.routing.allocation.disk."
_SHARDS = "cluster.max_shards_per_node"
_LONG = 120.0  # seconds: the server reads a file of each shard
_UNITS: Mapping[str, int] = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)b?\s*\Z", re.IGNORECASE)
_HIGH = "90%"


@dataclass(frozen=True)
class Size:
    """An index in a snapshot. :param shards: its primaries. :param done: of them, those that are whole in it."""

    bytes: int
    shards: int
    done: int


def sizes(client: Client, repository: str, snapshot: str) -> dict[str, Size]:
    """Return what each index of a snapshot that has ended takes, without copies of shards.

    :raises OpsError: the repository cannot be read, or not in time.
    """
    path = f"_snapshot/{part(repository)}/{part(snapshot)}/_status"
    found = client.ask("GET", path, {"filter_path": ",".join(_STATUS)}, within=max(_LONG, client.timeout))
    for one in found.get("snapshots") or ():
        return {str(name): _size(index) for name, index in (one.get("indices") or {}).items()}
    raise NotThere("the repository does not tell what the snapshot holds", on=f"{repository}/{snapshot}")


def _size(index: Mapping[str, Any]) -> Size:
    shards = index.get("shards_stats") or {}
    total = ((index.get("stats") or {}).get("total") or {}).get("size_in_bytes")
    return Size(int(total or 0), int(shards.get("total") or 0), int(shards.get("done") or 0))


@dataclass(frozen=True)
class Room:
    """What there is. :param free: bytes below the high watermark on all nodes with data; None when nobody tells.

    :param shards: how many more the cluster takes; None when nobody tells.
    """

    free: int | None
    shards: int | None
    nodes: int = 0


def room(client: Client) -> Room:
    """Return how much the cluster takes. What the login may not see is not known. :raises OpsError: nobody answers."""
    settings = _settings(client)
    nodes = _nodes(client)
    health = client.ask("GET", "_cluster/health")
    held = sum(int(health[name]) for name in ("active_shards", "initializing_shards", "unassigned_shards"))
    limit = settings.get(_SHARDS)
    return Room(
        free=sum(_below(node["fs"]["total"], settings) for node in nodes) if nodes else None,
        shards=None if limit is None or not nodes else int(limit) * len(nodes) - held,
        nodes=len(nodes),
    )


def _nodes(client: Client) -> list[Mapping[str, Any]]:
    """Return the nodes that hold data, with their disks; none when the login may not see them."""
    query = {"filter_path": "nodes.*.roles,nodes.*.fs.total"}
    try:
        found = client.ask("GET", "_nodes/stats/fs", query).get("nodes") or {}
    except AccessDenied:
        return []
    return [
        node
        for node in found.values()
        if "fs" in node and any(str(role).startswith("data") for role in node.get("roles") or ())
    ]


def _settings(client: Client) -> dict[str, str]:
    """Return the settings of the cluster, those that somebody made before those of the servers."""
    query = {"include_defaults": True, "flat_settings": True, "filter_path": "*.cluster*"}
    try:
        found = client.ask("GET", "_cluster/settings", query)
    except OpsError:
        return {}
    merged: dict[str, str] = {}
    for where in ("defaults", "persistent", "transient"):
        merged.update(found.get(where) or {})
    return merged


def _below(total: Mapping[str, Any], settings: Mapping[str, str]) -> int:
    """Return how many bytes a node may take before its disk is over the high watermark."""
    available = int(total["available_in_bytes"])
    if str(settings.get(f"{_DISK}threshold_enabled", "true")) == "false":
        return available
    high = str(settings.get(f"{_DISK}watermark.high", _HIGH))
    kept = kept_free(high, settings.get(f"{_DISK}watermark.high.max_headroom"), int(total["total_in_bytes"]))
    return max(0, available - kept)


def kept_free(watermark: str, headroom: str | None, total: int) -> int:
    """Return how many bytes of a disk a watermark keeps free: ``90%``, ``0.9``, or so many bytes, ``50gb``.

    :param headroom: the most that a part keeps free. :param total: the size of the disk in bytes.
    """
    used = _part(watermark)
    if used is None:
        return bytes_of(watermark) or 0
    kept = int(total * (1 - used))
    most = bytes_of(headroom or "")
    return kept if most is None else min(kept, most)


def _part(watermark: str) -> float | None:
    text = watermark.strip()
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        number = float(text)
    except ValueError:
        return None
    return number if number <= 1 else None


def bytes_of(text: str) -> int | None:
    """Return a size in bytes, as ``50gb``, in units of 1,024; None when it is none."""
    match = _SIZE.match(text)
    return None if match is None else int(float(match[1]) * _UNITS[match[2].lower()])


def lacking(needed: Iterable[Size], there: Room, copies: int) -> list[str]:
    """Return what there is too little of, in a line each.

    :param copies: of each shard, beside the primary, as far as it is known.
    """
    taken = list(needed)
    bytes_ = sum(one.bytes for one in taken) * (1 + copies)
    shards = sum(one.shards for one in taken) * (1 + copies)
    told = []
    if there.free is not None and bytes_ > there.free:
        told.append(f"disk: {bytes_} bytes are needed, {there.free} are free below the high watermark")
    if there.shards is not None and shards > there.shards:
        told.append(f"shards: {shards} are needed, {max(0, there.shards)} more are allowed ({_SHARDS})")
    return told
