# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a process of its own: what Ansible sends to a host, less the packing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..processes import Done, run

_MODULE = "ansible_collections.day2.ops.plugins.modules.dlq_reprocess"
_PEAK = """\
import runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
finally:
    with open("/proc/self/status") as status:
        print(next(line for line in status if line.startswith("VmHWM:")), file=sys.stderr)"""


def written(folder: Path, options: Mapping[str, Any]) -> Path:
    """Write the file that the module takes its options from."""
    path = folder / "options.json"
    path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}), encoding="utf-8")
    return path


def argv(options: Path) -> list[str]:
    """Return the command line of the module."""
    return [sys.executable, "-m", _MODULE, str(options)]


def environment() -> dict[str, str]:
    """Return what the module needs of the environment."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}


def result(output: str) -> dict[str, Any]:
    """Return what the module said; empty when it was killed before."""
    line = next((line for line in output.splitlines() if line.startswith("{")), "{}")
    found: dict[str, Any] = json.loads(line)
    return found


def called(folder: Path, options: Mapping[str, Any]) -> Done:
    """Run the module to its end."""
    return run(argv(written(folder, options)), folder, environment())


def peak_bytes(folder: Path, options: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Run the module; return the most memory that its process had, and what it said."""
    path = written(folder, options)
    done = run([sys.executable, "-c", _PEAK, _MODULE, str(path)], folder, environment())
    line = next(line for line in done.output.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024, result(done.output)
