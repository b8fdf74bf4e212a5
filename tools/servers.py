# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get the servers that tests start and that no Python package brings: `make servers`, `kubernetes` and so on.

What is here is left alone; what cannot be had is said in a line with the tests that are left out, and is no error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.go_programs import COMPOSE, CONTROL_PLANE, KEDA
from ansible_collections.day2.ops.tests.lab.host_image import HOST_IMAGE
from ansible_collections.day2.ops.tests.lab.node_programs import BULLMQ
from ansible_collections.day2.ops.tests.lab.search_programs import ELASTICSEARCH, OPENSEARCH, OPENSEARCH3
from ansible_collections.day2.ops.tools import debian

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ansible_collections.day2.ops.tests.lab.artifacts import Artifact


class Package(NamedTuple):
    """A Debian package: one of its programs, by which it is seen to be here, and the tests that need it."""

    name: str
    program: str
    tests: str


PACKAGES = (
    Package("docker.io", "dockerd", "containers"),
    Package("busybox-static", "busybox", "containers"),
    Package("iptables", "iptables", "containers"),
    Package("mmdebstrap", "mmdebstrap", "a host with systemd"),
    Package("docker-compose", "docker-compose", "compose"),
    Package("etcd-server", "etcd", "Kubernetes"),
    Package("redis-server", "redis-server", "Redis with TLS of its own"),
    Package("rabbitmq-server", "rabbitmq-server", "RabbitMQ"),
    Package("prometheus", "prometheus", "Prometheus"),
    Package("prometheus-alertmanager", "prometheus-alertmanager", "Alertmanager"),
    Package("prometheus-node-exporter", "prometheus-node-exporter", "the node exporter"),
    Package("chromium", "chromium", "pages in a browser"),
    Package("dnsmasq-base", "dnsmasq", "a name server"),
    Package("ruby-sidekiq", "sidekiq", "Sidekiq"),
    Package("age", "age", "backups encrypted by age"),
    Package("cron", "cron", "backups by cron"),
    Package("pgbackrest", "pgbackrest", "archiving of the WAL"),
    Package("postgresql-15", "/usr/lib/postgresql/15/bin/postgres", "PostgreSQL 15"),
    Package("nginx", "nginx", "nginx"),
    Package("haproxy", "haproxy", "HAProxy"),
    Package("nftables", "nft", "a firewall"),
    Package("monitoring-plugins-basic", "/usr/lib/nagios/plugins/check_procs", "plugins for Nagios"),
)
# With what it takes, for a message.
FETCHED = (
    (OPENSEARCH, "55 MB, half a minute"),
    (ELASTICSEARCH, "35 MB, a quarter of a minute"),
    (HOST_IMAGE, "190 MB, a minute"),
    (BULLMQ, "20 MB, some seconds"),
)
BUILT = {
    "kubernetes": (CONTROL_PLANE, "15 minutes of one processor, 120 MB"),
    "compose": (COMPOSE, "6 minutes of one processor, 70 MB"),
    "keda": (KEDA, "16 minutes of one processor, 280 MB"),
    "opensearch3": (OPENSEARCH3, "80 MB, a minute"),
}


def say(text: str) -> None:
    print(f"servers: {text}", flush=True)


def left_out(packages: Sequence[Package], why: str) -> None:
    tests = ", ".join(dict.fromkeys(package.tests for package in packages))
    names = " ".join(package.name for package in packages)
    say(f"left out are tests with {tests}: {why} (Debian packages {names})")


def install_packages() -> None:
    """Install what is missing, where we may; start nothing and say what is left out."""
    wanted = [package for package in PACKAGES if not shutil.which(package.program)]
    if not wanted:
        return
    if os.geteuid() != 0:
        left_out(wanted, "only root can install what they need")
        return
    if not shutil.which("apt-get"):
        left_out(wanted, "there is no apt-get to install what they need with")
        return
    known = debian.known({package.name for package in wanted})
    unknown = [package for package in wanted if package.name not in known]
    if unknown:
        left_out(unknown, "apt knows no such package here")
    _install([package for package in wanted if package.name in known])


def _install(packages: Sequence[Package]) -> None:
    if not packages:
        return
    say(f"installing {' '.join(package.name for package in packages)} with apt-get; none of them is started")
    problem = debian.install([package.name for package in packages])
    absent = [package for package in packages if not shutil.which(package.program)]
    if absent:
        left_out(absent, f"apt-get failed: {problem}" if problem else "apt-get installed it without its program")


def make_artifacts(artifacts: Sequence[tuple[Artifact, str]]) -> bool:
    """Make what is not in the cache; returns whether all of it is there now."""
    made = [_make(artifact, cost) for artifact, cost in artifacts]
    return all(made)


def _make(artifact: Artifact, cost: str) -> bool:
    if not artifact.missing():
        return True
    if artifact.lacks():
        say(f"left out are tests with {artifact.what}: {artifact.lacks()}")
        return False
    say(f"making {artifact.what} in {artifact.folder.parent} ({cost})")
    began = time.monotonic()
    try:
        artifact.make()
    except (LabError, OSError) as error:
        say(f"left out are tests with {artifact.what}: {error}")
        return False
    say(f"{artifact.what}: ready in {time.monotonic() - began:.0f} s")
    return True


@contextlib.contextmanager
def system_programs() -> Iterator[None]:
    """Look for programs where Debian keeps those of root too."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([before, "/usr/sbin", "/sbin"])
    yield
    os.environ["PATH"] = before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["all", *BUILT])
    what = parser.parse_args().what
    # So that what is put out of the way meanwhile comes back.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with system_programs():
        if what in BUILT:
            return 0 if make_artifacts([BUILT[what]]) else 1
        install_packages()
        # Nobody but root can run a host in a container.
        make_artifacts([one for one in FETCHED if one[0] is not HOST_IMAGE or os.geteuid() == 0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
