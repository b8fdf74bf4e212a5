# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores and drills as tests ask for them."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search import counts, drill, restore

from .search_help import Cluster


def restored(cluster: Cluster, repository: str, check_mode: bool = False, **options: Any) -> Result:
    """Restore with the module's own validation of options."""
    given = {"url": [cluster.url], "repository": repository, "indices": [f"{cluster.mine}*"], **options}
    return restore.operate(restore.SPEC.validate(given, "test"), check_mode)


def recorded(cluster: Cluster, repository: str, name: str, *indices: str, **more: int) -> None:
    """Make a snapshot whose metadata record the documents, and so many more as are given by index."""
    held = {index: cluster.count(index) for index in indices}
    record = counts.record({**held, **{name: held[name] + number for name, number in more.items()}}, {})
    cluster.snapshot(repository, name, *indices, metadata=record)


def drilled(cluster: Cluster, repository: str, check_mode: bool = False, **options: Any) -> Result:
    """Drill with the module's own validation of options."""
    given = {"url": [cluster.url], "repository": repository, **options}
    return drill.operate(drill.SPEC.validate(given, "test"), check_mode)
