# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo service's front: a real nginx that answers for it while it is maintained, as a site's proxy does.

Orders are refused there with 503 while its switch is turned; all else still reaches the service behind it. Each order
comes on a connection of its own, so that no client loses one to a connection that a reload has closed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import nginx, process
from .home import Home
from .http_ready import status_of
from .nginx import Nginx
from .ports import HOST
from .waiting import wait_for

NAME = "front"
RETRY_SECONDS = 5
# What a site writes into the file of its switch: a clear answer, and when to come again.
_CLOSED = f"""\
add_header Retry-After {RETRY_SECONDS} always;
default_type application/json;
return 503 '{{"error": "maintenance, try again later"}}';
"""
_CONFIG = """\
keepalive_timeout 0;
server {{
    listen {host}:{port};
    location = /front {{ return 204; }}
    location / {{ proxy_pass {behind}; }}
    location = /orders {{
        include {folder}/switch/*.conf;
        proxy_pass {behind};
    }}
}}
"""


class Front:
    """One nginx before the service at the URL `behind`. `url` is where clients go, once it was started."""

    def __init__(self, home: Home, behind: str) -> None:
        self.url = ""
        self._behind = behind
        self._nginx = Nginx(home, NAME)
        self._home = home

    @staticmethod
    def missing() -> str:
        """Return why there is none here, or an empty text."""
        return nginx.missing()

    def start(self) -> None:
        """Start it, and return once it answers. It ends with the lab."""
        self._home.on_free_ports(1, self._start)

    def switch(self) -> dict[str, Any]:
        """Return the switch for `day2_ingress`: the file that nginx includes, checked and reloaded by itself."""
        command = self._nginx.argv()
        return {
            "kind": "file",
            "path": str(self._folder / "maintenance.conf"),
            "closed_content": _CLOSED,
            "check": [*command, "-t", "-q"],
            "reload": [*command, "-s", "reload"],
            # an order without content stores nothing: the service answers 400, a closed front 503
            "outside": {
                "url": f"{self.url}/orders",
                "method": "POST",
                "body": {},
                "open_status": [400],
                "closed_status": [503],
            },
        }

    def _start(self, ports: list[int]) -> None:
        self._folder.mkdir(exist_ok=True)
        self._folder.chmod(0o755)
        url = f"http://{HOST}:{ports[0]}"
        text = _CONFIG.format(host=HOST, port=ports[0], behind=self._behind, folder=self._nginx.folder)
        running = self._nginx.start(text)

        def answers() -> bool:
            process.require_alive(NAME, running)
            return status_of(f"{url}/front") == 204

        wait_for(f"an answer of {NAME} ({url})", answers, seconds=20)
        self.url = url

    @property
    def _folder(self) -> Path:
        return self._nginx.folder / "switch"
