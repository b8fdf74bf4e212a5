# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A STAND-IN for Amazon SQS: moto's server, which keeps queues in its memory and speaks the API of SQS.

It does as SQS does for what the tests use, with differences that they must know: its numbers are exact where those of
SQS are approximate, it takes any key, and it knows no StartMessageMoveTask.
"""

from __future__ import annotations

import importlib.util
import sys

from .http_ready import wait_until_ready
from .ports import HOST
from .server import OnPorts
from .state import UrlFacts


class SqsServer(OnPorts[UrlFacts]):
    """The server of the Python package moto."""

    name = "sqs"
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        absent = [part for part in ("moto", "flask", "flask_cors") if not importlib.util.find_spec(part)]
        return f"no {', '.join(absent)} in this environment" if absent else ""

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _new_facts(self, ports: list[int]) -> UrlFacts:
        return {"url": f"http://{HOST}:{ports[0]}"}

    def _launch(self, facts: UrlFacts) -> None:
        argv = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", facts["url"].rpartition(":")[2]]
        wait_until_ready(self.name, self.home.launch(self.name, argv), f"{facts['url']}/moto-api/data.json")
