# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's OpenSearch 3: snapshots in S3, and what OpenSearch 2 says of a snapshot of its."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.plugins.module_utils._search import connection
from ansible_collections.day2.ops.tests.lab import s3_server
from ansible_collections.day2.ops.tests.lab.state import Facts, SearchFacts

from .search_help import Cluster, cluster_of
from .search_states import newer_snapshot

pytestmark = pytest.mark.long


@pytest.fixture
def newest(opensearch3: SearchFacts) -> Iterator[Cluster]:
    with cluster_of("opensearch3", opensearch3) as cluster:
        yield cluster


def test_the_client_knows_it(newest: Cluster) -> None:
    with connection.connected(connection.SPEC.validate({"url": [newest.url]}, "test")) as client:
        assert (client.product.distribution, client.product.version) == ("opensearch", (3, 3))


def test_a_snapshot_in_s3_is_restored(newest: Cluster, facts: Facts) -> None:
    s3 = facts["s3"]
    index = newest.filled_index("data", 30)
    repository = f"{newest.mine}-s3"
    # Its usual client for removals knows only the authorities of the system, and waits for half a minute.
    settings = {"bucket": s3["bucket"], "base_path": newest.mine, "s3_async_client_type": "netty"}
    newest.ask("PUT", f"_snapshot/{repository}", {"type": "s3", "settings": settings})
    newest.ask("POST", f"_snapshot/{repository}/_verify")
    newest.snapshot(repository, "one", index)
    assert newest.snapshots(repository) == {"one": "SUCCESS"}
    found = s3_server.client(s3).list_objects_v2(Bucket=s3["bucket"], Prefix=newest.mine)["Contents"]
    assert any(entry["Key"].endswith("/index.latest") for entry in found)
    newest.ask("DELETE", index)
    newest.ask("POST", f"_snapshot/{repository}/one/_restore?wait_for_completion=true")
    assert newest.count(index) == 30
    newest.ask("DELETE", f"_snapshot/{repository}/one")
    missing = {**settings, "bucket": "no-such-bucket"}
    answer = newest.answer("PUT", f"_snapshot/{repository}-missing", {"type": "s3", "settings": missing})
    assert "repository_verification_exception" in answer.text


def test_opensearch_2_may_not_restore_what_3_has_made(newest: Cluster, opensearch: SearchFacts) -> None:
    with cluster_of("opensearch", opensearch) as reader:
        repository = newer_snapshot(newest, reader, "newer")
        assert reader.snapshots(repository) == {"newer": "SUCCESS"}
        answer = reader.answer("POST", f"_snapshot/{repository}/newer/_restore")
        assert answer.status_code == 500
        assert "which is higher than the version of this node" in answer.text
