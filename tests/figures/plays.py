# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that figures are made of: written as files into a folder, run by the ansible-playbook of this environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import processes
from .processes import Done
from .run import CHECKOUT

Task = Mapping[str, Any]

_PROGRAM = Path(sys.executable).parent / "ansible-playbook"
# The machine's own configuration must not change what is measured.
_ENVIRONMENT = {
    "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
    "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".collections"),
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_LOCALHOST_WARNING": "0",
    "PYTHONUNBUFFERED": "1",
}

# Keywords of a play whose modules need a process of their own even on this machine, as on a distant host.
APART: dict[str, object] = {"environment": {"DAY2_APART": "1"}}


@dataclass(frozen=True)
class Plays:
    """Writes and runs plays; folder: where, with the secrets that are in them."""

    folder: Path

    def inventory(self, hosts: int) -> Path:
        """Write an inventory of so many hosts, all of them this machine; returns its file."""
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        names = {f"host{number:02}": here for number in range(1, hosts + 1)}
        return self._write(f"hosts-{hosts}.yml", {"all": {"hosts": names}})

    def play(self, name: str, tasks: Sequence[Task], **more: object) -> Path:
        """Write a playbook of one play over all hosts; more: keywords of the play. Returns its file."""
        play = {"name": name, "hosts": "all", "gather_facts": False, **more, "tasks": list(tasks)}
        return self._write(f"{name.replace(' ', '-')}.yml", [play])

    def run(self, playbook: Path, inventory: Path, *options: str, **variables: str) -> Done:
        """Run a playbook to its end, whatever that is; variables: more of the environment."""
        return processes.run(playbook_argv(playbook, inventory, *options), CHECKOUT, environment(**variables))

    def _write(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")  # JSON is YAML
        return path


def playbook_argv(playbook: Path, inventory: Path, *options: str) -> list[str]:
    """Return the command line that runs a playbook."""
    return [str(_PROGRAM), "-i", str(inventory), str(playbook), *options]


def environment(**more: str) -> dict[str, str]:
    """Return the environment variables of ansible-playbook."""
    return {**_ENVIRONMENT, **more}
