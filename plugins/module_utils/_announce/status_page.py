# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A status page, or whatever else takes a request for each event: the request is described, placeholders filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.deadline import Deadline
from .._core.errors import InputError, OpsError
from .._core.http_options import SPEC as HTTP
from .._core.jsonpath import Missing, look_up, parse
from .._core.plain_http import ask
from .channel import Channel, Sent
from .message import EVENTS, INCIDENT, Message
from .placeholders import asks_for, filled, filled_address

REQUEST = ArgSpec(
    options={
        "url": {"type": "str", "required": True},
        "method": {"type": "str", "default": "POST"},
        "body": {"type": "raw"},
        "id_path": {"type": "str"},
    }
)
UPDATE = "update"
_REQUESTS = [*EVENTS, UPDATE]
SPEC = (
    ArgSpec(
        options={
            "name": {"type": "str", "default": "status page"},
            **{name: {"type": "dict", "options": dict(REQUEST.options)} for name in _REQUESTS},
        },
        required_one_of=[EVENTS],
    )
    + HTTP
)


def channel(options: Mapping[str, Any]) -> Channel:
    """Return the channel. :raises InputError: an option is wrong."""
    validated = SPEC.validate(options, f"status page {options.get('name', '')}".rstrip())
    for name in _REQUESTS:
        parse((validated[name] or {}).get("id_path") or "")

    def send(message: Message, kept: Mapping[str, Any], deadline: Deadline) -> Sent | None:
        name = _request(validated, message, kept)
        return _send(validated, name, message, kept, deadline) if name else None

    return Channel(validated["name"], send)


def _request(options: Mapping[str, Any], message: Message, kept: Mapping[str, Any]) -> str:
    """Return whose request is sent; empty when there is none.

    The event's own; for another end, once all is over, that of the end. An incident is opened once.
    """
    if message.event == INCIDENT and (message.over or kept.get("id") is not None):
        name = "end" if message.over else UPDATE
    else:
        name = "end" if message.over and not options[message.event] else message.event
    return name if options[name] else ""


def _send(options: Mapping[str, Any], name: str, message: Message, kept: Mapping[str, Any], deadline: Deadline) -> Sent:
    request = options[name]
    where = f"{options['name']}: {name}"
    if asks_for(request, "id") and kept.get("id") is None:
        raise OpsError("nothing is open there that is known of", advice="look there by hand")
    values = {**message.values, **({"id": kept["id"]} if kept.get("id") is not None else {})}
    body = None if request["body"] is None else filled(request["body"], values, where)
    if not request["method"].isalpha():
        raise InputError(f"{where}: not a method of HTTP", on=request["method"])
    url = filled_address(request["url"], values, where)
    answer = ask(request["method"].upper(), url, body, options, deadline)
    return _kept(request["id_path"], answer) if request["id_path"] else Sent()


def _kept(path: str, answer: Any) -> Sent:
    found = look_up(answer, path)[0]
    if found is None or isinstance(found, (Missing, dict, list, bool)):
        return Sent(remark=f"its answer has no id at {path}: what was opened there cannot be ended from here")
    return Sent({"id": found})
