# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real nodes of which only one may use the folder of a repository, and a bucket of a real OpenSearch 3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search.repository import SPEC, operate
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.ports import HOST
from ansible_collections.day2.ops.tests.lab.search_server import ElasticsearchServer, OpenSearchServer, SearchServer
from ansible_collections.day2.ops.tests.lab.state import Facts, SearchFacts

from .search_help import Cluster, cluster_of

pytestmark = pytest.mark.long

_PRODUCTS: dict[str, tuple[type[SearchServer], str, str]] = {
    "opensearch": (OpenSearchServer, "cluster_manager", "cluster.initial_cluster_manager_nodes"),
    "elasticsearch": (ElasticsearchServer, "master", "cluster.initial_master_nodes"),
}


def had(cluster: Cluster, check_mode: bool = False, **options: Any) -> Result:
    given = {"url": [cluster.url], "name": f"{cluster.mine}-own", "timeout": 60, **options}
    return operate(SPEC.validate(given, "test"), check_mode)


@contextmanager
def member(lab: Lab, product: str, suffix: str, **settings: str) -> Iterator[SearchFacts]:
    """Run a node of a cluster of its own; with a seed it joins that."""
    given = {"discovery.type": "zen", "cluster.name": "two", **settings}

    class Member(_PRODUCTS[product][0]):  # type: ignore[misc]
        name = f"{product}-{suffix}"

        def more_settings(self) -> dict[str, str]:
            return given

    server: SearchServer = Member(lab.home)
    if server.missing():
        pytest.skip(server.missing())
    try:
        server.start()
        yield lab.facts[server.name]  # type: ignore[literal-required]
    finally:
        lab.home.stop(server.name)
        lab.facts.pop(server.name, None)  # type: ignore[misc]
        lab.home.save()


@pytest.fixture(params=list(_PRODUCTS))
def two(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Cluster]:
    """The elected node; the other holds data and has another folder in path.repo."""
    product: str = request.param
    _server, elected, initial = _PRODUCTS[product]
    first = f"{product}-one"
    with member(lab, product, "one", **{initial: first, "node.roles": f"{elected},data"}) as facts:
        seed = f"{HOST}:{facts['transport_port']}"
        second = member(lab, product, "two", **{"discovery.seed_hosts": seed, "node.roles": "data"})
        with second, cluster_of(product, facts) as cluster:
            cluster.ask("GET", "_cluster/health?wait_for_nodes=2&timeout=30s")
            yield cluster


def test_the_node_that_cannot_use_it_is_named(two: Cluster) -> None:
    name = f"{two.mine}-own"
    location = str(two.folder(name))
    with pytest.raises(OpsError) as caught:
        had(two, type="fs", settings={"location": location})
    said = "RepositoryMissingException[[" + name + "] missing]"
    assert caught.value.details["failed_nodes"] == [{"node": f"{two.name}-two", "said": said}]
    told = str(caught.value)
    assert told.isprintable()
    assert f"fails its verification: node {two.name}-two: {said}" in told
    assert "it was unregistered again" in told
    assert told.endswith(
        f"restart them: {two.name}-two (has {two.repositories_dir.with_name(f'{two.name}-two-repositories')})"
    )
    assert two.repositories() == []
    made = had(two, type="fs", settings={"location": location}, verify=False)
    assert made.changed
    with pytest.raises(OpsError, match="fails its verification"):
        had(two, type="fs", settings={"location": location})
    assert two.repositories() == [name]


@pytest.fixture
def newest(opensearch3: SearchFacts) -> Iterator[Cluster]:
    with cluster_of("opensearch3", opensearch3) as cluster:
        yield cluster


def test_a_bucket(newest: Cluster, facts: Facts) -> None:
    bucket = {"bucket": facts["s3"]["bucket"], "base_path": newest.mine, "s3_async_client_type": "netty"}
    made = had(newest, type="s3", settings={**bucket, "compress": True})
    assert (made.changed, made.data["nodes"]) == (True, ["opensearch3"])
    again = had(newest, type="s3", settings={**bucket, "base_path": f"{newest.mine}/", "compress": "true"})
    assert (again.changed, again.data["nodes"]) == (False, ["opensearch3"])
    before = newest.ask("GET", f"_snapshot/{newest.mine}-own")
    with pytest.raises(OpsError, match=r"no_such_bucket_exception: .*; it has its earlier settings again"):
        had(newest, type="s3", settings={**bucket, "bucket": "no-such-bucket"})
    with pytest.raises(AccessDenied, match=r"Unknown s3 client name \[other\].*see s3.client.other.access_key and s3"):
        had(newest, type="s3", settings={**bucket, "client": "other"})
    assert newest.ask("GET", f"_snapshot/{newest.mine}-own") == before
    newest.snapshot(f"{newest.mine}-own", "one", newest.filled_index("data", 3))
    assert had(newest, state="absent").changed
    assert had(newest, type="s3", settings={**bucket, "readonly": True}).changed
    assert newest.snapshots(f"{newest.mine}-own") == {"one": "SUCCESS"}
