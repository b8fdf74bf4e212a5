# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is told: the event, its text by the user's template or by default, and the values that templates can have."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InputError, one_line
from .placeholders import filled_text

MESSAGE = "message"
BEGIN, INCIDENT = "begin", "incident"
EVENTS = [MESSAGE, BEGIN, "end", "failed", "aborted", INCIDENT, "result"]
# These last until they are over: something is opened that is to be ended.
LASTING = (BEGIN, INCIDENT)
# After these what began is over, unless the caller says that it is not.
_LAST = ("end", "failed", "aborted")
_SUBJECT = 200  # characters


@dataclass(frozen=True)
class Message:
    """What to tell. ``over``: what began earlier has ended. ``now``: seconds since the epoch."""

    event: str
    subject: str
    text: str
    over: bool
    now: float
    values: Mapping[str, Any]
    alert: Mapping[str, Any]


def written(params: Mapping[str, Any], templates: Mapping[str, Any], now: float) -> tuple[Message, list[str]]:
    """Return the message for the options of ``announce``, and what is wrong with the user's template.

    With a template that is broken the default text is told. That is better than none.
    """
    event = params["event"]
    values = {
        **params["values"],
        "event": event,
        "text": params["text"],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "time": int(now),
        "time_ms": int(now * 1000),
    }
    text, problems = params["text"], []
    if event in templates:
        try:
            text = _by_template(templates[event], values, f"templates.{event}")
        except InputError as error:
            problems = [f"{error}; the default text was told"]
    subject = one_line(params["subject"] or next(iter(text.splitlines()), ""), _SUBJECT)
    over = event in _LAST if params["over"] is None else params["over"]
    values = {**values, "text": text, "subject": subject}
    return Message(event, subject, text, over, now, values, params["alert"]), problems


def _by_template(template: Any, values: Mapping[str, Any], where: str) -> str:
    """:raises InputError: it is no text, is empty, or has a placeholder that does not exist."""
    if not isinstance(template, str):
        raise InputError(f"{where}: expected a text", on=type(template).__name__)
    text = filled_text(template, values, where).strip()
    if not text:
        raise InputError(f"{where}: there is nothing in it")
    return text
