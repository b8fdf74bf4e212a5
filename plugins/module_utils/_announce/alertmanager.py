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

    def send(message: Message, kept: Mapping[str, Any], deadline: Deadline) -> Sent | None:
        if not message.alert:
            return None
        alert = ALERT.validate(message.alert, "alert")
        labels, annotations = _texts(alert["labels"]), _texts(alert["annotations"])
        before = kept.get("labels") or labels
        # an alert is known by its labels: one of others, such as another severity, goes on beside it until it is ended
        ended = [] if before == labels else [_told(before, annotations, message.now, 0)]
        lasts = alert["hours"] * 3600 if alert["firing"] else 0
        told = [*ended, _told(labels, annotations, message.now, lasts)]
        ask("POST", under(url, "api/v2/alerts"), told, options, deadline)
        return Sent({"labels": labels} if alert["firing"] else {})

    return Channel("Alertmanager", send)


def _told(labels: Mapping[str, str], annotations: Mapping[str, str], now: float, lasts: float) -> dict[str, Any]:
    """Return an alert as the API takes it; one that lasts no seconds from now on has ended, which resolves it."""
    times = {"startsAt": _written(now), "endsAt": _written(now + lasts)}
    return {"labels": labels, "annotations": annotations, **times}


def _texts(given: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(name): str(value) for name, value in (given or {}).items()}


def _written(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
