# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step says under no_log stays hidden when the step fails, wherever a window tells why it failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks

SECRET = "pa55-of-a-step"


@pytest.mark.parametrize("no_log", [True, "{{ day2_service == 'demo' }}"], ids=["plain", "template"])
def test_what_a_step_hides_stays_hidden(lab: Lab, tmp_path: Path, no_log: bool | str) -> None:
    operator = Operator(lab, tmp_path)
    told = Path(lab.facts["webhook"]["file"])
    told.unlink(missing_ok=True)
    tasks = tmp_path / "tasks.yml"
    use = {"ansible.builtin.command": {"argv": ["ls", f"/{SECRET}"]}, "no_log": no_log}
    tasks.write_text(json.dumps([{"name": "Use a secret", **use}]), encoding="utf-8")
    done = operator.run("maintenance", "-vvv", day2_maintenance_steps=[{"name": "login", "tasks": str(tasks)}])
    assert done.status != 0
    line = "step: login: Use a secret: what it said is hidden by no_log (the ingress is open again)"
    assert line in done.of_task("Tell how the window ended")
    assert leaks(operator, done, {SECRET}) == []
    assert SECRET not in told.read_text(encoding="utf-8")
