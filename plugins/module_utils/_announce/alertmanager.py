# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""An alert over Alertmanager's API v2, which ends by itself when nobody fires it again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.deadline import Deadline
from .._core.http_options import SPEC as HTTP
from .._core.plain_http import ask, under
from .channel import Channel, Sent
from .message import Message

ALERT = ArgSpec(
    options={
        "firing": {"type": "bool", "default": True},
        "labels": {"type": "dict", "default": {}},
        "annotations": {"type": "dict", "default": {}},
        "hours": {"type": "float", "default": 25.0},
    }
)


def channel(url: str) -> Channel:
    """Return the channel, which tells of messages with an alert."""
    options = HTTP.validate({}, "alertmanager")

    def send(message: Message, _kept: Mapping[str, Any], deadline: Deadline) -> Sent | None:
        if not message.alert:
            return None
        alert = ALERT.validate(message.alert, "alert")
        # an alert that has ended is one that is resolved
        lasts = alert["hours"] * 3600 if alert["firing"] else 0
        told = {
            "labels": {str(name): str(value) for name, value in alert["labels"].items()},
            "annotations": {str(name): str(value) for name, value in (alert["annotations"] or {}).items()},
            "startsAt": _written(message.now),
            "endsAt": _written(message.now + lasts),
        }
        ask("POST", under(url, "api/v2/alerts"), [told], options, deadline)
        return Sent()

    return Channel("Alertmanager", send)


def _written(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
