# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RabbitMQ with its management API, where the machine has it: Debian's, run by hand, with a port mapper of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import requests

from . import process
from .passwords import new_password
from .ports import HOST
from .server import OnPorts
from .state import RabbitMqFacts
from .waiting import wait_for

# The one on PATH insists on the account of the Debian package.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
MAPPER = "epmd"
_SECONDS = 120  # on a machine that is busy with other tests
_CONFIG = """\
listeners.tcp.default = {host}:{amqp_port}
listeners.ssl.default = {host}:{amqp_tls_port}
ssl_options.cacertfile = {folder}/ca.pem
ssl_options.certfile = {folder}/server.pem
ssl_options.keyfile = {folder}/server.key
ssl_options.verify = verify_none
management.tcp.ip = {host}
management.tcp.port = {management_port}
management.ssl.ip = {host}
management.ssl.port = {management_tls_port}
management.ssl.cacertfile = {folder}/ca.pem
management.ssl.certfile = {folder}/server.pem
management.ssl.keyfile = {folder}/server.key
default_user = {user}
default_pass = {password}
default_user_tags.administrator = true
# Five seconds by default: tests would wait for them.
collect_statistics_interval = 1000
log.console = true
log.console.level = warning
log.file = false
"""


class RabbitMqServer(OnPorts[RabbitMqFacts]):
    """A node of one, on loopback only; it takes some seconds to start."""

    ports = 6
    name = "rabbitmq"
    on_request = True
    mapper = "rabbitmq-epmd"

    def missing(self) -> str:
        """See Server.missing."""
        if not PROGRAM.exists():
            return f"no {PROGRAM} (Debian: rabbitmq-server)"
        return "" if shutil.which(MAPPER) else f"no {MAPPER} on PATH (Debian: erlang-base)"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.mapper, self.name)

    def _new_facts(self, ports: list[int]) -> RabbitMqFacts:
        return {
            "host": HOST,
            "amqp_port": ports[0],
            "amqp_tls_port": ports[1],
            "management_port": ports[2],
            "management_tls_port": ports[3],
            "internal_ports": ports[4:],
            "user": "day2",
            "password": new_password(),
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
        }

    def _launch(self, facts: RabbitMqFacts) -> None:
        folder = self.home.server_folder(self.name)
        for part in ("ca.pem", "server.pem", "server.key"):
            self.home.server_file(folder / part, (self.home.folder / part).read_text(encoding="utf-8"))
        self.home.server_file(folder / "rabbitmq.conf", _CONFIG.format(folder=folder, **facts))
        self.home.server_file(folder / "plugins", "[rabbitmq_management].\n")
        mapper_port, node_port = facts["internal_ports"]
        mapper = [shutil.which(MAPPER) or MAPPER, "-port", str(mapper_port), "-address", HOST]
        self.home.launch(self.mapper, mapper, unprivileged=True)
        argv = ["/usr/bin/env", *_environment(folder, mapper_port, node_port), str(PROGRAM)]
        server = self.home.launch(self.name, argv, unprivileged=True)

        def answers() -> bool:
            process.require_alive(self.name, server)
            # its management answers before the broker itself listens
            ports = (facts["amqp_port"], facts["amqp_tls_port"])
            return all(api(facts, "GET", f"/health/checks/port-listener/{port}").ok for port in ports)

        wait_for(f"an answer of {self.name}", answers, _SECONDS, every=0.2)


def _environment(folder: Path, mapper_port: int, node_port: int) -> list[str]:
    """Return variables as `env` takes them: everything of the node is in the folder."""
    variables = {
        "HOME": folder,  # of the cookie
        "ERL_EPMD_PORT": mapper_port,
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_NODENAME": f"day2-{node_port}@localhost",
        "RABBITMQ_DIST_PORT": node_port,
        "RABBITMQ_MNESIA_BASE": folder / "data",
        "RABBITMQ_LOG_BASE": folder / "log",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": folder / "rabbitmq.conf",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "plugins",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +S 2:2",
    }
    return [f"{name}={value}" for name, value in variables.items()]


def api(facts: RabbitMqFacts, method: str, path: str, body: object = None) -> requests.Response:
    """Return the answer of the management API to its administrator."""
    url = f"http://{facts['host']}:{facts['management_port']}/api{path}"
    return requests.request(method, url, json=body, auth=(facts["user"], facts["password"]), timeout=10)
