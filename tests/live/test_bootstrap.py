# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with nothing but a bare Python: what needs no library runs at once, the rest after the role has brought it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Done

LIBRARIES = ["requests", "redis", "psycopg[binary]"]
WHEELS = CHECKOUT / "build" / "wheels"


@pytest.fixture(scope="session")
def wheels() -> Path:
    """A folder of wheels that fit the running Python, fetched once."""
    folder = WHEELS / f"{sys.version_info[0]}.{sys.version_info[1]}"
    stamp = folder / "complete"
    if not stamp.exists():
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", str(folder)]
        subprocess.run([*fetch, *LIBRARIES], check=True)
        stamp.touch()
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An interpreter without any library, pip included."""
    folder = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    found = subprocess.run([python, "-c", "import redis"], capture_output=True, check=False, env=environment(tmp_path))
    assert b"No module named 'redis'" in found.stderr
    return python


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "ANSIBLE_NOCOLOR": "1", "DAY2_VENV": str(folder / "private"), "COLUMNS": "1000"}


class Host:
    """The bare interpreter as a managed host; its play runs the role health_checks on the demo's servers."""

    def __init__(self, lab: Lab, folder: Path, python: Path, wheels: Path) -> None:
        self.folder = folder
        self.private = folder / "private"
        self.result = folder / "result.json"
        self._lab = lab
        self._python = python
        self._wheels = wheels

    def check(self, checks: list[dict[str, Any]], bootstrap: bool = True) -> Done:
        """Run the role health_checks, which brings what is missing."""
        variables = {
            "health_checks_list": checks,
            "health_checks_wheels": str(self._wheels),
            "health_checks_bootstrap": bootstrap,
            "bootstrap_venv": str(self.private),
        }
        kept = {"content": "{{ health_checks_result | to_json }}", "dest": str(self.result), "mode": "0600"}
        return self._play(_role("health_checks", variables), {"ansible.builtin.copy": kept})

    def back_up(self) -> Done:
        """Run the role backup, which brings what is missing, on the lab's Redis."""
        cache = self._lab.facts["redis"]
        login = {"login_port": cache["port"], "login_user": cache["user"], "login_password": cache["password"]}
        variables = {
            "backup_service": "bare",
            "backup_list": [{"name": "cache", "kind": "redis", "verify": "L1"}],
            "backup_logins": {"redis": login},
            "backup_shared": {"path": str(self.backups), "run_from": "host"},
            "backup_report_dir": str(self.folder / "reports"),
            "backup_from": "host",
            "backup_wheels": str(self._wheels),
            "bootstrap_venv": str(self.private),
        }
        return self._play(_role("backup", variables))

    @property
    def backups(self) -> Path:
        """The folder of this host's backups."""
        return self.folder / "backups"

    def bring(self) -> Done:
        """Run the role bootstrap by itself."""
        variables = {"bootstrap_wheels": str(self._wheels), "bootstrap_venv": str(self.private)}
        return self._play(_role("bootstrap", {**variables, "bootstrap_packages": LIBRARIES}))

    def _play(self, *tasks: dict[str, Any]) -> Done:
        play = {"hosts": "all", "gather_facts": False, "environment": {"DAY2_VENV": str(self.private)}, "tasks": tasks}
        playbook = self.folder / "play.json"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        inventory = self.folder / "hosts.json"
        host = {"ansible_connection": "local", "ansible_python_interpreter": str(self._python)}
        inventory.write_text(json.dumps({"all": {"hosts": {"bare": host}}}), encoding="utf-8")
        found = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", inventory, playbook],
            cwd=CHECKOUT,
            env=environment(self.folder),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return Done(found.returncode, found.stdout)

    def statuses(self) -> dict[str, str]:
        result = json.loads(self.result.read_text(encoding="utf-8"))
        return {check["name"]: check["status"] for check in result["checks"]}


def _role(name: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": f"day2.ops.{name}"}, "vars": variables}


@pytest.fixture
def host(lab: Lab, tmp_path: Path, bare: Path, wheels: Path) -> Host:
    return Host(lab, tmp_path, bare, wheels)


@pytest.fixture
def bare_checks(lab: Lab) -> list[dict[str, Any]]:
    """Checks that need the standard library only."""
    return [
        {"name": "port", "kind": "tcp", "port": lab.facts["redis"]["port"]},
        {"name": "disk", "kind": "disk", "path": "/", "max_used_percent": 100},
        {"name": "memory", "kind": "memory", "max_used_percent": 100},
        {"name": "load", "kind": "load", "max_per_cpu": 1000},
        {"name": "file", "kind": "file_age", "path": "/etc/passwd"},
        {"name": "process", "kind": "process", "pattern": "python"},
    ]


@pytest.fixture
def checks(lab: Lab, bare_checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those, and one for each library."""
    cache = lab.facts["redis"]
    store: dict[str, Any] = {**lab.facts["postgres"]}
    redis = {"login_port": cache["port"], "login_user": cache["user"], "login_password": cache["password"]}
    postgres = {f"login_{name}": store[name] for name in ("host", "port", "user", "password")}
    return [
        *bare_checks,
        {"name": "api", "kind": "http", "url": f"{lab.facts['service']['url']}/health"},
        {"name": "cache", "kind": "redis", **redis},
        {"name": "store", "kind": "postgres", **postgres, "login_db": store["database"], "ssl_mode": "prefer"},
    ]


def test_what_needs_no_library_needs_no_preparation(host: Host, bare_checks: list[dict[str, Any]]) -> None:
    done = host.check(bare_checks)
    assert done.status == 0, done.output
    assert set(host.statuses().values()) == {"pass"}
    assert not host.private.exists()


def test_without_leave_to_install_each_missing_library_is_named(host: Host, checks: list[dict[str, Any]]) -> None:
    done = host.check(checks, bootstrap=False)
    assert done.status != 0
    told = done.of_task("Tell what does not pass")
    for name, library in (("api", "requests"), ("cache", "redis"), ("store", "psycopg[binary]")):
        assert f"critical {name}: unknown: the Python library {library} is missing: " in told
    assert not host.private.exists()


@pytest.mark.long
def test_libraries_come_from_a_folder_of_wheels_once(host: Host, checks: list[dict[str, Any]]) -> None:
    done = host.check(checks)
    assert done.status == 0, done.output
    assert set(host.statuses().values()) == {"pass"}
    assert "changed: [bare]" in done.of_task("Install the libraries")
    again = host.check(checks)
    assert again.status == 0, again.output
    assert again.of_task("Install the libraries") == ""
    brought = host.bring()
    assert brought.status == 0, brought.output
    assert "ok: [bare]" in brought.of_task("Install the libraries")
    assert "changed=0" in brought.text


@pytest.mark.long
def test_what_lacked_a_library_is_backed_up_once_it_is_there(host: Host) -> None:
    done = host.back_up()
    assert done.status == 0, done.output
    assert "changed: [bare]" in done.of_task("Install the libraries")
    assert list((host.backups / "cache").iterdir()), done.output
    assert "Backups: passed: backed up: cache" in done.text, done.text


@pytest.mark.long
def test_an_environment_of_another_version_is_left_alone(host: Host) -> None:
    """What another version of Python would have made stands in for one: its folder, and a program that is none."""
    config = host.private / "pyvenv.cfg"
    program = host.private / "bin" / "python"
    (host.private / "lib" / "python3.1" / "site-packages" / "pip").mkdir(parents=True)
    program.parent.mkdir()
    program.touch()
    config.write_text("version = 3.1.4\n", encoding="utf-8")
    for changed in ("changed: [bare]", ""):
        done = host.back_up()
        assert done.status == 0, done.output
        assert changed in done.of_task("Install the libraries")
    assert done.of_task("Install the libraries") == ""
    assert (config.read_text(encoding="utf-8"), program.read_bytes()) == ("version = 3.1.4\n", b"")
