# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of what people do: owners, days, and what is not understood."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._reviews.checklist import checklist, due_date

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-12-01", "2026-12-01"),
        (date(2026, 12, 1), "2026-12-01"),
        ("+3d", "2026-11-27"),
        ("+2w", "2026-12-08"),
        ("tuesday", "2026-11-24"),
        ("Friday", "2026-11-27"),
        ("monday", "2026-11-30"),
        ("month_end", "2026-11-30"),
    ],
)
def test_days(value: Any, day: str) -> None:
    assert due_date(value, TUESDAY).isoformat() == day


@pytest.mark.parametrize(("today", "end"), [(date(2028, 2, 3), "2028-02-29"), (date(2026, 12, 31), "2026-12-31")])
def test_the_end_of_a_month(today: date, end: str) -> None:
    assert due_date("month_end", today).isoformat() == end


@pytest.mark.parametrize("value", ["soon", "+3", "+3x", "2026-13-01", "31.12.2026"])
def test_what_is_no_day_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="due is no day"):
        due_date(value, TUESDAY)


def test_a_task_that_is_late_is_overdue() -> None:
    items = checklist("w", [{"text": "a", "due": "2026-11-23"}, {"text": "b", "due": "2026-11-24"}], TUESDAY)["items"]
    assert [item["status"] for item in items] == ["overdue", "open"]


def test_all_of_a_task_is_kept() -> None:
    task = {"text": "a\nb", "owner": "me", "due": "+1d", "link": "https://example.org/", "command": "make x"}
    (item,) = checklist("w", [task], TUESDAY)["items"]
    assert item == {**task, "text": "a b", "due": "2026-11-25", "status": "open"}


def test_no_task_is_said() -> None:
    assert checklist("w", [], TUESDAY) == {"title": "w", "text": "the inventory has no tasks for this"}


@pytest.mark.parametrize(
    ("task", "words"),
    [({"owner": "me"}, r"w\[0\]: a task needs a text"), ({"text": "a", "when": "x"}, "unknown key when")],
)
def test_a_task_that_is_not_understood_is_refused(task: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        checklist("w", [task], TUESDAY)
