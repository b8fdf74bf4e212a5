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


@pytest.mark.long
@pytest.mark.parametrize("no_log", [False, True])
def test_a_hook_that_prints_a_secret_of_the_inventory(lab: Lab, tmp_path: Path, no_log: bool) -> None:
    """Ansible shows what a command says unless it has no_log; what is told and kept of it has stars in any case."""
    operator = Operator(lab, tmp_path)
    told = Path(lab.facts["webhook"]["file"])
    told.unlink(missing_ok=True)
    says = "echo cannot log in with {{ day2_redis.login_password }}, token=unheard-of >&2; exit 3"
    step = {"name": "hook", "command": ["sh", "-c", says], "no_log": no_log}
    done = operator.run("maintenance", "-vvv", day2_maintenance_steps=[step])
    assert done.status != 0
    secrets = {lab.facts["redis"]["password"], "unheard-of"}
    line = "what it said is hidden by no_log" if no_log else "non-zero return code.: cannot log in with ***, token=***"
    assert f"{line} (the ingress is open again)" in done.of_task("Tell how the window ended")
    kept = [told, *operator.written()]
    assert [path for path in kept for secret in secrets if secret in path.read_text(encoding="utf-8")] == []
    if no_log:
        assert lab.facts["redis"]["password"] not in done.output
