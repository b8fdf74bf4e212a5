# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a report is worth a message, and what it says."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._reviews.notification import notification


def report(status: str = "failed", **given: Any) -> dict[str, Any]:
    return {
        "name": "daily-checks",
        "title": "Daily checks",
        "status": status,
        "summary": "0 of 1 hosts pass",
        "changes": {},
        "hosts": {"h": {"failures": ["critical redis: fail: no connection"]}},
        **given,
    }


SAME: dict[str, list[str]] = {"new": [], "fixed": []}
NEW: dict[str, list[str]] = {"new": ["h: critical redis: fail (was pass)"], "fixed": []}
FIXED: dict[str, list[str]] = {"new": [], "fixed": ["h: critical redis: pass (was fail)"]}


@pytest.mark.parametrize(
    ("when", "status", "changes", "tell"),
    [
        ("always", "passed", SAME, True),
        ("problem", "passed", FIXED, False),
        ("problem", "failed", SAME, True),
        ("problem", "unknown", SAME, True),
        ("change", "failed", SAME, False),
        ("change", "failed", NEW, True),
        ("change", "passed", FIXED, True),
        ("change", "passed", SAME, False),
        ("change", "failed", {}, True),
        ("change", "passed", {}, False),
        ("change", "failed", None, True),
    ],
)
def test_when_to_tell(when: str, status: str, changes: Any, tell: bool) -> None:
    assert notification(report(status, changes=changes), "shop", when)["tell"] is tell


def test_what_is_told() -> None:
    told = notification(report(changes=NEW), "shop", "change")
    assert told["subject"] == "shop: Daily checks: failed: 0 of 1 hosts pass"
    assert told["text"].splitlines() == [
        "shop: Daily checks: failed: 0 of 1 hosts pass",
        "new: h: critical redis: fail (was pass)",
        "h: critical redis: fail: no connection",
    ]
    assert told["problem"]
    assert told["labels"] == notification(report("passed"), "shop", "change")["labels"]


def test_a_long_message_is_cut_and_says_so() -> None:
    told = notification(report(hosts={"h": {"failures": [f"line {number}" for number in range(50)]}}), "shop", "always")
    lines = told["text"].splitlines()
    assert len(lines) == 22
    assert lines[-1] == "and 30 lines more"


@pytest.mark.parametrize(("given", "when"), [({}, "always"), (report(), "never")])
def test_what_is_not_understood_is_refused(given: dict[str, Any], when: str) -> None:
    with pytest.raises(InputError):
        notification(given, "shop", when)
