# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alertmanager, where the machine has it."""

from __future__ import annotations

import json

from .url_server import UrlServer

_CONFIG = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


class AlertmanagerServer(UrlServer):
    """The program by Debian's name or its own."""

    name = "alertmanager"
    programs = ("prometheus-alertmanager", "alertmanager")

    def arguments(self, address: str) -> list[str]:
        """See UrlServer.arguments."""
        folder = self.home.server_folder(self.name)
        config = self.home.server_file(folder / "alertmanager.yml", json.dumps(_CONFIG))
        argv = [f"--config.file={config}", f"--storage.path={folder / 'data'}"]
        return [*argv, f"--web.listen-address={address}", "--cluster.listen-address="]
