# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What people have to do themselves: a list with owners and the days by which it is due."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from .._core.errors import InputError, one_line

Section = dict[str, Any]

OPEN = "open"
OVERDUE = "overdue"
_IN = re.compile(r"\+(?P<number>\d{1,4})(?P<unit>[dw])")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KEYS = {"text", "owner", "due", "link", "command"}


def checklist(title: str, tasks: Sequence[Mapping[str, Any]], today: date) -> Section:
    """Return the section for ``tasks``; each has ``text`` and may have ``owner``, ``due``, ``link`` and ``command``.

    :raises InputError: a task that is not understood, by its place.
    """
    if not tasks:
        return {"title": title, "text": "the inventory has no tasks for this"}
    return {"title": title, "items": [_item(task, f"{title}[{place}]", today) for place, task in enumerate(tasks)]}


def _item(task: Mapping[str, Any], where: str, today: date) -> dict[str, str]:
    if not isinstance(task, Mapping) or not task.get("text"):
        raise InputError(f"{where}: a task needs a text", on=one_line(task, 80))
    unknown = sorted(set(task) - _KEYS)
    if unknown:
        raise InputError(f"{where}: unknown key {', '.join(unknown)}", advice=f"known are {', '.join(sorted(_KEYS))}")
    item = {name: one_line(task[name]) for name in ("text", "owner", "link", "command") if task.get(name)}
    if not task.get("due"):
        return {**item, "status": OPEN}
    due = due_date(task["due"], today, where)
    return {**item, "due": due.isoformat(), "status": OVERDUE if due < today else OPEN}


def due_date(value: Any, today: date, where: str = "due") -> date:
    """Return the day that ``value`` means: ``2026-12-01``, ``+3d``, ``+2w``, ``friday`` or ``month_end``.

    A weekday is the next one, today included.

    :raises InputError: it means no day.
    """
    text = str(value).strip().lower()
    match = _IN.fullmatch(text)
    if match:
        return today + timedelta(days=int(match["number"]) * (7 if match["unit"] == "w" else 1))
    if text in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS.index(text) - today.weekday()) % 7)
    if text == "month_end":
        return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{where}: due is no day",
            on=one_line(value, 40),
            advice="expected a date as 2026-12-01, +3d, +2w, a weekday as friday, or month_end",
        ) from error
