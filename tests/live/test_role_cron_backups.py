# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role cron_backups on two hosts, one with cron and one with timers of systemd, which start the jobs for real.

Both wait for the same minute. The hosts have Python and nothing of Ansible; they have no network.
"""

from __future__ import annotations

import json
import os
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
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Done

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
    {"name": "the objective", "kind": "backup", "path": "/var/backups/day2/etc", "max_age": "26h", "min_level": "L2"},
    {"name": "the run", "kind": "file_age", "path": "/var/lib/day2/backup_jobs/etc.success", "max_age": "26h"},
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

    def play(self, task: dict[str, Any], *arguments: str, **variables: Any) -> Done:
        """Run a play of one task on both."""
        play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
        (self.folder / "play.json").write_text(json.dumps([play]), encoding="utf-8")
        hosts = {
            name: {
                "ansible_connection": "community.docker.docker_api",
                "ansible_docker_docker_host": facts["docker_url"],
                "cron_backups_scheduler": SCHEDULERS[name],
            }
            for name, facts in self.facts.items()
        }
        everyone = {"ansible_python_interpreter": "/usr/bin/python3", **variables}
        inventory = {"all": {"hosts": hosts, "vars": everyone}}
        (self.folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
        program = str(Path(sys.executable).parent / "ansible-playbook")
        done = subprocess.run(
            [program, "-i", str(self.folder / "hosts.json"), str(self.folder / "play.json"), *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def schedule(self, *arguments: str, jobs: list[dict[str, Any]] = _JOBS, **variables: Any) -> Done:
        """Apply the role."""
        mail = {"to": ["ops@example.org"], "program": "/usr/local/bin/keep-mail", "password": SECRET}
        given = {
            "cron_backups_jobs": jobs,
            "cron_backups_textfile_dir": METRICS,
            "cron_backups_notify": {"mail": mail},
            "cron_backups_bootstrap": False,
            **variables,
        }
        return self.play({"ansible.builtin.include_role": {"name": "day2.ops.cron_backups"}}, *arguments, **given)

    def check(self, interpreter: str) -> Done:
        """Check that the backups are younger than their objective, by the clock of that Python."""
        return self.play({"day2.ops.health_gate": {"checks": _CHECKS}}, ansible_python_interpreter=interpreter)

    def has_run(self, host: str, job: str) -> bool:
        return bool(self.metrics(host, job))

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


def test_backups_that_cron_and_systemd_start(hosts: Hosts) -> None:
    planned = hosts.schedule("--check", "--diff")
    assert planned.status == 0, planned.output
    assert hosts.everywhere(f"{_TRACES} | wc -l") == ["0\n", "0\n"]

    made = hosts.schedule("--diff", "-vvv")
    assert made.status == 0, made.output
    assert SECRET not in made.output + planned.output
    again = hosts.schedule("--diff")
    assert (again.status, again.output.count("changed=0")) == (0, 2), again.output

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
    shown = hosts.everywhere(f"{_TRACES} -path '/etc/day2/backups/*' -o -type f -exec cat {{}} +")
    shown += hosts.everywhere(
        f"journalctl; cat {MAILS}/* {METRICS}/* /proc/[0-9]*/cmdline /proc/[0-9]*/environ || true"
    )
    assert SECRET not in "".join(shown)

    assert hosts.check("/usr/bin/python3").status == 0
    tomorrow = hosts.check("/usr/local/bin/python-tomorrow")
    assert tomorrow.status != 0
    assert tomorrow.output.count("critical the objective: fail: age is 1 d 3 h, expected at most 1 d 2 h") >= 2
    assert tomorrow.output.count("critical the run: fail: age is 1 d 3 h, expected at most 1 d 2 h") >= 2

    fewer = hosts.schedule(jobs=_JOBS[2:])
    assert fewer.status == 0, fewer.output
    assert (
        hosts.everywhere(f"ls /etc/day2/backups {METRICS}") == [f"/etc/day2/backups:\nnight.json\n\n{METRICS}:\n"] * 2
    )
    assert hosts.within("day2-timers", "systemctl list-timers --all --plain | grep -o 'day2.*timer'").split() == [
        "day2-backup@night.timer"
    ]
    gone = hosts.schedule(cron_backups_state="absent")
    assert gone.status == 0, gone.output
    assert hosts.everywhere(f"{_TRACES} | wc -l") == ["0\n", "0\n"]
    assert all(hosts.everywhere("ls /var/backups/day2/etc"))
