# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role cron_backups on two hosts, one with cron and one with timers of systemd, which start the jobs for real.

Both wait for the same minute. The hosts have Python and nothing of Ansible; they have no network.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.exposition import read_page
from ansible_collections.day2.ops.tests.lab.state import DockerFacts, SystemdHostFacts
from ansible_collections.day2.ops.tests.lab.systemd_host_server import another_host, run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT

SECRET = "tell-nobody-57"
SCHEDULERS = {"day2-cron": "cron", "day2-timers": "systemd"}
METRICS = "/var/lib/textfile"
MAILS = "/var/mail/kept"
FIRED = 90  # seconds: a minute until the next one begins, and the work
_PREPARE = f"""
mkdir -p /etc/shop {METRICS} {MAILS}
printf 'key = %s\\n' {SECRET} >/etc/shop/app.conf
cat >/usr/local/bin/keep-mail <<'END'
#!/bin/sh
cat >{MAILS}/$$
END
cat >/usr/local/bin/python-tomorrow <<'END'
#!/bin/sh
NO_FAKE_STAT=1 exec faketime -f +27h /usr/bin/python3 "$@"
END
chmod 0755 /usr/local/bin/*
"""
# All that the role and the jobs have written, but for the jobs' own files and the backups; and what processes show.
_SHOWN = (
    "/etc/cron.d/* /etc/systemd/system/day2* /var/lib/day2/backup_jobs/* /var/log/*"
    f" {METRICS}/* {MAILS}/* /proc/[0-9]*/cmdline /proc/[0-9]*/environ"
)
# Whatever the role has put there, less the folders.
_TRACES = "find /etc /opt /var/lib -xdev -name '*day2-backup*' -o -path '*/day2/backup*' -not -type d"
_JOBS: list[dict[str, Any]] = [
    {
        "name": "etc",
        "module": "config_backup",
        "schedule": "* * * * *",
        "options": {"path": "/var/backups/day2", "name": "etc", "paths": ["/etc/shop"], "renew_after": 0},
    },
    {
        "name": "broken",
        "module": "config_backup",
        "schedule": {"minute": "*"},
        "options": {
            "path": "/var/backups/day2",
            "paths": ["/etc/none"],
            "storage": {"bucket": "b", "secret_key": SECRET},
        },
    },
    {"name": "night", "module": "config_backup", "schedule": "@daily", "jitter": "1h", "options": {}},
]
_JOBS[2]["options"] = _JOBS[0]["options"]
_CHECKS = [
    {"name": "the objective", "kind": "backup", "path": "/var/backups/day2/etc", "min_level": "L2"},
    {"name": "the run", "kind": "file_age", "path": "/var/lib/day2/backup_jobs/etc.success"},
]


class Hosts:
    """Two hosts, and an operator who runs plays on them."""

    def __init__(self, folder: Path, hosts: Mapping[str, SystemdHostFacts]) -> None:
        self.folder = folder
        self.facts = hosts

    def within(self, name: str, command: str) -> str:
        """Run a command in a host, return what it said; it must end well."""
        status, said = run_in(self.facts[name], ["sh", "-c", command])
        assert status == 0, f"{name}: {command}: {said}"
        return said

    def everywhere(self, command: str) -> list[str]:
        return [self.within(name, command) for name in self.facts]

    def run(self, *plays: dict[str, Any], swapped: bool = False) -> list[str]:
        """Run plays on both, told all with -vvv, and return what each said."""
        everywhere = [{"hosts": "all", "gather_facts": False, "diff": True, **play} for play in plays]
        (self.folder / "plays.json").write_text(json.dumps(everywhere), encoding="utf-8")
        other = {"cron": "systemd", "systemd": "cron"}
        schedulers = {name: other[one] if swapped else one for name, one in SCHEDULERS.items()}
        hosts = {
            name: {
                "ansible_connection": "community.docker.docker_api",
                "ansible_docker_docker_host": facts["docker_url"],
                "cron_backups_scheduler": schedulers[name],
            }
            for name, facts in self.facts.items()
        }
        mail = {"to": ["ops@example.org"], "program": "/usr/local/bin/keep-mail", "password": SECRET}
        given = {
            "ansible_python_interpreter": "/usr/bin/python3",
            "cron_backups_jobs": _JOBS,
            "cron_backups_textfile_dir": METRICS,
            "cron_backups_notify": {"mail": mail},
            "cron_backups_bootstrap": False,
        }
        inventory = {"all": {"hosts": hosts, "vars": given}}
        (self.folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
        program = str(Path(sys.executable).parent / "ansible-playbook")
        done = subprocess.run(
            [program, "-vvv", "-i", str(self.folder / "hosts.json"), str(self.folder / "plays.json")],
            cwd=CHECKOUT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000", "ANSIBLE_PIPELINING": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert SECRET not in done.stdout
        wrong = re.findall(r"^TASK .*\n|^(?:fatal|failed).*(?:\n .*)*", done.stdout, re.MULTILINE)
        assert done.returncode == 0, "".join(wrong)
        return re.split(r"^PLAY ", done.stdout, flags=re.MULTILINE)[1:]

    def has_run(self, host: str, job: str) -> bool:
        return bool(self.metrics(host, job))

    def has_only(self, host: str, jobs: str) -> bool:
        return self.within(host, f"ls {METRICS} /etc/day2/backups | grep [.] || true") == jobs

    def metrics(self, host: str, job: str) -> dict[str, float]:
        """Return the metrics of a job, by their names; none when it has no file yet."""
        status, text = run_in(self.facts[host], ["cat", f"{METRICS}/day2_backup_{job}.prom"])
        if status != 0:
            return {}
        page = read_page([text.encode()], _Everything())
        assert page.broken == 0, page.first_broken
        return {name.removeprefix("day2_backup_"): next(iter(one.values())) for name, one in page.samples.items()}


class _Everything(dict[str, Any]):
    """All metrics are wanted."""

    def __contains__(self, name: object) -> bool:
        return str(name).startswith("day2_backup_")

    def __getitem__(self, _name: str) -> Any:
        return lambda _labels: True


@pytest.fixture
def hosts(docker_server: DockerFacts, systemd_host: SystemdHostFacts, tmp_path: Path) -> Iterator[Hosts]:
    assert systemd_host["container"]  # or the test is skipped, with the reason
    with another_host(docker_server, "day2-cron") as one, another_host(docker_server, "day2-timers") as two:
        both = Hosts(tmp_path, {"day2-cron": one, "day2-timers": two})
        both.everywhere(_PREPARE)
        yield both


def role(check_mode: bool = False, **variables: Any) -> dict[str, Any]:
    """Return a play that applies the role."""
    task = {"ansible.builtin.include_role": {"name": "day2.ops.cron_backups"}, "vars": variables}
    return {"tasks": [task], "check_mode": check_mode}


def nothing_is_there() -> dict[str, Any]:
    """Return a play that fails where the role has left something."""
    look = {"ansible.builtin.command": f"sh -c {shlex.quote(_TRACES)}", "register": "traces"}
    return {"tasks": [{**look, "failed_when": "traces.stdout | length > 0", "changed_when": False}]}


def check(interpreter: str, objective: str) -> dict[str, Any]:
    """Return a play that checks, by the clock of that Python, whether backups are younger than their objective."""
    gate = {"checks": [{**one, "max_age": objective} for one in _CHECKS], "report_only": True}
    tasks = [{"day2.ops.health_gate": gate, "vars": {"ansible_python_interpreter": interpreter}}]
    return {"tasks": tasks}


@pytest.mark.long
def test_backups_that_cron_and_systemd_start(hosts: Hosts) -> None:
    planned, _nothing, made, again, *_recap = hosts.run(role(check_mode=True), nothing_is_there(), role(), role())
    assert "changed: [day2-cron]" in planned
    assert "changed: [day2-timers]" in made
    assert "changed: [" not in again

    for name in SCHEDULERS:
        for job in ("etc", "broken"):
            wait_for(f"{name} to start {job}", partial(hosts.has_run, name, job), FIRED)
        good, bad = hosts.metrics(name, "etc"), hosts.metrics(name, "broken")
        assert (good["last_run_success"], good["level"]) == (1, 2)
        assert good["size_bytes"] > 0
        assert (bad["last_run_success"], "last_success_timestamp_seconds" in bad) == (0, False)
        assert not hosts.metrics(name, "night")
        assert f"Subject: backup broken on {name}: failed" in hosts.within(name, f"cat {MAILS}/*")
    assert "root /opt/day2/bin/day2-backup run --cron etc" in hosts.within("day2-cron", "cat /etc/cron.d/day2-backups")
    assert "etc: ok: " in hosts.within("day2-timers", "journalctl --unit 'day2-backup@etc'")
    assert SECRET not in "".join(hosts.everywhere(f"cat {_SHOWN} 2>/dev/null; journalctl"))

    # with the clock moved by 27 hours, and the schedulers of the two exchanged
    now, later, *_others = hosts.run(
        check("/usr/bin/python3", "26h"),
        check("/usr/local/bin/python-tomorrow", "26h"),
        role(cron_backups_jobs=[{**_JOBS[2], "name": "shop"}], cron_backups_service="shop"),
        role(cron_backups_jobs=_JOBS[2:]),
        swapped=True,
    )
    assert now.count("passed: 2 of 2 checks pass") >= 2
    old = "fail: age is 1 d 3 h, expected at most 1 d 2 h"
    assert " ".join(later.split()).count(f"critical the objective: {old}; critical the run: {old}") >= 2
    for name in SCHEDULERS:  # a run that is at work meanwhile leaves nothing either
        wait_for(f"only night and shop on {name}", partial(hosts.has_only, name, "night.json\nshop.json\n"), FIRED)
    timers = "systemctl list-timers --all --plain | grep -o 'day2-backup.*@[a-z]*.timer' | sort || true"
    assert hosts.everywhere(timers) == ["day2-backup-shop@shop.timer\nday2-backup@night.timer\n", ""]
    assert "run --cron night\n" in hosts.within("day2-timers", "cat /etc/cron.d/day2-backups")
    assert "run --cron shop\n" in hosts.within("day2-timers", "cat /etc/cron.d/day2-backups-shop")

    absent = role(cron_backups_state="absent"), role(cron_backups_state="absent", cron_backups_service="shop")
    hosts.run(*absent, nothing_is_there(), swapped=True)
    assert all(hosts.everywhere("ls /var/backups/day2/etc"))
