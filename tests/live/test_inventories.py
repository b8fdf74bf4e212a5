# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories of other systems: each check comes out as pass, fail or unknown because the service is not here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Operator

SYSTEMS = sorted(
    path.parent.name for path in (CHECKOUT / "inventories").glob("*/hosts.yml") if path.parent.name != "demo"
)
# What the inventories take from the operator's environment.
SECRETS = [
    "ALARM_DB_PASSWORD",
    "DOCC_BACKUP_RECIPIENT",
    "ENGINE_DB_PASSWORD",
    "LINKFLOW_DB_PASSWORD",
    "LINKFLOW_REDIS_PASSWORD",
    "VCON_API_TOKEN",
    "VCON_DB_PASSWORD",
]
# Whose dead letters can be put back, by system.
REDRIVES = {
    "integration_engine": ["raw_messages"],
    "linkflow": ["critical", "default", "low", "stream:webhooks"],
    "vcon_server": ["default", "default-api"],
}
# Which systems are tried with each change; the others are among the long tests.
ROUNDS_OF = ("docc2context",)
REDRIVES_OF = ("linkflow", "vcon_server")
HERE: dict[str, Any] = {
    "ansible_connection": "local",
    "ansible_host": "127.0.0.1",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "ansible_become": False,
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_check_can_be_made(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"dummy-{name}")
    operator = Operator(lab, tmp_path)
    done = operator.run("daily_checks", inventory=f"inventories/{system}", **HERE)
    (path,) = operator.reports.glob("daily-checks-*Z.json")
    hosts = json.loads(path.read_text(encoding="utf-8"))["hosts"]
    checks = [check for host in hosts.values() for check in host["checks"]]
    assert checks, done.output
    assert "checks[" not in done.output
    assert "unexpected" not in done.output
    assert "Traceback" not in done.output
    assert [host for host in hosts.values() if not host["checks"]] == []
    assert {check["kind"] for check in checks} >= {"http"}
    assert [check for check in checks if check["status"] != "pass" and not check["reason"]] == []
    assert [name for name in SECRETS if f"dummy-{name}" in done.output] == []


@pytest.mark.parametrize(
    "system", [one if one in REDRIVES_OF else pytest.param(one, marks=pytest.mark.long) for one in sorted(REDRIVES)]
)
def test_every_queue_and_step_is_described_well(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    """No service is there, so each line says that; none may say that the inventory is wrong."""
    for name in SECRETS:
        monkeypatch.setenv(name, f"dummy-{name}")
    operator = Operator(lab, tmp_path)
    chosen = {"day2_redrive_queues": REDRIVES[system]}
    looked = operator.run("reprocess_dlq", inventory=f"inventories/{system}", **HERE, **chosen)
    told = looked.of_task("Fail where something is wrong")
    for queue in REDRIVES[system]:
        assert f"{queue}: cannot " in told or f"{queue}: no " in told, looked.output
    for done in (looked, operator.run("cleanup", inventory=f"inventories/{system}", **HERE)):
        assert "Traceback" not in done.output
        assert "unexpected" not in done.output
        assert "unknown option" not in done.output
        assert [name for name in SECRETS if f"dummy-{name}" in done.output] == []


@pytest.mark.parametrize(
    "system", [one if one in ROUNDS_OF else pytest.param(one, marks=pytest.mark.long) for one in SYSTEMS]
)
def test_every_round_can_be_made(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """No service is there, so all is unknown or failed; nothing may be wrong with what the inventory says."""
    for name in SECRETS:
        monkeypatch.setenv(name, f"dummy-{name}")
    operator = Operator(lab, tmp_path)
    backups = str(tmp_path / "backups")
    rounds = ["handoff", "weekly_review", "monthly_review", "capacity", "backup"]
    imports = [{"name": name, "ansible.builtin.import_playbook": f"day2.ops.{name}"} for name in rounds]
    (tmp_path / "rounds.yml").write_text(json.dumps(imports), encoding="utf-8")  # one start of Ansible for all
    playbook = os.path.relpath(tmp_path / "rounds", CHECKOUT / "playbooks")
    done = operator.run(playbook, inventory=f"inventories/{system}", day2_backup_path=backups, **HERE)
    written = [json.loads(path.read_text(encoding="utf-8")) for path in operator.reports.glob("*Z.json")]
    assert len(written) == len(rounds), done.output
    assert {report["status"] for report in written} <= {"failed", "unknown"}
    assert all(report["sections"] for report in written)
    assert "checks[" not in done.output
    assert "unexpected" not in done.output
    assert "Traceback" not in done.output
    assert [name for name in SECRETS if f"dummy-{name}" in done.output] == []


# Each on its own host, so that one start of Ansible does for all.
SWITCHES: list[dict[str, Any]] = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "day2.ops.ingress_switch": {"state": "open", "switch": "{{ item }}"},
                "loop": "{{ [day2_ingress] + (linkflow_switches | default({})).values() | list }}",
                "check_mode": True,
                "register": "looked",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.copy": {
                    "dest": "{{ folder }}/{{ day2_service }}.json",
                    "content": "{{ looked.results | map(attribute='msg') | to_json }}",
                }
            },
        ],
    }
]


def test_every_switch_is_described_well(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No service is there; nothing may be wrong with what the inventory says."""
    for name in SECRETS:
        monkeypatch.setenv(name, f"dummy-{name}")
    (tmp_path / "switches.yml").write_text(json.dumps(SWITCHES), encoding="utf-8")
    playbook = os.path.relpath(tmp_path / "switches", CHECKOUT / "playbooks")
    more = [part for system in SYSTEMS[1:] for part in ("-i", f"inventories/{system}")]
    operator = Operator(lab, tmp_path)
    done = operator.run(playbook, *more, inventory=f"inventories/{SYSTEMS[0]}", folder=str(tmp_path), **HERE)
    told = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*.json")}
    services = {name.replace("_", "-") for name in SYSTEMS}
    assert services == set(told) - {"variables"}, done.output
    wrong = ("unknown", "missing", "mutually", "switch:", "unexpected", "parameters are", "unable to convert")
    for service in services:
        for message in told[service]:
            assert not any(word in message.replace("; see switch: path", "") for word in wrong), message


@pytest.mark.long
@pytest.mark.parametrize(
    ("system", "given", "words"),
    [
        # nothing tells how many documents are being converted
        ("docc2context", {}, "no queue is described for docc2context: day2_queues and day2_queues__* are empty"),
        (
            "vcon_server",
            {"day2_ingress": {}},
            "no switch of the ingress is described for vcon-server: day2_ingress is empty",
        ),
        # the first that is not here; what the window needs is described
        ("vcon_server", {}, "(nothing was touched)"),
    ],
)
def test_a_window_is_refused_before_anything_is_touched(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, given: dict[str, Any], words: str
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"dummy-{name}")
    operator = Operator(lab, tmp_path)
    done = operator.run("maintenance", inventory=f"inventories/{system}", **HERE, **given)
    assert done.status != 0 and words in done.text, done.output
    assert "Close the ingress and see it closed" not in done.output
    assert "unexpected" not in done.output and "Traceback" not in done.output
