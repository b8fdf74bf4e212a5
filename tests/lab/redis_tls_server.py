# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second Redis server that speaks TLS by itself, where the machine has one that was built with it."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from .home import Home
from .redis_server import RedisServer, config_text, connect, connect_tls
from .state import RedisFacts

PROGRAM = "redis-server"
_TLS_CONFIG = """\
tls-port {tls_port}
tls-cert-file {folder}/server.pem
tls-key-file {folder}/server.key
tls-ca-cert-file {folder}/ca.pem
tls-auth-clients no
"""


class RedisTlsServer(RedisServer):
    """redis-server on PATH, which keeps nothing."""

    name = "redis_tls"
    on_request = True
    aof = "no"

    def missing(self) -> str:
        """See Server.missing."""
        program = shutil.which(PROGRAM)
        if program is None:
            return f"no {PROGRAM} on PATH"
        return "" if has_tls(program) else f"{program} was built without TLS"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _launch(self, facts: RedisFacts) -> None:
        folder = self.home.server_folder(self.name)
        text = config_text(facts, folder) + tls_config(self.home, folder, facts["tls_port"])
        config = self.home.server_file(folder / "redis.conf", text)
        program = shutil.which(PROGRAM) or PROGRAM
        server = self.home.launch(self.name, [program, str(config)], unprivileged=True)
        self._await(server, lambda: connect(facts).ping())
        self._await(server, lambda: connect_tls(facts).ping())


def tls_config(home: Home, folder: Path, port: int) -> str:
    """Return the lines of a configuration for TLS on the port, with the lab's certificates, put into the folder."""
    for part in ("ca.pem", "server.pem", "server.key"):
        home.server_file(folder / part, (home.folder / part).read_text(encoding="utf-8"))
    return _TLS_CONFIG.format(folder=folder, tls_port=port)


@cache
def has_tls(program: str) -> bool:
    """Tell whether a server was built with TLS: only then are the names of its settings in the program."""
    return b"tls-auth-clients" in Path(program).read_bytes()
