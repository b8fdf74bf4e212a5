# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as a process of its own: what Ansible sends to a host, less the packing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import processes
from .processes import Done

_PLACE = "ansible_collections.day2.ops.plugins.modules"
_PEAK = """\
import runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
finally:
    with open("/proc/self/status") as status:
        print(next(line for line in status if line.startswith("VmHWM:")), file=sys.stderr)"""


@dataclass(frozen=True)
class Module:
    """A module of the collection, by its name."""

    name: str

    def written(self, folder: Path, options: Mapping[str, Any]) -> Path:
        """Write the file that the module takes its options from."""
        path = folder / "options.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}), encoding="utf-8")
        return path

    def argv(self, options: Path) -> list[str]:
        """Return the command line of the module."""
        return [sys.executable, "-m", f"{_PLACE}.{self.name}", str(options)]

    def environment(self) -> dict[str, str]:
        """Return what the module needs of the environment."""
        return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}

    def result(self, output: str) -> dict[str, Any]:
        """Return what the module said; empty when it was killed before."""
        line = next((line for line in output.splitlines() if line.startswith("{")), "{}")
        found: dict[str, Any] = json.loads(line)
        return found

    def start(self, folder: Path, options: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Start the module."""
        return processes.start(self.argv(self.written(folder, options)), folder, self.environment())

    def called(self, folder: Path, options: Mapping[str, Any]) -> Done:
        """Run the module to its end."""
        return processes.run(self.argv(self.written(folder, options)), folder, self.environment())

    def peak_bytes(self, folder: Path, options: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Run the module; return the most memory that its process had, and what it said."""
        argv = [sys.executable, "-c", _PEAK, f"{_PLACE}.{self.name}", str(self.written(folder, options))]
        done = processes.run(argv, folder, self.environment())
        line = next(line for line in done.output.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024, self.result(done.output)
