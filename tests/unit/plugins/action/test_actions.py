# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugins as the controller runs them: a task in, a result out, no connection."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.connection.local import Connection
from ansible.template import Templar
from ansible_collections.day2.ops.plugins.action import (
    check_history,
    health_gate,
    maintenance_window,
    queue_depth,
    report,
)

DISK = {"name": "disk", "kind": "disk", "path": "/", "max_used_percent": 100}


def run(plugin: type[ActionBase], check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    """Run the plugin on a task of those arguments."""
    result: dict[str, Any] = action_of(plugin, check_mode, **arguments).run(task_vars={})
    return result


def action_of(plugin: type[ActionBase], check_mode: bool = False, **arguments: Any) -> Any:
    """Return the plugin for a task of those arguments."""
    task = Task()
    task.args = arguments
    task.check_mode = check_mode
    loader = DataLoader()
    play = PlayContext()
    return plugin(
        task=task,
        connection=Connection(play),
        play_context=play,
        loader=loader,
        templar=Templar(loader),
        shared_loader_obj=None,
    )


def test_the_window_is_held_by_the_parent_process(tmp_path: Path) -> None:
    given: dict[str, Any] = {"service": "shop", "state_dir": str(tmp_path)}
    opened = run(maintenance_window.ActionModule, state="open", reason="vacuum", **given)
    assert not opened["failed"]
    assert opened["window"]["owner"]["pid"] == os.getppid()
    noted = run(maintenance_window.ActionModule, state="noted", step="a", status="done", **given)
    assert noted["done"] == ["a"]
    assert run(maintenance_window.ActionModule, state="closed", outcome="done", **given)["window"]["state"] == "closed"


def test_a_window_in_check_mode(tmp_path: Path) -> None:
    told = run(
        maintenance_window.ActionModule, check_mode=True, service="shop", state_dir=str(tmp_path / "x"), state="open"
    )
    assert told["changed"]
    assert not (tmp_path / "x").exists()


def test_a_wrong_window_is_one_line(tmp_path: Path) -> None:
    told = run(maintenance_window.ActionModule, service="../up", state_dir=str(tmp_path), state="open")
    assert told["failed"]
    assert told["msg"].startswith("not a usable service name: ../up; expected ")


def test_the_report_is_written_and_its_lines_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(report.ActionModule, name="daily", title="Daily checks", dir=str(tmp_path), hosts={"web": {}})
    shown = capsys.readouterr().out
    assert "Daily checks: unknown: 0 of 1 hosts pass" in shown
    assert f"report written: {told['html']}" in shown
    written = json.loads(Path(told["json"]).read_text(encoding="utf-8"))
    assert (written["status"], written["hosts"].keys()) == (told["report"]["status"], {"web"})


def test_a_report_in_check_mode_is_shown_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(report.ActionModule, check_mode=True, name="daily", dir=str(tmp_path / "x"))
    assert "report would be written: " in capsys.readouterr().out
    assert not (tmp_path / "x").exists()


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = run(report.ActionModule, name="daily", dir=str(tmp_path / "file" / "x"))
    assert told["failed"]
    assert told["msg"].startswith("cannot make the folder (Not a directory): ")


def by_module(action: Any, **task_vars: Any) -> bool:
    """Tell whether the action hands its work to the module."""
    action._execute_module = lambda **_given: {"by": "module"}
    return bool(action.run(task_vars=task_vars) == {"by": "module"})


def test_a_gate_on_the_controller_is_made_in_its_process() -> None:
    told = run(health_gate.ActionModule, checks=[DISK])
    assert (told["status"], told["failed"], told["counts"]["pass"]) == ("passed", False, 1)


@pytest.mark.parametrize("python", ["", sys.executable])
def test_the_same_python_is_no_reason_for_a_process(python: str) -> None:
    assert not by_module(action_of(health_gate.ActionModule, checks=[DISK]), ansible_python_interpreter=python)


def test_another_python_makes_the_module_run() -> None:
    assert by_module(action_of(health_gate.ActionModule, checks=[DISK]), ansible_python_interpreter="/opt/other/python")


def test_of_a_delegated_task_the_other_hosts_python_counts() -> None:
    action = action_of(health_gate.ActionModule, checks=[DISK])
    action._task.delegate_to = "localhost"
    theirs: dict[str, Any] = {"localhost": {"ansible_python_interpreter": sys.executable}}
    given = {"ansible_python_interpreter": "/opt/other/python", "ansible_delegated_vars": theirs}
    assert not by_module(action, **given)
    theirs["localhost"] = {"ansible_python_interpreter": "/opt/other/python"}
    assert by_module(action, **given)


def test_another_host_makes_the_module_run() -> None:
    action = action_of(health_gate.ActionModule, checks=[DISK])
    action._connection.transport = "ssh"
    assert by_module(action)


@pytest.mark.parametrize(("name", "value"), [("environment", [{"DAY2_VENV": "/x"}]), ("async_val", 5)])
def test_a_setting_of_the_task_makes_the_module_run(name: str, value: Any) -> None:
    action = action_of(health_gate.ActionModule, checks=[DISK])
    setattr(action._task, name, value)
    assert by_module(action)


def test_a_missing_library_makes_the_module_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    monkeypatch.setitem(sys.modules, "redis", None)
    assert by_module(action_of(health_gate.ActionModule, checks=[{"name": "redis", "kind": "redis"}]))


def test_a_secret_among_the_checks_does_not_show() -> None:
    check = {"name": "x", "kind": "http", "url": "http://127.0.0.1:1/?token=Sesame-42", "token": "Open-43"}
    told = run(health_gate.ActionModule, checks=[{**check, "runbook": "see Open-43 and Sesame-42"}])
    assert told["failed"]
    assert "Open-43" not in json.dumps(told)
    assert "Sesame-42" not in json.dumps(told)


def test_history_is_remembered_where_the_controller_is(tmp_path: Path) -> None:
    given: dict[str, Any] = {"service": "shop", "state_dir": str(tmp_path), "hosts": {"web": {"status": "passed"}}}
    assert run(check_history.ActionModule, **given)["history"] == {"web": []}
    (run_before,) = run(check_history.ActionModule, **given)["history"]["web"]
    assert run_before["status"] == "passed"


def test_queues_are_measured_in_the_controllers_process(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    queue = {"name": "incoming", "kind": "directory", "path": str(tmp_path), "max_ready": 0}
    result = run(queue_depth.ActionModule, queues=[queue])
    assert result["failed"]
    assert result["msg"] == "incoming: ready is 1, at most 0 expected"
    os.unlink(tmp_path / "a")
    assert not run(queue_depth.ActionModule, queues=[queue], wait="empty")["failed"]
