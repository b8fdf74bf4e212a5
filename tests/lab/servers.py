# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All servers of the lab, by name."""

from __future__ import annotations

from .alertmanager_server import AlertmanagerServer
from .bad_http_server import BadHttpServer
from .docker_server import DockerServer
from .errors import LabError
from .home import Home
from .keda_server import KedaServer
from .kubernetes_server import KubernetesServer
from .node_exporter_server import NodeExporterServer
from .postgres_server import PostgresServer
from .prometheus_server import PrometheusServer
from .rabbitmq_server import RabbitMqServer
from .redis_cluster_server import RedisClusterServer
from .redis_sentinel_server import RedisSentinelServer
from .redis_server import RedisServer
from .redis_tls_server import RedisTlsServer
from .s3_server import S3Server
from .search3_server import OpenSearch3Server
from .search_proxy_server import SearchProxyServer
from .search_server import ElasticsearchServer, OpenSearchServer
from .server import Server
from .service_server import ServiceServer
from .sqs_server import SqsServer
from .systemd_host_server import SystemdHostServer
from .webhook_server import WebhookServer

_KINDS: tuple[type[Server], ...] = (
    RedisServer,
    PostgresServer,
    ServiceServer,
    WebhookServer,
    BadHttpServer,
    NodeExporterServer,
    AlertmanagerServer,
    PrometheusServer,
    RedisTlsServer,
    RedisClusterServer,
    RedisSentinelServer,
    RabbitMqServer,
    SqsServer,
    S3Server,
    DockerServer,
    SystemdHostServer,
    OpenSearchServer,
    ElasticsearchServer,
    SearchProxyServer,
    OpenSearch3Server,
    KubernetesServer,
    KedaServer,
)
# In the order of their start: what a server needs stands before it, and what it may use.
SERVERS: dict[str, type[Server]] = {kind.name: kind for kind in _KINDS}


def server_named(home: Home, name: str) -> Server:
    """Return the server of that name; raises LabError for another name."""
    try:
        return SERVERS[name](home)
    except KeyError as error:
        raise LabError(f"no server '{name}'; expected one of {', '.join(SERVERS)}") from error


def light() -> list[str]:
    """Return the names of those that start when none is named."""
    return [name for name, kind in SERVERS.items() if not kind.on_request]


def in_order(names: list[str]) -> list[str]:
    """Return the names and all that they need, in the order of the table; raises LabError for an unknown one."""
    unknown = [name for name in names if name not in SERVERS]
    if unknown:
        raise LabError(f"no server '{unknown[0]}'; expected one of {', '.join(SERVERS)}")
    wanted = {other for name in names for other in (name, *SERVERS[name].needs)}
    return [name for name in SERVERS if name in wanted]


def parts(home: Home, name: str) -> list[tuple[Server, str]]:
    """Return (server, process name) for each process of the server, or of the one process, of that name.

    Raises LabError for a name that is neither, or was never started.
    """
    known = [(kind(home), part) for kind in SERVERS.values() for part in kind(home).process_names()]
    found = [
        (server, part) for server, part in known if name in {server.name, part} and part in home.facts["processes"]
    ]
    if not found:
        names = {server.name for server, part in known} | {part for _server, part in known}
        raise LabError(f"no server or process '{name}' was started in this lab; known: {', '.join(sorted(names))}")
    return found
