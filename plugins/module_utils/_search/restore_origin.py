# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where indices come from: the servers recall it of each shard until they are started anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .connection import Client, part
from .documents import portions
from .snapshots import Snapshot

_RECOVERED = ("primary", "type", "start_time_in_millis", "source.repository", "source.snapshot", "source.index")
_ROUTED = ("primary", *(f"recovery_source.{name}" for name in ("type", "repository", "snapshot", "index")))
_FROM = "SNAPSHOT"


def restored_from(client: Client, repository: str, snapshot: Snapshot, targets: Mapping[str, str]) -> bool:
    """Return whether indices that are there came from the snapshot, or are coming.

    ``_recovery`` tells of shards that are at work or done, the routing table of those that wait for their turn.

    :param targets: names by those in the snapshot.
    """
    wanted = {
        target: {"repository": repository, "snapshot": snapshot.name, "index": source}
        for source, target in targets.items()
    }
    proven = set(_recovered(client, wanted, snapshot.ended_at or 0.0))
    waiting = {name: source for name, source in wanted.items() if name not in proven}
    return proven | set(_routed(client, waiting)) == set(wanted)


def _recovered(client: Client, wanted: Mapping[str, Mapping[str, str]], ended: float) -> Iterable[str]:
    query = {"filter_path": ",".join(f"*.shards.{name}" for name in _RECOVERED)}
    for some in portions(list(wanted)):
        found = client.ask("GET", f"{','.join(map(part, some))}/_recovery", query)
        for name, index in found.items():
            primaries = [shard for shard in index.get("shards") or () if shard.get("primary")]
            if primaries and all(_is_from(shard, wanted.get(name), ended) for shard in primaries):
                yield name


def _is_from(shard: Mapping[str, Any], wanted: Mapping[str, str] | None, ended: float) -> bool:
    # one that began before the snapshot ended is of another snapshot, which had the same name
    began = int(shard.get("start_time_in_millis") or 0) / 1000
    return shard.get("type") == _FROM and _same(shard.get("source"), wanted) and began >= ended


def _routed(client: Client, wanted: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    path = "routing_table.indices.*.shards.*"
    query = {"filter_path": ",".join(f"{path}.{name}" for name in _ROUTED), "ignore_unavailable": True}
    for some in portions(list(wanted)):
        answer = client.ask("GET", f"_cluster/state/routing_table/{','.join(map(part, some))}", query)
        for name, index in ((answer.get("routing_table") or {}).get("indices") or {}).items():
            copies = [copy for shard in index["shards"].values() for copy in shard if copy.get("primary")]
            sources = [copy["recovery_source"] for copy in copies if "recovery_source" in copy]
            if sources and all(one.get("type") == _FROM and _same(one, wanted.get(name)) for one in sources):
                yield name


def _same(source: Mapping[str, Any] | None, wanted: Mapping[str, str] | None) -> bool:
    return wanted is not None and all((source or {}).get(name) == value for name, value in wanted.items())
