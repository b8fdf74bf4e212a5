# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbooks of backups that end badly, or have nothing to do; no server is needed for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, QUICK, Done

SECONDS = 120
NAME = "web config"
FAILS_ONCE = '[ -e "$0.failed" ] && exit 0; touch "$0.failed"; exit 3'


class Site:
    """A service of one host, this one, whose configuration is in a folder; it notes when it is stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.etc = folder / "etc"
        self.state = folder / "state"
        self.log = folder / "log"
        self.home.mkdir()
        self.etc.mkdir()
        (self.etc / "main.conf").write_text("backed up\n", encoding="utf-8")
        (self.etc / "new.conf").write_text("backed up\n", encoding="utf-8")

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Done:
        """Run a playbook to its end; `variables` win over what is said here."""
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"all": {"hosts": {"web": local, "spare": local}}}
        inventory, given = self.folder / "hosts.json", self.folder / "variables.json"
        inventory.write_text(json.dumps(hosts), encoding="utf-8")
        said = {
            **QUICK,
            "day2_service": "web",
            "day2_state_dir": str(self.state),
            "day2_report_dir": str(self.folder / "reports"),
            "day2_backup_path": str(self.folder / "backups"),
            "day2_backups": [{"name": NAME, "kind": "config", "options": {"paths": [str(self.etc)]}}],
            "target": "web",
            **variables,
        }
        given.write_text(json.dumps(said), encoding="utf-8")
        program = Path(sys.executable).parent / "ansible-playbook"
        done = subprocess.run(
            [program, "-i", inventory, f"playbooks/{playbook}.yml", "-e", f"@{given}", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000", "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def note(self, word: str, then: str = "exit 0") -> list[str]:
        """Return a command that notes a word."""
        script = self.folder / word
        script.write_text(f'#!/bin/sh\necho {word} >> "{self.log}"\n{then}\n', encoding="utf-8")
        script.chmod(0o755)
        return [str(script)]

    def steps(self, then: str = "exit 0") -> dict[str, Any]:
        """Return the steps that stop and start it. :param then: what the start does after it was noted."""
        return {
            "day2_restore_stop": [{"name": "stop it", "command": self.note("stopped")}],
            "day2_restore_start": [{"name": "start it", "command": self.note("started", then)}],
        }

    def logged(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").split() if self.log.exists() else []

    def window(self, purpose: str, reason: str, **steps: Any) -> None:
        """Have a window as a run leaves it that was killed."""
        opened = {"state": "open", "purpose": purpose, "reason": reason}
        tasks: list[dict[str, Any]] = [{"day2.ops.maintenance_window": opened}]
        tasks += [
            {"day2.ops.maintenance_window": {"state": "noted", "step": name, "status": "started", "data": data}}
            for name, data in steps.items()
        ]
        defaults = {"day2.ops.maintenance_window": {"service": "web", "state_dir": str(self.state)}}
        play = {"hosts": "web", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}
        path = self.folder / "window.yml"
        path.write_text(json.dumps([play]), encoding="utf-8")
        done = self.run(os.path.relpath(path.with_suffix(""), CHECKOUT / "playbooks"))
        assert done.status == 0, done.output


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.long
def test_configuration_is_put_back_and_what_stays_is_named(site: Site) -> None:
    made = site.run("backup")
    assert made.status == 0, made.output
    (site.etc / "main.conf").write_text("mine\n", encoding="utf-8")
    (site.etc / "new.conf").unlink()
    job = {"name": NAME, "kind": "config", "options": {"paths": [str(site.etc)]}, "restore": {"keep_old": False}}
    done = site.run("restore", restore=NAME, confirm=NAME, day2_backups=[job], **site.steps(FAILS_ONCE))
    assert done.status == 2
    told = done.of_task("Tell how it ended")
    assert "(what was there before is back: " in told, done.output
    assert f"(of the restore these stay: {site.etc}/new.conf)" in told, done.output
    assert (site.etc / "main.conf").read_text(encoding="utf-8") == "mine\n"
    assert site.logged() == ["stopped", "started", "stopped", "started"]


def test_a_restore_after_one_that_was_killed_starts_the_service(site: Site) -> None:
    site.window("restore", f"restore of {NAME}")
    done = site.run("restore", restore=NAME, confirm=NAME, **site.steps())  # there is no backup
    assert done.status == 2
    assert "(an earlier run died; see what is there)" in done.of_task("Tell how it ended"), done.output
    assert site.logged() == ["started"]


@pytest.mark.parametrize(
    ("playbook", "variables", "words"),
    [
        ("backup", {"day2_backups": []}, "day2_backups is empty on every host of the play"),
        ("verify_backups", {"day2_backups": []}, "day2_backups is empty on every host of the play"),
        ("restore_drill", {"day2_backups": []}, "day2_backups is empty on every host of the play"),
        ("backup", {"only": ""}, "is described; described are: web config"),
        (
            "restore_drill",
            {
                "day2_backups": [
                    {
                        "name": "log",
                        "kind": "wal",
                        "options": {"stanza": "a", "data_dir": "/a", "control_user": "root", "pgbackrest": "/no/such"},
                    }
                ]
            },
            "log: cannot run the program (No such file or directory): /no/such",
        ),
    ],
)
def test_nothing_to_do_is_no_success(site: Site, playbook: str, variables: dict[str, Any], words: str) -> None:
    done = site.run(playbook, **variables)
    assert done.status == 2, done.output
    assert words in done.text, done.output


@pytest.mark.long
def test_a_host_without_backups_among_others_is_fine(site: Site) -> None:
    job = {"name": NAME, "kind": "config", "options": {"paths": [str(site.etc)]}}
    template = "{{ " + json.dumps([job]) + " if inventory_hostname == 'web' else [] }}"
    for names in ({}, {"only": NAME}):
        done = site.run("backup", target="all", day2_backups=template, **names)
        assert done.status == 0, done.output


@pytest.mark.long
def test_what_a_killed_drill_has_left_is_removed(site: Site) -> None:
    assert site.run("backup").status == 0
    parent = site.home / ".cache" / "day2-drill"
    old, new = parent / "day2-drill-old", parent / "day2-drill-new"
    for folder in (old, new):
        (folder / "etc").mkdir(parents=True)
    long_ago = time.time() - 86400
    os.utime(old, (long_ago, long_ago))
    done = site.run("restore_drill", drill_host="spare")
    assert done.status == 0, done.output
    assert list(parent.iterdir()) == [new]  # of a drill that may be at work
    assert parent.stat().st_mode & 0o777 == 0o700


def migration(site: Site, **options: Any) -> dict[str, Any]:
    """Return a migration of a database that is not there, of a service that is stopped for it."""
    job = {"name": "db", "kind": "postgres", "options": {"login_host": "127.0.0.1", "login_port": 1, **options}}
    how = {"backup": "db", "stop": True, "command": site.note("migrated")}
    return {"day2_backups": [job], "day2_migration": how, **site.steps()}


def test_a_part_of_a_database_is_no_way_back(site: Site) -> None:
    done = site.run("migrate_database", **migration(site, exclude_tables=["log"]))
    assert done.status == 2
    assert "the backup db has exclude_tables, so restoring it would lose the rest" in done.text, done.output
    assert site.logged() == []


def test_a_migration_after_one_that_was_killed_starts_the_service(site: Site) -> None:
    site.window("migration", "database migration")
    checks = [{"name": "gone", "kind": "command", "command": ["false"]}]  # as of a service that is stopped
    done = site.run("migrate_database", day2_checks=checks, **migration(site))
    assert done.status == 2
    told = done.of_task("Tell how it ended")
    assert "Back up, proven to a full read at least: " in told, done.output
    assert site.logged() == ["stopped", "started"]


@pytest.mark.long
def test_a_migration_that_goes_on_keeps_the_backup_of_before(site: Site) -> None:
    first = "20260301T020000Z-7f3a91c2"
    site.window(
        "migration",
        "database migration",
        migration={"backup": first, "path": str(site.folder / "backups" / "db" / first)},
    )
    done = site.run("migrate_database", resume="go_on", **migration(site))
    assert done.status == 0, done.output
    assert f"migrated and verified; the backup of before is {first}" in done.text, done.output
    assert site.logged() == ["stopped", "migrated", "started"]


@pytest.mark.long
def test_a_restore_that_is_refused_leaves_the_service_started(site: Site) -> None:
    first = "20260301T020000Z-7f3a91c2"
    site.window(
        "migration",
        "database migration",
        migration={"backup": first, "path": str(site.folder / "backups" / "db" / first)},
    )
    done = site.run("migrate_database", resume="restore", **migration(site))
    assert done.status == 2
    assert "IS NOT AS IT WAS BEFORE THE MIGRATION: " in done.of_task("Tell how it ended"), done.output
    assert site.logged()[-1] == "started"
    assert "migrated" not in site.logged()
