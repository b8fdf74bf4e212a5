# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible really sends to a host: a module with all it imports, in one file, as ansible-playbook packs it."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import processes
from .errors import FigureError
from .plays import APART, Plays

# What the packed file itself has imported before the module's turn comes.
_IMPORT = """\
import base64, datetime, json, os, runpy, shutil, sys, tempfile, time, zipfile
sys.path.insert(0, sys.argv[1])
before = time.process_time()
__import__(sys.argv[2])
print(time.process_time() - before)"""

_PEAK = """\
import runpy, sys
try:
    runpy.run_path(sys.argv.pop(1), run_name="__main__")
finally:
    with open("/proc/self/status") as status:
        print(next(line for line in status if line.startswith("VmHWM:")), file=sys.stderr)"""

_QUIET = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}


@dataclass(frozen=True)
class Payload:
    """One packed module; file: what runs on the host, with the options in it."""

    module: str
    file: Path

    def import_seconds(self, archive: Path) -> float:
        """Return the CPU seconds that a fresh Python needs to import the module from the archive of `as_archive`."""
        argv = [sys.executable, "-c", _IMPORT, str(archive), _import_name(self.module)]
        return float(processes.run(argv, archive.parent, _QUIET).require_success().output)

    def as_archive(self) -> Path:
        """Write the archive that the host's Python imports from, beside the file; returns it."""
        folder = self.file.parent
        processes.run([sys.executable, str(self.file), "explode"], folder, _QUIET).require_success()
        archive = folder / "payload.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted((folder / "debug_dir").rglob("*.py")):
                packed.write(path, path.relative_to(folder / "debug_dir"))
        return archive

    def peak_bytes(self) -> int:
        """Run the module and return the most memory that its process had; raises FigureError when it fails."""
        done = processes.run([sys.executable, "-c", _PEAK, str(self.file)], self.file.parent, _QUIET)
        done.require_success()
        line = next(line for line in done.output.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


def pack(plays: Plays, module: str, options: Mapping[str, Any]) -> Payload:
    """Let ansible-playbook run the module once and keep the file that it ran; raises FigureError."""
    kept = Path(tempfile.mkdtemp(prefix=f"kept-{module}-", dir=plays.folder))
    playbook = plays.play(f"pack {module}", [{"name": module, module: dict(options)}], **APART)
    variables = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PIPELINING": "0", "ANSIBLE_REMOTE_TEMP": str(kept)}
    plays.run(playbook, plays.inventory(1), **variables).require_success()
    files = list(kept.glob("ansible-tmp-*/AnsiballZ_*.py"))
    if len(files) != 1:
        raise FigureError(f"ansible-playbook kept {len(files)} files of {module} in {kept}, expected one")
    return Payload(module, files[0])


def _import_name(module: str) -> str:
    namespace, collection, name = module.split(".")
    if (namespace, collection) == ("ansible", "builtin"):
        return f"ansible.modules.{name}"
    return f"ansible_collections.{namespace}.{collection}.plugins.modules.{name}"
