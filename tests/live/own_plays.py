# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that a test writes by itself, run by a real ansible-playbook on three hosts, one of which cannot be reached."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT

INVENTORY = """
all:
  hosts:
    good:
    bad:
    gone: {ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""


def play(folder: Path, text: str, callbacks: str = "", *arguments: str, **variables: str) -> tuple[int, str]:
    """Run a playbook; return its exit status and what it said."""
    (folder / "morning.yml").write_text(text, encoding="utf-8")
    (folder / "inventory.yml").write_text(INVENTORY, encoding="utf-8")
    (folder / "local").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "ANSIBLE_NOCOLOR": "1",
        **({"ANSIBLE_CALLBACKS_ENABLED": callbacks} if callbacks else {}),
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "DAY2_REPORT_DIR": str(folder / "reports"),
        **variables,
    }
    program = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run(
        [program, "-i", str(folder / "inventory.yml"), str(folder / "morning.yml"), *arguments],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert list((folder / "local").iterdir()) == []  # Ansible has removed what it made
    return done.returncode, done.stdout + done.stderr
