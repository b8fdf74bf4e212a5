# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules: what cron and systemd are given for what a user says, and what is refused before a file is written."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_times import check_calendar, schedule_of
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError


@pytest.mark.parametrize(
    ("given", "cron", "calendar"),
    [
        ("0 2 * * *", "0 2 * * *", ["*-*-* 02:00:00"]),
        ("* * * * *", "* * * * *", ["*-*-* *:*:00"]),
        ("*/15  1-5,23 * * *", "*/15 1-5,23 * * *", ["*-*-* 01..05,23:00/15:00"]),
        ("5 4 1 jan,7-12 *", "5 4 1 jan,7-12 *", ["*-01,07..12-01 04:05:00"]),
        ("0 3 * * mon-FRI", "0 3 * * mon-FRI", ["Mon,Tue,Wed,Thu,Fri *-*-* 03:00:00"]),
        ("0 3 * * 6,7", "0 3 * * 6,7", ["Sat,Sun *-*-* 03:00:00"]),
        ("0 3 */2 * *", "0 3 */2 * *", ["*-*-01/2 03:00:00"]),
        # cron runs on either of the two
        ("0 3 1 * sun", "0 3 1 * sun", ["*-*-01 03:00:00", "Sun *-*-* 03:00:00"]),
        ("@daily", "0 0 * * *", ["*-*-* 00:00:00"]),
        ({"hour": 2}, "0 2 * * *", ["*-*-* 02:00:00"]),
        ({"minute": "*/5", "weekday": "0", "hour": None}, "*/5 * * * 0", ["Sun *-*-* *:00/5:00"]),
    ],
)
def test_cron_and_systemd_are_told_the_same(given: Any, cron: str, calendar: list[str]) -> None:
    for scheduler in ("cron", "systemd"):
        schedule = schedule_of(given, scheduler)
        assert (schedule.cron, list(schedule.calendar)) == (cron, calendar)
    if shutil.which("systemd-analyze"):
        check_calendar(calendar)


def test_systemd_takes_its_own_words_too() -> None:
    assert schedule_of("Mon..Fri *-*-* 22:30:00 Europe/Berlin", "systemd").cron is None


@pytest.mark.parametrize(
    "given",
    [
        "60 2 * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 * * funday",
        "0 5-2 * * *",
        "0 */0 * * *",
        "0 5/2 * * *",
        "0 2 * *",
        "0 2 * * * root",
        "@reboot",
        "",
        "Mon *-*-* 02:00:00",
        "0 2 * * *\n* * * * * root touch /tmp/x",
        "0 2 * * $(reboot)",
        "0 2 * * %",
        {"hour": "2 * * * root sh\n"},
        {"hours": 2},
        {"hour": ""},
        True,
        None,
    ],
)
def test_what_cron_cannot_run_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="schedule"):
        schedule_of(given, "cron")


@pytest.mark.parametrize("given", ["*-*-* 02:00:00\nExecStart=/bin/sh", "%H:00", "@reboot", "0 2 * * *; reboot", ""])
def test_what_systemd_would_read_otherwise_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="schedule"):
        schedule_of(given, "systemd")


def test_systemd_itself_is_asked() -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there")
    with pytest.raises(InputError, match="systemd does not take it"):
        check_calendar(["every other night"])
