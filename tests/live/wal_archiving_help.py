# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of Debian's PostgreSQL under an account of its own, and plays of the role wal_archiving on it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from ansible_collections.day2.ops.tests.lab.ports import free_ports
from ansible_collections.day2.ops.tests.live.own_plays import play

ACCOUNT = "postgres"
PROGRAM = "/usr/bin/pgbackrest"
PYTHON = "/usr/bin/python3"
_CONFIG = """\
listen_addresses = ''
fsync = off
shared_buffers = 16MB
log_min_messages = warning
"""


def bin_dir() -> Path | None:
    """Return the programs of the newest PostgreSQL that Debian's packages brought."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


def missing() -> str:
    """Return why there can be no such cluster here, or an empty text."""
    if os.geteuid() != 0:
        return "needs root, to work as another account"
    if not Path(PROGRAM).exists() or bin_dir() is None:
        return "needs Debian's packages postgresql and pgbackrest"
    return "" if any(entry.pw_name == ACCOUNT for entry in pwd.getpwall()) else f"there is no account {ACCOUNT}"


@dataclass(frozen=True)
class Cluster:
    """A cluster in a folder; it listens to a socket there."""

    folder: Path
    programs: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def control(self, *arguments: str) -> list[str]:
        return [str(self.programs / "pg_ctl"), "-D", str(self.data), "-w", *arguments]

    def as_account(self, argv: list[str], check: bool = True) -> str:
        """Run a program as the server's account and return what it said."""
        account = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups"]
        done = subprocess.run(
            [*account, *argv], cwd=self.folder, capture_output=True, text=True, check=False, timeout=120
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(host=str(self.folder), port=self.port, user=ACCOUNT, dbname=database, autocommit=True)

    def variables(self) -> dict[str, Any]:
        """Return the role's variables for this cluster."""
        return {
            "ansible_become_method": "ansible.builtin.su",
            "ansible_python_interpreter": PYTHON,  # ours may be where that account cannot look
            "wal_archiving_stanza": "shop",
            "wal_archiving_data_dir": str(self.data),
            "wal_archiving_port": self.port,
            "wal_archiving_socket_dir": str(self.folder),
            "wal_archiving_control_user": ACCOUNT,
            "wal_archiving_bin_dir": str(self.programs),
            "wal_archiving_install": False,
            "wal_archiving_start_command": self.control("-l", str(self.folder / "log"), "start"),
            "wal_archiving_stop_command": self.control("-m", "fast", "stop"),
            "wal_archiving_config": str(self.folder / "pgbackrest.conf"),
            "wal_archiving_log_dir": str(self.folder / "logs"),
            "wal_archiving_lock_dir": str(self.folder / "locks"),
            "wal_archiving_spool_dir": str(self.folder / "spool"),
            "wal_archiving_timeout": 120,
        }


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Give a cluster that runs, and take everything away at the end."""
    programs = bin_dir()
    assert programs is not None
    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="day2-wal-", dir="/var/tmp"))
    shutil.chown(folder, ACCOUNT, ACCOUNT)
    up = Cluster(folder, programs, port)
    try:
        up.as_account([str(programs / "initdb"), "--no-sync", "--auth=trust", "-D", str(up.data)])
        with (up.data / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write(f"{_CONFIG}port = {port}\nunix_socket_directories = '{folder}'\n")
        up.as_account(up.control("-l", str(folder / "log"), "start"))
        yield up
    finally:
        up.as_account(up.control("-m", "immediate", "stop"), check=False)
        shutil.rmtree(folder)


def run(up: Cluster, folder: Path, tasks: list[dict[str, Any]], *arguments: str, **variables: Any) -> tuple[int, str]:
    """Run tasks in a play of one host; return the status and what was said, wrapped lines joined."""
    given = {**up.variables(), **variables}
    text = json.dumps([{"hosts": "good", "gather_facts": False, "vars": given, "tasks": tasks}])
    status, output = play(folder, text, "", *arguments, ANSIBLE_PIPELINING="1")
    return status, " ".join(output.split())


def role(entry: str = "main", **variables: Any) -> dict[str, Any]:
    """Return a task that runs an entry point of the role."""
    include = {"name": "day2.ops.wal_archiving", "tasks_from": entry}
    return {"name": f"Do {entry}", "ansible.builtin.include_role": include, "vars": variables}
