# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Prometheus node exporter, where the machine has it: this machine's own figures."""

from __future__ import annotations

from .url_server import UrlServer


class NodeExporterServer(UrlServer):
    """The program by Debian's name or its own."""

    name = "node_exporter"
    programs = ("prometheus-node-exporter", "node_exporter")
    ready = "/"

    def arguments(self, address: str) -> list[str]:
        """See UrlServer.arguments."""
        return [f"--web.listen-address={address}"]
