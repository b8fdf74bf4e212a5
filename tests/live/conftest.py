# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures over one lab of real servers, for all live tests.

`lab` is up for the whole session with all that this machine has; `facts` are its connection facts. What a
test breaks is mended after it; `redis_server` is a database that is empty before and after a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.go_programs import COMPOSE, compose_argv
from ansible_collections.day2.ops.tests.lab.keda_server import KedaServer
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_cluster_server import empty_cluster
from ansible_collections.day2.ops.tests.lab.redis_sentinel_server import await_quiet, connect_primary
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import (
    BadHttpFacts,
    DockerFacts,
    Facts,
    KubernetesFacts,
    PostgresFacts,
    PrometheusFacts,
    RabbitMqFacts,
    RedisClusterFacts,
    RedisFacts,
    RedisSentinelFacts,
    S3Facts,
    SearchFacts,
    SearchProxyFacts,
    ServiceFacts,
    SystemdHostFacts,
    UrlFacts,
)

from .asynq_help import built
from .search_help import Cluster, cluster_of


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The session's lab, in a folder of its own; removed at the end."""
    with Lab(tmp_path_factory.mktemp("lab") / "lab") as up:
        up.up()
        yield up


@pytest.fixture(autouse=True)
def _mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Mend what a test has broken in the session's lab, also when the test fails."""
    yield
    if "lab" in request.fixturenames:
        up: Lab = request.getfixturevalue("lab")
        up.mend_all()


@pytest.fixture
def facts(lab: Lab) -> Facts:
    """Everything a client must know: the content of state.json."""
    return lab.facts


@pytest.fixture
def redis_facts(facts: Facts) -> RedisFacts:
    """How to connect to Redis."""
    return facts["redis"]


@pytest.fixture
def redis_server(redis_facts: RedisFacts) -> Iterator[redis.Redis]:
    """An administrator's client of database 9, which is empty before and after the test."""
    with connect(redis_facts, db=9) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(scope="session")
def asynq_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in tests/lab/brokers/asynq, built; skips the test where that cannot be."""
    return built(tmp_path_factory.mktemp("asynq"))


@pytest.fixture
def bad_http(facts: Facts) -> BadHttpFacts:
    """The addresses of HTTP servers that behave badly; their paths are in tests/lab/bad_http.py."""
    return facts["bad_http"]


@pytest.fixture
def postgres_facts(facts: Facts) -> PostgresFacts:
    """How to connect to Postgres."""
    return facts["postgres"]


@pytest.fixture
def service(facts: Facts) -> ServiceFacts:
    """The demo service; its API and workers run."""
    return facts["service"]


@pytest.fixture
def lab_folder(tmp_path: Path) -> Path:
    """A folder for a lab of the test's own."""
    return tmp_path / "lab"


def _asked_for(lab: Lab, name: str) -> Facts:
    """Start a server that not every session needs; skips the test, with the reason, where the machine cannot."""
    reason = lab.missing(name)
    if reason:
        pytest.skip(reason)
    return lab.up([name])


@pytest.fixture
def prometheus(lab: Lab) -> PrometheusFacts:
    """Prometheus, which scrapes the demo service and the node exporter, and knows Alertmanager."""
    return _asked_for(lab, "prometheus")["prometheus"]


@pytest.fixture
def alertmanager(lab: Lab) -> UrlFacts:
    """Alertmanager."""
    return _asked_for(lab, "alertmanager")["alertmanager"]


@pytest.fixture
def node_exporter(lab: Lab) -> UrlFacts:
    """The node exporter: this machine's figures."""
    return _asked_for(lab, "node_exporter")["node_exporter"]


@pytest.fixture
def redis_tls(lab: Lab) -> RedisFacts:
    """A Redis of its own that speaks TLS by itself; its data is not that of `redis_facts`."""
    return _asked_for(lab, "redis_tls")["redis_tls"]


@pytest.fixture
def redis_cluster(lab: Lab) -> Iterator[RedisClusterFacts]:
    """A Redis Cluster of three primaries, which is empty before and after the test."""
    facts = _asked_for(lab, "redis_cluster")["redis_cluster"]
    empty_cluster(facts)
    yield facts
    empty_cluster(facts)


@pytest.fixture
def redis_sentinel(lab: Lab) -> Iterator[RedisSentinelFacts]:
    """A Redis primary and its replica under three sentinels, empty and quiet before the test."""
    facts = _asked_for(lab, "redis_sentinel")["redis_sentinel"]
    await_quiet(facts)
    with connect_primary(facts) as client:
        client.flushall()
    yield facts


@pytest.fixture
def rabbitmq(lab: Lab) -> RabbitMqFacts:
    """RabbitMQ, for the rest of the session: what a test makes in it, it removes."""
    return _asked_for(lab, "rabbitmq")["rabbitmq"]


@pytest.fixture
def sqs(lab: Lab) -> UrlFacts:
    """A STAND-IN for Amazon SQS (moto); what differs is in tests/lab/sqs_server.py."""
    return _asked_for(lab, "sqs")["sqs"]


@pytest.fixture
def s3(lab: Lab) -> S3Facts:
    """A server of the S3 protocol, over TLS, with a bucket: keep to a prefix of the test's own."""
    return _asked_for(lab, "s3")["s3"]


@pytest.fixture
def docker_server(lab: Lab) -> DockerFacts:
    """A Docker daemon with a small image; for the rest of the session, so remove what a test leaves in it."""
    return _asked_for(lab, "docker")["docker"]


@pytest.fixture
def systemd_host(lab: Lab) -> SystemdHostFacts:
    """A host with systemd and Python in a container; a test that breaks it takes another_host instead."""
    return _asked_for(lab, "systemd_host")["systemd_host"]


@pytest.fixture
def opensearch(lab: Lab) -> SearchFacts:
    """A node of OpenSearch, for the rest of the session: remove what a test makes in it."""
    return _asked_for(lab, "opensearch")["opensearch"]


@pytest.fixture
def elasticsearch(lab: Lab) -> SearchFacts:
    """A node of Elasticsearch, for the rest of the session: remove what a test makes in it."""
    return _asked_for(lab, "elasticsearch")["elasticsearch"]


@pytest.fixture
def opensearch3(lab: Lab) -> SearchFacts:
    """A node of OpenSearch 3, which can keep snapshots in the lab's server of S3 too."""
    return _asked_for(lab, "opensearch3")["opensearch3"]


@pytest.fixture
def search_proxy(lab: Lab) -> SearchProxyFacts:
    """TLS, logins and bad answers in front of the node of OpenSearch: a real nginx."""
    return _asked_for(lab, "search_proxy")["search_proxy"]


# Where both products are tried each time; elsewhere Elasticsearch is left to the long tests.
_BOTH_PRODUCTS = (
    "test_checks_elasticsearch",
    "test_es_repository",
    "test_es_snapshot_making",
    "test_es_snapshot_restore",
    "test_playbooks_search_backups",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        given = getattr(item, "callspec", None)
        if given and given.params.get("search_cluster") == "elasticsearch" and item.path.stem not in _BOTH_PRODUCTS:
            item.add_marker(pytest.mark.long)


@pytest.fixture(params=["opensearch", "elasticsearch"])
def search_cluster(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Cluster]:
    """Each product in turn; what a test made is removed, of a node that runs again if the test broke it."""
    name: str = request.param
    with cluster_of(name, request.getfixturevalue(name)) as made:
        yield made
        lab.mend(name)
        made.await_calm()


@pytest.fixture
def kubernetes(lab: Lab) -> KubernetesFacts:
    """The API of Kubernetes with stand-ins for nodes: what tags of images do is in tests/lab/nodes.py."""
    return _asked_for(lab, "kubernetes")["kubernetes"]


@pytest.fixture(scope="module")
def keda(lab: Lab) -> Iterator[None]:
    """KEDA on that Kubernetes, for the tests of a file: others are on a cluster that knows nothing of it."""
    _asked_for(lab, "keda")
    yield
    KedaServer(lab.home).withdraw()


@pytest.fixture
def compose() -> list[str]:
    """The command line of docker compose, to be followed by its arguments; set DOCKER_HOST for it."""
    argv = compose_argv()
    if not argv:
        pytest.skip(COMPOSE.missing())
    return argv
