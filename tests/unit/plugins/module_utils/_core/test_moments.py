# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as programs write them."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.moments import moment, written_utc

THEN = 1772330400.0  # 2026-03-01T02:00:00Z


@pytest.mark.parametrize(
    "written",
    [
        THEN,
        int(THEN * 1000),
        int(THEN * 1e6),
        int(THEN * 1e9),
        "1772330400",
        b"1772330400000",
        "2026-03-01T02:00:00Z",
        "2026-03-01T03:00:00+01:00",
        "2026-02-28 21:00:00-0500",
        "2026-03-01T02:00:00.000000000Z",
        "2026-03-01 02:00:00",
        " 2026-03-01T04:00:00,0+02 ",
    ],
)
def test_what_is_one(written: object) -> None:
    assert moment(written) == THEN  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written", ["", "soon", None, True, 0, -1, "nan", "inf", 1e30, "2026-13-01T00:00:00Z", b"\xff"]
)
def test_what_is_none(written: object) -> None:
    assert moment(written) is None  # type: ignore[arg-type]


def test_the_zone_of_a_time_without() -> None:
    assert moment("2026-03-01 03:00:00", naive=timezone(timedelta(hours=1))) == THEN


def test_there_and_back() -> None:
    assert moment(written_utc(THEN)) == THEN
