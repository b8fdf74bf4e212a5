# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``announce`` to who was told and who was not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError, one_line
from .._core.result import Result
from . import alertmanager, grafana, mail, status_page, webhook
from .channel import Channel
from .message import EVENTS, MESSAGE, written
from .sending import Outcome, send_all

SPEC = ArgSpec(
    options={
        "text": {"type": "str", "required": True},
        "subject": {"type": "str", "default": ""},
        "event": {"type": "str", "choices": EVENTS, "default": MESSAGE},
        "values": {"type": "dict", "default": {}},
        "over": {"type": "bool"},
        "to": {"type": "dict", "default": {}},
        "alert": {"type": "dict", "default": {}},
        "kept": {"type": "dict", "default": {}},
    }
)

TIMEOUT = 5  # seconds for all channels together
_TO = ("webhook_url", "webhook", "mail", "alertmanager_url", "grafana", "status_pages", "templates", "timeout")


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Tell everybody at once. Never fails for the sake of a channel: who was not told is in the result.

    In check mode nobody is told; what is wrong with ``to`` is in the result all the same.
    """
    to = params["to"]
    channels, wrong = _channels(to)
    seconds = _seconds(to, wrong)
    templates = _templates(to, wrong)
    message, problems = written(params, templates, time.time())
    outcomes = [] if check_mode else send_all(channels, message, params["kept"], seconds)
    told = [one.name for one in outcomes if one.sent]
    not_told = [*wrong, *(f"{one.name} ({one.reason})" for one in outcomes if one.reason)]
    problems += [f"{one.name}: {one.sent.remark}" for one in outcomes if one.sent and one.sent.remark]
    return Result(
        changed=bool(told) or (check_mode and bool(channels)),
        msg=_summary([one.name for one in channels] if check_mode else told, not_told, check_mode),
        data={
            "told": told,
            "not_told": [one_line(line) for line in not_told],
            "wrong": wrong,
            "problems": [one_line(line) for line in problems],
            "kept": _kept(outcomes),
        },
    )


def _kept(outcomes: list[Outcome]) -> dict[str, Any]:
    return {one.name: dict(one.sent.kept) for one in outcomes if one.sent and one.sent.kept}


def _summary(told: list[str], not_told: list[str], check_mode: bool) -> str:
    parts = []
    if told:
        parts.append(f"{'would tell' if check_mode else 'told'} {', '.join(told)}")
    if not_told:
        parts.append(f"not told: {', '.join(not_told)}")
    return one_line("; ".join(parts) or "nobody is to be told")


def _channels(to: Mapping[str, Any]) -> tuple[list[Channel], list[str]]:
    """Return the channels, and what is wrong with those that cannot be used."""
    channels: list[Channel] = []
    wrong = [f"{name} (no such channel; known are {', '.join(_TO)})" for name in to if name not in _TO]
    for name, make in _makers(to):
        try:
            channel = make()
            if any(one.name == channel.name for one in channels):
                raise InputError("two channels have this name", advice="give each status page a name of its own")
            channels.append(channel)
        except InputError as error:
            wrong.append(f"{name} ({error})")
    return channels, [one_line(line) for line in wrong]


def _makers(to: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], Channel]]]:
    """Yield the name of each channel that is described with what makes it."""
    if to.get("webhook_url"):
        yield "webhook", lambda: webhook.channel(str(to["webhook_url"]), _options(to.get("webhook")))
    elif to.get("webhook"):
        yield "webhook", _without_address
    if to.get("mail"):
        yield "mail", lambda: mail.channel(_options(to["mail"]))
    if to.get("alertmanager_url"):
        yield "Alertmanager", lambda: alertmanager.channel(str(to["alertmanager_url"]))
    if to.get("grafana"):
        yield "Grafana", lambda: grafana.channel(_options(to["grafana"]))
    pages = to.get("status_pages") or []
    for number, page in enumerate(pages if isinstance(pages, (list, tuple)) else [pages], 1):
        name = page.get("name") if isinstance(page, Mapping) else None
        yield str(name or f"status page {number}"), partial(_page, page)


def _page(given: Any) -> Channel:
    return status_page.channel(_options(given))


def _without_address() -> Channel:
    raise InputError("webhook_url is missing")


def _options(given: Any) -> Mapping[str, Any]:
    """Return options, less those that are empty by way of a default. :raises InputError: they are no dictionary."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError("expected a dictionary")
    return {name: value for name, value in given.items() if value is not None}


def _seconds(to: Mapping[str, Any], wrong: list[str]) -> float:
    given = to.get("timeout")
    try:
        return max(0.1, seconds_of("timeout", given)) if given else float(TIMEOUT)
    except InputError as error:
        wrong.append(f"timeout ({error})")
        return float(TIMEOUT)


def _templates(to: Mapping[str, Any], wrong: list[str]) -> Mapping[str, Any]:
    given = to.get("templates") or {}
    if not isinstance(given, Mapping):
        wrong.append("templates (expected a dictionary)")
        return {}
    unknown = sorted(str(name) for name in given if name not in EVENTS)
    if unknown:
        wrong.append(f"templates (no event {', '.join(unknown)}; known are {', '.join(EVENTS)})")
    return given
