# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state.json: everything a client of the lab must know, in one file that only its owner reads (mode 0600).

The classes below are its shape. A part is there once that server has been started; `prometheus` and
`alertmanager` stay away on a machine without their programs, and `absent` then says why.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, TypedDict

from .errors import LabError

FILE_NAME = "state.json"


class ProcessFacts(TypedDict):
    """One process, with what is needed to know it again and to start it again."""

    pid: int
    started: int  # clock ticks since boot: with the pid it names one process for ever
    argv: list[str]
    log: str
    unprivileged: bool  # runs as the servers' account when the lab is run by root
    stop_signal: int


class RedisFacts(TypedDict):
    """A Redis-compatible server: `port` is plain, `tls_port` speaks TLS for the same data."""

    host: str
    port: int
    tls_port: int
    user: str
    password: str
    db: int
    ca_certs: str
    wrong_ca: str  # an authority that did not sign the server's certificate
    admin_user: str
    admin_password: str
    aof: str  # always, everysec or no: when the append-only file is synced


class RedisNodeFacts(TypedDict):
    """One of several servers that belong together; `tls_port` is 0 where their program was built without TLS."""

    port: int
    tls_port: int


class RedisClusterFacts(TypedDict):
    """A Redis Cluster; `nodes` are primaries, `buses` the ports on which they speak with each other."""

    host: str
    nodes: list[RedisNodeFacts]
    buses: list[int]
    user: str
    password: str
    ca_certs: str
    wrong_ca: str


class RedisSentinelFacts(TypedDict):
    """Sentinels of one service; `data` are its primary and replica, in no order that lasts."""

    host: str
    service: str
    data: list[RedisNodeFacts]
    sentinels: list[RedisNodeFacts]
    user: str
    password: str
    sentinel_user: str
    sentinel_password: str
    ca_certs: str
    wrong_ca: str


class PostgresFacts(TypedDict):
    """A Postgres server; `user` owns `database` and is no superuser, `admin_user` is one."""

    host: str
    port: int
    user: str
    password: str
    database: str
    sslmode: str  # verify-full where the server has TLS, else disable
    ca_certs: str
    wrong_ca: str
    admin_user: str
    admin_password: str
    bin_dir: str  # psql, pg_dump, pg_restore and so on where the wheel has them


class ServiceFacts(TypedDict):
    """The demo service; the names of its Redis keys are those of the work in the queue."""

    url: str
    admin_token: str
    version: str
    queue: str
    dead: str
    processing: str  # pattern: one list a worker
    heartbeat: str  # pattern: one key with a time to live a worker
    workers: int


class WebhookFacts(TypedDict):
    """The sink of announcements: POST to `url`; `file` has one JSON document a line."""

    url: str
    file: str


class BadHttpFacts(TypedDict):
    """HTTP servers that behave badly; see bad_http.py for their paths."""

    url: str
    other_url: str  # another host (name and port), where /redirect-other-host leads
    tls_url: str
    tls_expired_url: str
    tls_wrong_host_url: str
    tls_soon_url: str
    soon_days: int  # the certificate of tls_soon_url ends in so many days
    ca_certs: str
    wrong_ca: str


class UrlFacts(TypedDict):
    """A server that needs no more than its address."""

    url: str


class PrometheusFacts(UrlFacts):
    """Prometheus: `reload` of prometheus_server.py makes it read new files in these folders."""

    rules_dir: str
    targets_dir: str


class S3Facts(UrlFacts):
    """A server of the S3 protocol; `bucket` is there, and what is in it are files in `data_dir`/`bucket`."""

    bucket: str
    region: str
    access_key: str
    secret_key: str
    ca_certs: str
    wrong_ca: str
    data_dir: str


class RabbitMqFacts(TypedDict):
    """RabbitMQ; `user` is an administrator."""

    host: str
    amqp_port: int
    amqp_tls_port: int
    management_port: int
    management_tls_port: int
    internal_ports: list[int]
    user: str
    password: str
    ca_certs: str
    wrong_ca: str


class DockerFacts(TypedDict):
    """A Docker daemon; publish ports to 127.0.0.1 only, and never pull."""

    socket: str
    url: str  # unix://SOCKET: for DOCKER_HOST
    image: str  # busybox, with a shell, httpd, nc and so on; its network is "none" unless one is named
    network: str  # containers in it reach each other by name
    exec_root: str


class SystemdHostFacts(TypedDict):
    """A host with systemd: a container of that name in the daemon at `docker_url`."""

    container: str
    docker_url: str
    image: str


class SearchFacts(TypedDict):
    """A node of OpenSearch or Elasticsearch; fs repositories are folders in `repositories_dir`."""

    url: str
    transport_port: int
    repositories_dir: str


class SearchProxyFacts(UrlFacts):
    """nginx before the lab's OpenSearch, with TLS; `url` wants a login, the other doors what they are named for."""

    user: str
    password: str
    reader: str  # gets 403 for all of /_snapshot
    reader_password: str
    key_url: str  # wants `api_key`
    api_key: str  # ID:SECRET
    open_url: str  # wants nothing
    page_url: str  # always a page of HTML with status 200
    unavailable_url: str  # always 503
    limited_url: str  # one request in two seconds, else 503
    nobody_url: str  # 502: nothing listens behind it
    impatient_url: str  # 504 when the node has not answered for a second
    ca_certs: str
    wrong_ca: str


class KubernetesFacts(TypedDict):
    """The API of Kubernetes; `token` may do everything, `powerless_token` is known and may do nothing."""

    url: str
    kubeconfig: str  # with `token`
    token: str
    powerless_token: str
    ca_certs: str
    wrong_ca: str
    nodes: list[str]
    etcd_ports: list[int]


class KedaFacts(TypedDict):
    """KEDA on the lab's Kubernetes: its operator and its adapter, which speak with each other at `between_port`."""

    metrics_port: int  # of the API of external metrics
    health_port: int
    between_port: int
    page_port: int


class Facts(TypedDict, total=False):
    """The whole of state.json."""

    dir: str
    run_dir: str  # where servers keep their data: `dir`, or a folder of its own where servers cannot reach that
    redis: RedisFacts
    postgres: PostgresFacts
    service: ServiceFacts
    webhook: WebhookFacts
    bad_http: BadHttpFacts
    node_exporter: UrlFacts
    prometheus: PrometheusFacts
    alertmanager: UrlFacts
    redis_tls: RedisFacts
    redis_cluster: RedisClusterFacts
    redis_sentinel: RedisSentinelFacts
    rabbitmq: RabbitMqFacts
    sqs: UrlFacts  # of a stand-in for Amazon SQS
    s3: S3Facts
    docker: DockerFacts
    systemd_host: SystemdHostFacts
    opensearch: SearchFacts
    elasticsearch: SearchFacts
    opensearch3: SearchFacts
    search_proxy: SearchProxyFacts
    kubernetes: KubernetesFacts
    keda: KedaFacts
    absent: dict[str, str]  # server: why this machine does not have it
    faults: list[list[str]]  # [server, how] of what is broken on purpose now
    undo: dict[str, Any]  # what mending needs to know
    processes: dict[str, ProcessFacts]


def path_in(folder: Path) -> Path:
    """Return where the lab of this folder keeps its facts."""
    return folder / FILE_NAME


def read(folder: Path) -> Facts:
    """Return the facts of the lab in the folder; raises LabError when no lab is up there."""
    path = path_in(folder)
    try:
        facts: Facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LabError(f"no lab in {folder}: start one with 'lab up --dir {folder}'") from error
    except (OSError, ValueError) as error:
        raise LabError(f"cannot read {path}: {error}; 'lab down' cannot help, remove the folder by hand") from error
    return facts


def write(folder: Path, facts: Facts) -> None:
    """Write the facts so that a reader sees the old or the new ones, never a part."""
    number, name = tempfile.mkstemp(prefix=FILE_NAME, dir=folder)  # made with mode 0600
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    Path(name).replace(path_in(folder))
