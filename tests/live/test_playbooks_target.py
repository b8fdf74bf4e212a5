# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A target that no host matches: Ansible would call that a success, and nothing would have been looked at."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Operator


@pytest.mark.parametrize(
    "playbook", ["capacity", "daily_checks", "handoff", "maintenance", "monthly_review", "weekly_review"]
)
def test_a_target_without_hosts_is_refused(lab: Lab, tmp_path: Path, playbook: str) -> None:
    operator = Operator(lab, tmp_path)
    done = operator.run(playbook, target="nothing")
    assert done.status == 2
    assert "no host of the inventory matches target=nothing; nothing was done" in done.text
    assert not operator.state.exists()
    assert not operator.reports.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--limit", "demo", "-e", "target=nothing"],
            "no host of the inventory matches target=nothing within --limit demo",
        ),
        (["--tags", "drain"], "no task has a tag, and --tags would leave out what belongs together; a step alone: -e"),
        (["-e", "windowonly=vacuum"], "unknown extra variable windowonly, did you mean window_only?"),
        (["-e", "at_once=abc"], "at_once is abc, expected how many hosts at a time"),
        (["-e", "max_fail=abc"], "max_fail is abc, expected the percentage of hosts that may fail"),
    ],
)
def test_what_is_called_otherwise_than_meant_is_refused(
    lab: Lab, tmp_path: Path, arguments: list[str], told: str
) -> None:
    operator = Operator(lab, tmp_path)
    done = operator.run("maintenance", *arguments)
    assert done.status == 2 and "Traceback" not in done.output
    assert told in done.text and "; nothing was done" in done.text
    assert operator.written() == []


def test_a_playbook_of_ones_own_has_tags_of_its_own(lab: Lab, tmp_path: Path) -> None:
    ours = CHECKOUT / "playbooks/capacity.yml"
    say = {"name": "Say", "ansible.builtin.debug": {"msg": "deployed"}, "tags": ["deploy"]}
    before = {"name": "Deploy", "hosts": "all", "gather_facts": False, "tasks": [say]}
    site = tmp_path / "site.yml"
    site.write_text(json.dumps([before, {"name": "Look", "import_playbook": str(ours)}, before]), encoding="utf-8")
    operator = Operator(lab, tmp_path)
    done = operator.run(os.path.relpath(site.with_suffix(""), CHECKOUT / "playbooks"), "--tags", "deploy")
    assert done.status == 0 and done.text.count("deployed") == 2, done.output
