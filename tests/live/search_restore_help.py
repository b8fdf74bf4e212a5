# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores and drills as tests ask for them, and repositories that are slow or broken for them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search import counts, drill, restore

from .search_help import Cluster

TO_NEW: dict[str, Any] = {"rename_pattern": "^(.+)$", "rename_replacement": "$1-new"}
_DISK = "cluster.routing.allocation.disk"


def restored(cluster: Cluster, repository: str, check_mode: bool = False, **options: Any) -> Result:
    """Restore with the module's own validation of options."""
    given = {"url": [cluster.url], "repository": repository, "indices": [f"{cluster.mine}*"], **options}
    return restore.operate(restore.SPEC.validate(given, "test"), check_mode)


def drilled(cluster: Cluster, repository: str, check_mode: bool = False, **options: Any) -> Result:
    """Drill with the module's own validation of options."""
    given = {"url": [cluster.url], "repository": repository, **options}
    return drill.operate(drill.SPEC.validate(given, "test"), check_mode)


def recorded(cluster: Cluster, repository: str, name: str, *indices: str, **more: int) -> None:
    """Make a snapshot whose metadata record the documents, and so many more as are given by index."""
    held = {index: cluster.count(index) for index in indices}
    record = counts.record({index: number + more.get(index, 0) for index, number in held.items()}, {})
    cluster.snapshot(repository, name, *indices, metadata=record)


def saved(cluster: Cluster, *suffixes: str, **settings: Any) -> str:
    """Make an index of five documents for each suffix, and the snapshot `good` of them; its repository."""
    indices = [cluster.filled_index(suffix, 5) for suffix in suffixes]
    repository = cluster.repository(**settings)
    recorded(cluster, repository, "good", *indices)
    return repository


def cut(cluster: Cluster, repository: str, index: str) -> None:
    """Cut the data of an index in the repository, as a disk that fails does."""
    folder = cluster.folder(repository)
    (listed,) = folder.glob("index-*")
    number = json.loads(listed.read_bytes())["indices"][index]["id"]
    files = list((folder / "indices" / number).rglob("__*"))
    assert files
    for file in files:
        with file.open("r+b") as opened:
            opened.truncate(10)


def state(cluster: Cluster) -> dict[str, str]:
    """Return whether each index of the test is open."""
    found = cluster.ask("GET", "_cluster/state/metadata?filter_path=metadata.indices.*.state")["metadata"]["indices"]
    return {name: index["state"] for name, index in sorted(found.items()) if cluster.mine in name}


def scratch(cluster: Cluster) -> list[str]:
    """Return the indices that drills have, or have left."""
    found = cluster.ask("GET", "_cluster/state/metadata?filter_path=metadata.indices.*.state")
    return [name for name in found.get("metadata", {}).get("indices", {}) if name.startswith("day2-drill-")]


def leads_to(cluster: Cluster, alias: str) -> list[str]:
    """Return where an alias leads."""
    answer = cluster.answer("GET", f"_alias/{alias}")
    return sorted(answer.json()) if answer.ok else []


@contextlib.contextmanager
def full_disk(cluster: Cluster) -> Iterator[None]:
    """Have the disk of the node count as full, but not so that its indices become read-only."""
    marks = {"threshold_enabled": "true", "watermark.low": "0.001%", "watermark.high": "0.002%"}
    with settings(cluster, **{f"{_DISK}.{name}": value for name, value in marks.items()}):
        yield


@contextlib.contextmanager
def settings(cluster: Cluster, **given: Any) -> Iterator[None]:
    """Set settings of the cluster for a while."""
    cluster.ask("PUT", "_cluster/settings", {"transient": given})
    try:
        yield
    finally:
        cluster.ask("PUT", "_cluster/settings", {"transient": dict.fromkeys(given)})
