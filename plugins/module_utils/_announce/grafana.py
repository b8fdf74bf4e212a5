# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""An annotation in Grafana: a region from what begins to its end, a point for anything else.

The API is Grafana's ``/api/annotations``: POST makes one and returns its id, PATCH changes what it is given
(https://grafana.com/docs/grafana/latest/developer-resources/api-reference/http-api/annotations/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from .._core.argspec import ArgSpec
from .._core.deadline import Deadline
from .._core.errors import OpsError
from .._core.http_options import SPEC as HTTP
from .._core.plain_http import Refused, ask, under
from .channel import Channel, Sent
from .message import INCIDENT, LASTING, Message

SPEC = (
    ArgSpec(
        options={
            "url": {"type": "str", "required": True},
            "tags": {"type": "list", "elements": "str", "default": []},
            "dashboard_uid": {"type": "str"},
            "panel_id": {"type": "int"},
        }
    )
    + HTTP
)
_GONE = 404


def channel(options: Mapping[str, Any]) -> Channel:
    """Return the channel. :raises InputError: an option is wrong."""
    return Channel("Grafana", _Annotations(SPEC.validate(options, "grafana")).send)


class _Annotations:
    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options

    def send(self, message: Message, kept: Mapping[str, Any], deadline: Deadline) -> Sent | None:
        """Make the annotation, or let the region that was begun end. :raises OpsError: Grafana does not take it."""
        if message.over:
            return self._end(message, kept or self._look(message, deadline), deadline)
        if message.event == INCIDENT and kept.get("id") is not None:
            return self._go_on(message, kept, deadline)
        return Sent(self._make(message, {}, deadline))

    def _go_on(self, message: Message, begun: Mapping[str, Any], deadline: Deadline) -> Sent:
        """Add a text to the region of an incident, which goes on."""
        text = _joined(begun, message)
        self._ask("PATCH", f"/{begun['id']}", {"text": text}, deadline)
        return Sent({**begun, "text": text})

    def _end(self, message: Message, begun: Mapping[str, Any], deadline: Deadline) -> Sent:
        """End the region. One that was never begun, or that somebody has removed, is made as a whole."""
        now = message.values["time_ms"]
        if begun.get("id") is not None:
            change = {"timeEnd": now, "text": _joined(begun, message)}
            try:
                self._ask("PATCH", f"/{begun['id']}", change, deadline)
                return Sent()
            except Refused as error:
                if error.status != _GONE:
                    raise
        began = str(begun.get("time") or message.values.get("began_ms"))  # a template may make a text of a number
        whole = {"time": int(began), "timeEnd": now} if began.isdecimal() else {}
        self._make(message, whole, deadline)
        return Sent()

    def _make(self, message: Message, times: Mapping[str, int], deadline: Deadline) -> dict[str, Any]:
        now = message.values["time_ms"]
        body: dict[str, Any] = {"time": now, "tags": self._tags(message), "text": message.text, **times}
        if self._options["dashboard_uid"]:
            body["dashboardUID"] = self._options["dashboard_uid"]
        if self._options["panel_id"] is not None:
            body["panelId"] = self._options["panel_id"]
        answer = self._ask("POST", "", body, deadline)
        made = answer.get("id") if isinstance(answer, Mapping) else None
        if not isinstance(made, int):
            raise OpsError("the answer holds no id of an annotation")
        return {"id": made, "time": now, "text": message.text} if message.event in LASTING else {}

    def _look(self, message: Message, deadline: Deadline) -> Mapping[str, Any]:
        """Return the region that a run began which died before it could say so; nothing when there is none."""
        if not message.values.get("window"):
            return {}
        query = urlencode([("tags", tag) for tag in self._tags(message)] + [("limit", "1")])
        answer = self._ask("GET", f"?{query}", None, deadline)
        found = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], Mapping) else {}
        return found if isinstance(found.get("id"), int) else {}

    def _tags(self, message: Message) -> list[str]:
        window = message.values.get("window")
        return ["day2", *self._options["tags"], *([f"window:{window}"] if window else [])]

    def _ask(self, method: str, path: str, body: Any, deadline: Deadline) -> Any:
        return ask(method, under(self._options["url"], f"api/annotations{path}"), body, self._options, deadline)


def _joined(begun: Mapping[str, Any], message: Message) -> str:
    return "\n".join(filter(None, (str(begun.get("text") or ""), message.text)))
