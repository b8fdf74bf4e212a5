# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cron's five fields in the words of both products."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._search.names import date_math
from ansible_collections.day2.ops.plugins.module_utils._search.policy_schedule import times
from ansible_collections.day2.ops.plugins.module_utils._search.policy_words import retention_of, time_value


@pytest.mark.parametrize(
    ("given", "quartz", "cron"),
    [
        ("30 1 * * *", "0 30 1 * * ?", "30 1 * * *"),
        ("@hourly", "0 0 * * * ?", "0 * * * *"),
        ("@weekly", "0 0 0 ? * SUN", "0 0 * * 0"),
        ("*/15 0-6,22 1 jan-mar *", "0 */15 0-6,22 1 JAN-MAR ?", "*/15 0-6,22 1 JAN-MAR *"),
        # Sunday is 0 and 7 in cron, and 1 in Quartz.
        ("0 2 * * 5-7", "0 0 2 ? * SUN,FRI,SAT", "0 2 * * 0,5,6"),
        ("0 2 */1 * 0,7", "0 0 2 ? * SUN", "0 2 * * 0"),
        ("0 2 * * Mon-Fri", "0 0 2 ? * MON,TUE,WED,THU,FRI", "0 2 * * 1,2,3,4,5"),
        ("0 2 * * */2", "0 0 2 ? * SUN,TUE,THU,SAT", "0 2 * * 0,2,4,6"),
        ("0 2 * * 1-5/2", "0 0 2 ? * MON,WED,FRI", "0 2 * * 1,3,5"),
    ],
)
def test_schedules(given: str, quartz: str, cron: str) -> None:
    assert (times(given).quartz(), times(given).cron()) == (quartz, cron)


@pytest.mark.parametrize("given", ["", "0 30 1 * * ?", "1h", "0 2 1 * 1", "0 25 * * *", "0 2 L * *", "@reboot"])
def test_what_is_no_schedule(given: str) -> None:
    with pytest.raises(InputError, match="schedule"):
        times(given)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("plain", "plain"),
        ("nightly-{now/d}", "<nightly-{now/d{yyyyMMdd}}>"),
        ("a-{now-1M/M{yyyy.MM|+02:00}}-b", "<a-{now-1M/M{yyyy.MM|+02:00}}-b>"),
        ("a-{now}", "<a-{now{yyyyMMddHHmmss}}>"),
        ("a-{now/h{|+02:00}}", "<a-{now/h{yyyyMMddHH|+02:00}}>"),
    ],
)
def test_names_as_the_servers_resolve_them(given: str, written: str) -> None:
    assert date_math(given) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(2592000, "30d"), (93600, "26h"), (5400, "90m"), (61, "61s"), (86401, "86401s")]
)
def test_lengths_of_time_come_back_as_they_were(seconds: float, written: str) -> None:
    assert time_value(seconds) == written
    found = retention_of(written, None, None)
    assert found is not None
    assert found.max_age == seconds
