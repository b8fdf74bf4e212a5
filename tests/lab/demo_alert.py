# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An alert of the demo that fires before the window and goes on: a silence keeps it from being heard."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

MATCHERS = ["service=demo"]
SILENCE = {"matchers": MATCHERS, "duration": "1h", "grace": "5m"}
_NAME = "OrdersAreSlow"


class Alert:
    """Sent to an Alertmanager by its URL."""

    def __init__(self, url: str) -> None:
        self._url = url

    def fire(self) -> str:
        """Send it; returns a line for people."""
        ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        alert = {"labels": {"alertname": _NAME, "service": "demo"}, "endsAt": ends}
        body = json.dumps([alert]).encode()
        given = urllib.request.Request(f"{self._url}/api/v2/alerts", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(given, timeout=5):
            return f"the alert {_NAME} fires in Alertmanager, as it would when orders wait"

    def told(self) -> str:
        """Return how it stands with the alert, and until when it is silenced."""
        silences = {one["id"]: one["endsAt"] for one in self._get("silences")}
        for alert in self._get("alerts"):
            if alert["labels"]["alertname"] == _NAME:
                ends = [silences[one] for one in alert["status"]["silencedBy"] if one in silences]
                until = f", silenced until {ends[0][:19]}Z and heard again after that" if ends else ""
                return f"the alert {_NAME} is {alert['status']['state']}{until}"
        return f"the alert {_NAME} is not there"

    def is_muted(self) -> bool:
        """Tell whether the alert is there, and silenced."""
        states = [one["status"]["state"] for one in self._get("alerts") if one["labels"]["alertname"] == _NAME]
        return states == ["suppressed"]

    def _get(self, what: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self._url}/api/v2/{what}", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found
