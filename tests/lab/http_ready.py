# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an HTTP server of the lab answers."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from . import process
from .state import ProcessFacts
from .waiting import wait_for


def status_of(url: str, seconds: float = 2.0) -> int:
    """Return the status of a GET; raises OSError when there is no answer in time."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()


def wait_until_ready(name: str, facts: ProcessFacts, url: str) -> None:
    """Return once a GET gives 200; raises LabError when the process ends or the time is over."""

    def ready() -> bool:
        process.require_alive(name, facts)
        return status_of(url) == 200

    wait_for(f"an answer of {name} ({url})", ready, seconds=20)
