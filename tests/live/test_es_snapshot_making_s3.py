# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of OpenSearch 3 in S3: made, adopted, let go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.tests.lab.state import Facts, SearchFacts

from .es_snapshot_making_help import made
from .search_help import Cluster, cluster_of

pytestmark = pytest.mark.long


@pytest.fixture
def newest(opensearch3: SearchFacts) -> Iterator[Cluster]:
    with cluster_of("opensearch3", opensearch3) as cluster:
        yield cluster


def test_snapshots_in_s3(newest: Cluster, facts: Facts) -> None:
    newest.filled_index("data", 300)
    repository = f"{newest.mine}-s3"
    # Its usual client for removals knows only the authorities of the system, and waits for half a minute.
    settings = {"bucket": facts["s3"]["bucket"], "base_path": newest.mine, "s3_async_client_type": "netty"}
    limited = {**settings, "max_snapshot_bytes_per_sec": "200kb"}
    newest.ask("PUT", f"_snapshot/{repository}", {"type": "s3", "settings": limited})
    late = made(newest, repository, "daily-20260101", wait_timeout="500ms")
    assert (late.failed, late.data["state"]) == (True, "IN_PROGRESS")
    adopted = made(newest, repository, "daily-20260101")
    assert (adopted.data["state"], adopted.data["adopted"], adopted.data["documents"]) == ("SUCCESS", True, 300)
    result = made(newest, repository, retention={"last": 1})
    assert [one["snapshot"] for one in result.data["removed"]] == ["daily-20260101"]
    assert newest.snapshots(repository) == {result.data["snapshot"]: "SUCCESS"}
    assert not made(newest, repository, retention={"last": 1}).changed
    assert made(newest, repository, state="absent", force=True).changed
    assert newest.snapshots(repository) == {}
