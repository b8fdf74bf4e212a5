# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window on a host with nothing but a bare Python: what its switch needs is brought before it is looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.answering import Answer, answering
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Done
from ansible_collections.day2.ops.tests.live.test_bootstrap import bare, environment, wheels

__all__ = ["bare", "wheels"]
pytestmark = pytest.mark.long


def looked(folder: Path, python: Path, url: str, found: Path, **more: Any) -> Done:
    """Run that part of the role."""
    turned: dict[str, Any] = {"body": {}}
    switch = {"kind": "http", "url": url, "state_path": "open", "open": turned, "close": turned}
    variables = {
        "maintenance_window_from": "host",
        "maintenance_window_bootstrap": True,
        "maintenance_window_ingress": {**switch, "outside": {"url": url, "open_status": [200]}},
        "maintenance_window_wheels": str(found),
        "bootstrap_venv": str(folder / "private"),
        **more,
    }
    role = {"name": "day2.ops.maintenance_window", "tasks_from": "preflight_switch"}
    tasks = [
        {"ansible.builtin.include_role": role, "vars": variables},
        {"ansible.builtin.debug": {"msg": "the switch is {{ maintenance_window_switch.before }}"}},
    ]
    play = {
        "hosts": "all",
        "gather_facts": False,
        "environment": {"DAY2_VENV": str(folder / "private")},
        "tasks": tasks,
    }
    (folder / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    host = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": {"bare": host}}}), encoding="utf-8")
    program = Path(sys.executable).parent / "ansible-playbook"
    ended = subprocess.run(
        [program, "-i", folder / "hosts.json", folder / "play.json"],
        cwd=CHECKOUT,
        env=environment(folder),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Done(ended.returncode, ended.stdout)


def test_libraries_of_a_switch_are_brought(bare: Path, wheels: Path, tmp_path: Path) -> None:
    with answering(lambda _asked: Answer(b'{"open": true}')) as url:
        refused = looked(tmp_path, bare, url, wheels, maintenance_window_bootstrap=False)
        assert refused.status != 0 and "the Python library requests is missing" in refused.text, refused.output
        done = looked(tmp_path, bare, url, wheels)
    assert done.status == 0, done.output
    assert "the switch is open" in done.text
