# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done inside a network of its own: a service on two addresses, its ports closed and opened by the real nft.

    unshare --net python -m ...live.ingress_firewall_inside

Prints, as JSON, what clients met after each step. One connection lasts all through.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate

LOCAL, OUTSIDE, PORT = "127.0.0.1", "10.99.0.1", 8000


class _Well(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def asked(connection: HTTPConnection) -> str:
    """Return the status of an answer, or the error that stands for it."""
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        return type(error).__name__
    return str(answer.status)


def anew(host: str) -> str:
    """Ask over a connection of its own."""
    return asked(HTTPConnection(host, PORT, timeout=5))


def switched(state: str, **more: Any) -> dict[str, Any]:
    """Do what the module does; return what is met then."""
    outside = {"url": f"http://{OUTSIDE}:{PORT}/", "open_status": [200], "closed_unreachable": True}
    switch = {"kind": "firewall", "ports": [PORT], "outside": outside, **more}
    result = operate(SPEC.validate({"state": state, "switch": switch, "timeout": 30}, "it"), False)
    return {"changed": result.changed, "local": anew(LOCAL), "outside": anew(OUTSIDE)}


def rules() -> str:
    """Return all that nft has."""
    return subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Do it all."""
    for argv in (["link", "set", "lo", "up"], ["address", "add", f"{OUTSIDE}/32", "dev", "lo"]):
        subprocess.run(["ip", *argv], check=True)
    subprocess.run(["nft", "add", "table", "ip", "theirs"], check=True)
    before = rules()
    with ThreadingHTTPServer(("", PORT), _Well) as service, socket.create_server((LOCAL, PORT + 1)):
        threading.Thread(target=service.serve_forever, daemon=True).start()
        lasting = HTTPConnection(OUTSIDE, PORT, timeout=5)
        asked(lasting)
        told: dict[str, Any] = {"closed": switched("closed"), "again": switched("closed"), "lasting": asked(lasting)}
        told["cut"] = switched("closed", cut=True)
        told["lasting cut"] = asked(lasting)
        told["open"] = switched("open", cut=True)
        told["open again"] = switched("open", cut=True)
        service.shutdown()
    told["same rules"] = rules() == before
    print(json.dumps(told))


if __name__ == "__main__":
    main()
