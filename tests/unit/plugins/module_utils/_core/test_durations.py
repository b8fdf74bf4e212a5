# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lengths of time as people write them."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.durations import duration, show_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (90, 90.0),
        ("90", 90.0),
        (0.5, 0.5),
        ("250ms", 0.25),
        ("15m", 900.0),
        ("26h", 93600.0),
        (" 1.5 d ", 129600.0),
        ("2w", 1209600.0),
        (0, 0.0),
    ],
)
def test_a_length_of_time(text: object, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "h", "-1", -1, "1y", "1h30m", True, None, float("nan"), float("inf"), []])
def test_what_is_none(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.35, "0.35 s"), (42, "42 s"), (60, "1 min"), (93900, "1 d 2 h"), (3661, "1 h 1 min"), (86400, "1 d")],
)
def test_how_it_is_shown(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text
