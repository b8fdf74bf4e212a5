# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sink of announcements as a server of the lab."""

from __future__ import annotations

from . import process
from .http_ready import wait_until_ready
from .ports import HOST
from .server import OnPorts
from .state import WebhookFacts


class WebhookServer(OnPorts[WebhookFacts]):
    """webhook_sink.py."""

    name = "webhook"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _new_facts(self, ports: list[int]) -> WebhookFacts:
        return {"url": f"http://{HOST}:{ports[0]}/", "file": str(self.home.run_dir / "webhook.jsonl")}

    def _launch(self, facts: WebhookFacts) -> None:
        port = facts["url"].rstrip("/").rpartition(":")[2]
        sink = self.home.launch(self.name, process.python_argv("webhook_sink", port, facts["file"]))
        wait_until_ready(self.name, sink, facts["url"])
