# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A target that no host matches: Ansible would call that a success, and nothing would have been looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator


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
