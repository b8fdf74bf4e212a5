# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks as an operator runs them: `ansible-playbook` in a process of its own, on the session's lab."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 900  # on a machine that is busy with much else
# What is waited for in the demo's inventory, made short.
QUICK: dict[str, Any] = {
    "day2_gate_consecutive": 1,
    "day2_gate_timeout": 5,
    "day2_drain_settle": 0,
    "day2_bootstrap": False,
}


@dataclass
class Done:
    """How a run ended: exit status and all that was on screen, and with wrapped lines joined."""

    status: int
    output: str
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = " ".join(self.output.split())

    def of_task(self, name: str) -> str:
        """Return what was shown under the tasks whose name ends so, wrapped lines joined."""
        parts = re.split(r"^(?=TASK \[|PLAY )", self.output, flags=re.MULTILINE)
        return " ".join(
            " ".join(part.split()) for part in parts if re.match(rf"TASK \[[^\]]*{re.escape(name)}\]", part)
        )


class Operator:
    """Somebody with a checkout, a folder for journals and one for reports."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.state = folder / "state"
        self.reports = folder / "reports"
        self.within: list[str] = []  # a program that runs ansible-playbook, with its arguments

    def run(self, playbook: str, *arguments: str, inventory: str = "inventories/demo", **variables: Any) -> Done:
        """Run a playbook to its end; `variables` win over those of the inventory."""
        with self.start(playbook, *arguments, inventory=inventory, **variables) as running:
            try:
                output, _none = running.communicate(timeout=SECONDS)
            finally:
                running.kill()
        return Done(running.returncode, output)

    def start(
        self, playbook: str, *arguments: str, inventory: str = "inventories/demo", **variables: Any
    ) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own."""
        given = {**QUICK, "day2_state_dir": str(self.state), "day2_report_dir": str(self.reports), **variables}
        file = self.folder / "variables.json"  # a file, as arguments are shown
        file.write_text(json.dumps(given), encoding="utf-8")
        program = str(Path(sys.executable).parent / "ansible-playbook")
        environment = {**os.environ, "DAY2_LAB_DIR": str(self.lab.folder), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"}
        return subprocess.Popen(
            [*self.within, program, "-i", inventory, f"playbooks/{playbook}.yml", "-e", f"@{file}", *arguments],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def journal(self, service: str = "demo") -> dict[str, Any]:
        """Return the record of the last window; an empty one when there never was any."""
        path = self.state / service / "window.json"
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return record

    def written(self) -> list[Path]:
        """Return the files of journals and reports."""
        folders = (self.state, self.reports)
        return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def secrets_of(facts: Facts) -> set[str]:
    """Return every password and token of the lab."""
    return set(_secrets(dict(facts)))


def _secrets(value: dict[str, Any]) -> Iterator[str]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _secrets(inner)
        elif name.endswith(("password", "token")):
            yield str(inner)


def leaks(operator: Operator, done: Done, secrets: set[str]) -> list[str]:
    """Return where a secret shows: on screen, in journals, in reports."""
    places = {"the screen": done.output, **{str(path): path.read_text(encoding="utf-8") for path in operator.written()}}
    return [place for place, text in places.items() for secret in secrets if secret in text]
