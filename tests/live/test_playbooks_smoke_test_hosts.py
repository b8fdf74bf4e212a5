# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A smoke test that is left to a host out of reach was not made, and nothing passes by it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.day2.ops.tests.live.own_plays import play


def test_a_test_of_a_host_that_gives_no_answer_was_not_made(tmp_path: Path) -> None:
    variables = {
        "smoke_test_service": "shop",
        "smoke_test_report_dir": str(tmp_path / "reports"),
        "smoke_test_report_formats": ["json"],
        "smoke_test_list": [{"name": "an order", "submit": {"url": "http://127.0.0.1:9/"}}],
    }
    role = {"ansible.builtin.include_role": {"name": "day2.ops.smoke_test"}, "vars": variables}
    # the first of both is to make it
    status, said = play(tmp_path, json.dumps([{"hosts": "gone,good", "gather_facts": False, "tasks": [role]}]))
    assert status != 0
    report = json.loads((tmp_path / "reports/smoke-test-latest.json").read_text(encoding="utf-8"))
    assert report["status"] == "failed" and report["hosts"]["gone"]["status"] == "failed", said
    assert "gone gave no answer: its smoke tests were not made" in report["summary"], said
    assert report["hosts"]["good"]["summary"] == "another host makes its tests"
