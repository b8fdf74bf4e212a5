# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emergency restarts on hosts of which not all is known: out of reach, or without a library of a check."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.own_plays import play
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT
from ansible_collections.day2.ops.tests.live.test_bootstrap import bare

__all__ = ["bare"]
WELL = {"name": "room", "kind": "disk", "path": "/", "max_used_percent": 100}


class Service:
    """A process that sleeps, and what starts and stops it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = folder / "sleeper.pid"

    def runtime(self, **more: Any) -> dict[str, Any]:
        start = f"sleep 300 >/dev/null 2>&1 </dev/null & echo $! > {self._number}"
        stop = f"kill $(cat {self._number}); rm {self._number}; echo stop >> {self.folder}/done"
        commands = {"start": ["sh", "-c", start], "stop": ["sh", "-c", f"test ! -e {self._number} || {{ {stop}; }}"]}
        return {"kind": "process", "pidfile": str(self._number), "parts": [{"name": "worker"}], **commands, **more}

    def stops(self) -> int:
        """Return how often it was stopped."""
        path = self.folder / "done"
        return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0

    def start(self) -> None:
        subprocess.run(self.runtime()["start"], check=True)

    def end(self) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(self._number.read_text(encoding="utf-8")), signal.SIGKILL)

    def restart(self, hosts: str, *arguments: str, **variables: Any) -> tuple[int, str]:
        """Run the role on ``hosts``; return the exit status and what was said, on one line."""
        given = {
            "emergency_restart_service": "shop",
            "emergency_restart_runtime": self.runtime(),
            "emergency_restart_gate_timeout": 1,
            "emergency_restart_gate_consecutive": 1,
            "emergency_restart_timeout": 10,
            "emergency_restart_report_dir": str(self.folder / "reports"),
            "emergency_restart_report_formats": ["json"],
            "emergency_restart_anyway": "{{ anyway | default(false) }}",
            **variables,
        }
        role = {"ansible.builtin.include_role": {"name": "day2.ops.emergency_restart"}, "vars": given}
        of_its_own = {"DAY2_VENV": str(self.folder / "private")}  # not the libraries of this machine
        plays = [{"hosts": hosts, "gather_facts": False, "environment": of_its_own, "tasks": [role]}]
        status, said = play(self.folder, json.dumps(plays), "", *arguments)
        return status, " ".join(said.split())

    def report(self) -> dict[str, Any]:
        path = self.folder / "reports/emergency-restart-shop-latest.json"
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return read


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    made.start()
    yield made
    made.end()


def test_that_it_is_wanted_anyway_comes_as_text(service: Service) -> None:
    """As `-e anyway=true` gives it."""
    status, text = service.restart("good", "-e", "anyway=true", emergency_restart_checks=[WELL])
    assert status == 0 and "restarted, all checks pass" in text and service.stops() == 1, text


@pytest.mark.long
def test_a_library_that_cannot_be_brought_keeps_nobody_from_restarting(service: Service, bare: Path) -> None:
    store = {"name": "store", "kind": "postgres", "login_host": "127.0.0.1", "login_port": 9}
    status, text = service.restart(
        "good",
        "-e",
        f"ansible_python_interpreter={bare}",
        emergency_restart_checks=[WELL, store],
        emergency_restart_wheels=str(service.folder / "nowhere"),
        emergency_restart_stages=["restarted"],
    )
    assert status != 0 and service.stops() == 1, text
    assert "restarted has not helped: " in text and "psycopg[binary] is missing" in text
    assert service.report()["status"] == "failed"


def test_a_host_that_gives_no_answer_is_not_well(service: Service) -> None:
    status, text = service.restart(
        "good,gone",
        emergency_restart_checks="{{ the_checks if inventory_hostname == 'gone' else [] }}",
        emergency_restart_runtime="{{ {} if inventory_hostname == 'gone' else the_runtime }}",
        the_checks=[WELL],
        the_runtime=service.runtime(),
    )
    assert status != 0 and service.stops() == 1, text
    assert "good restarted, it has no checks of its own" in text
    assert "gone gave no answer: whether all is well there is not known" in text
    report = service.report()
    assert report["status"] == "failed" and report["hosts"]["gone"]["status"] == "failed"


def test_why_a_stage_did_not_work_is_told_of_loops_too(tmp_path: Path) -> None:
    ends = {
        "ansible.builtin.command": {"argv": ["sh", "-c", "{{ item }}"]},
        "loop": ["true", "echo no room >&2; exit 3"],
    }
    told = {"ansible.builtin.debug": {"msg": "restarted ({{ emergency_restart_reason }})"}}
    variables = [str(CHECKOUT / "roles/emergency_restart/vars/main.yml")]
    tried = {
        "hosts": "good",
        "gather_facts": False,
        "vars_files": variables,
        "tasks": [{"block": [ends], "rescue": [told]}],
    }
    status, said = play(tmp_path, json.dumps([tried]))
    assert status == 0 and "non-zero return code: no room)" in " ".join(said.split()), said
