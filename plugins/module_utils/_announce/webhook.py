# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A webhook that takes ``{"text": ...}`` as JSON, such as Slack's, and its blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.deadline import Deadline
from .._core.errors import InputError
from .._core.http_options import SPEC as HTTP
from .._core.plain_http import ask
from .channel import Channel, Sent
from .message import EVENTS, Message
from .placeholders import filled

SPEC = ArgSpec(options={"blocks": {"type": "raw"}}) + HTTP


def channel(url: str, options: Mapping[str, Any]) -> Channel:
    """Return the channel. :raises InputError: an option is wrong."""
    validated = SPEC.validate(options, "webhook")
    _check_blocks(validated["blocks"])

    def send(message: Message, _kept: Mapping[str, Any], deadline: Deadline) -> Sent:
        body: dict[str, Any] = {"text": message.text}
        remark = ""
        try:
            blocks = _of_event(validated["blocks"], message.event)
            if blocks:
                body["blocks"] = filled(blocks, message.values, "webhook.blocks")
        except InputError as error:
            remark = f"{error}; the text alone was told"
        ask("POST", url, body, validated, deadline)
        return Sent(remark=remark)

    return Channel("webhook", send)


def _check_blocks(given: Any) -> None:
    """:raises InputError: neither a list of blocks nor such a list for events that there are."""
    lists = given.values() if isinstance(given, Mapping) else [given or []]
    unknown = sorted(set(given) - set(EVENTS)) if isinstance(given, Mapping) else []
    if unknown or not all(isinstance(one, (list, tuple)) for one in lists):
        raise InputError(
            "webhook: blocks cannot be used", advice=f"expected a list, or a list for each of {', '.join(EVENTS)}"
        )


def _of_event(given: Any, event: str) -> Any:
    return given.get(event) if isinstance(given, Mapping) else given
