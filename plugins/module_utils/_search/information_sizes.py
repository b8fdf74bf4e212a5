# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What only ``_status`` tells: sizes of a snapshot, and how far those are that run. Never whether one is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import OpsError
from .connection import Client, part

# Without the files of each shard, of which there may be many thousands.
_FIELDS = "snapshots.snapshot,snapshots.stats,snapshots.shards_stats,error,status"


def sizes(client: Client, repository: str, name: str) -> dict[str, int]:
    """Return bytes of a snapshot that has ended: ``size`` of all its files, ``size_added`` of those no other had.

    The server reads a file of each shard for it, which takes long in a large repository.

    :raises OpsError: it does not tell, or not in time.
    """
    for found in _asked(client, f"_snapshot/{part(repository)}/{part(name)}/_status"):
        stats = found["stats"]
        return {"size": _bytes(stats["total"]), "size_added": _bytes(stats["incremental"])}
    raise OpsError("the server tells no sizes", on=f"{repository}/{name}")


def progress(client: Client, repository: str) -> dict[str, dict[str, int]]:
    """Return how far the snapshots of the repository are that run, by name.

    ``shards_done`` of ``shards``, ``bytes_done`` of ``bytes``, which grow until all shards have begun.

    :raises OpsError: the server does not tell.
    """
    return {str(found["snapshot"]): _far(found) for found in _asked(client, f"_snapshot/{part(repository)}/_status")}


def _asked(client: Client, path: str) -> list[Mapping[str, Any]]:
    answer = client.tried("GET", path, {"filter_path": _FIELDS})
    body = answer.result()
    found: list[Any] = list(body.get("snapshots") or []) if isinstance(body, Mapping) else [None]
    if not all(map(_readable, found)):
        raise OpsError("the answer tells no sizes", on=answer.on)
    return found


def _readable(one: Any) -> bool:
    return isinstance(one, Mapping) and all(isinstance(one.get(name), Mapping) for name in ("stats", "shards_stats"))


def _far(found: Mapping[str, Any]) -> dict[str, int]:
    shards, stats = found["shards_stats"], found["stats"]
    return {
        "shards": int(shards.get("total", 0)),
        "shards_done": int(shards.get("done", 0)) + int(shards.get("failed", 0)),
        "shards_failed": int(shards.get("failed", 0)),
        "bytes": _bytes(stats.get("incremental")),
        "bytes_done": _bytes(stats.get("processed")),
    }


def _bytes(counted: Any) -> int:
    return int(counted.get("size_in_bytes", 0)) if isinstance(counted, Mapping) else 0
