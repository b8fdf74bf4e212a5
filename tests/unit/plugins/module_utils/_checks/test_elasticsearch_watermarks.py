# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a disk is over a watermark."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.elasticsearch_watermarks import settings_of, watermark

TERABYTE = 1024**4
GIGABYTE = 1024**3


@pytest.mark.parametrize(
    ("low", "headroom", "available", "passed"),
    [
        ("85%", None, 0.14 * TERABYTE, True),
        ("85%", None, 0.16 * TERABYTE, False),
        ("0.85", None, 0.14 * TERABYTE, True),
        ("50gb", None, 49 * GIGABYTE, True),
        ("50GB", None, 51 * GIGABYTE, False),
        ("1.5g", None, GIGABYTE, True),
        # 15 % of a terabyte is 154 GB; no more than the headroom has to be free.
        ("85%", "100GB", 120 * GIGABYTE, False),
        ("85%", "100GB", 99 * GIGABYTE, True),
        ("85%", "200GB", 150 * GIGABYTE, True),
        ("85%", "-1", 150 * GIGABYTE, True),
    ],
)
def test_a_disk_of_a_terabyte(low: str, headroom: str | None, available: float, passed: bool) -> None:
    settings = {"watermark.low": low}
    if headroom is not None:
        settings["watermark.low.max_headroom"] = headroom
    assert watermark("low", settings).is_passed(TERABYTE, int(available)) is passed


def test_what_was_set_goes_before_defaults() -> None:
    name = "cluster.routing.allocation.disk.watermark.low"
    answer = {"transient": {name: "1gb"}, "persistent": {name: "2gb"}, "defaults": {name: "85%"}}
    assert settings_of(answer) == {"watermark.low": "1gb"}
    assert settings_of({"defaults": {name: "85%"}}) == {"watermark.low": "85%"}


def test_what_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="is no size"):
        watermark("low", {"watermark.low": "much"})
    with pytest.raises(KeyError):
        watermark("low", {})
