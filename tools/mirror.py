# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain copy of the checkout under .work/ansible_collections/day2/ops.

ansible-test resolves the link that serves everything else and then refuses to run, so it gets real files.
Only changed files are copied, vanished ones are removed; what ansible-test writes there is kept.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.day2.ops.tools.paths import ROOT, WORK

if TYPE_CHECKING:
    from collections.abc import Iterator

MIRROR = WORK / "ansible_collections" / "day2" / "ops"
GENERATED = {Path("build"), Path("collections"), Path("tests", "output")}
SHOWN = {".ci"}
INTEGRATION_CONFIG = "integration_config.yml"


def is_source_folder(relative: Path) -> bool:
    name = relative.name
    return relative not in GENERATED and name != "__pycache__" and (not name.startswith(".") or name in SHOWN)


def is_source_file(relative: Path) -> bool:
    return relative.name != INTEGRATION_CONFIG and not relative.name.startswith("day2-ops-")


def files_below(top: Path) -> Iterator[Path]:
    """Yield the source files and links below *top*, relative to it."""
    for folder, folders, files in os.walk(top):
        here = Path(folder).relative_to(top)
        folders[:] = [name for name in folders if is_source_folder(here / name)]
        yield from (here / name for name in files if is_source_file(here / name))


def is_current(source: Path, copy: Path) -> bool:
    try:
        theirs = copy.lstat()
    except FileNotFoundError:
        return False
    ours = source.lstat()
    return (ours.st_size, ours.st_mtime_ns, ours.st_mode) == (theirs.st_size, theirs.st_mtime_ns, theirs.st_mode)


def copy_file(source: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    shutil.copy2(source, copy, follow_symlinks=False)


def hide_outer_repository(copy: Path) -> None:
    """Make the copy a repository of its own: ansible-test would ask the one around it, which ignores .work."""
    if shutil.which("git") and not (copy / ".git").exists():
        subprocess.run(["git", "init", "--quiet", "--template=", str(copy)], check=True)


def refresh(checkout: Path = ROOT, copy: Path = MIRROR) -> Path:
    """Make *copy* equal to the sources of *checkout* and return it.

    Raises OSError when a file cannot be read or written, CalledProcessError when git fails.
    """
    wanted = set(files_below(checkout))
    copy.mkdir(parents=True, exist_ok=True)
    for relative in set(files_below(copy)) - wanted:
        (copy / relative).unlink()
    for relative in sorted(wanted):
        if not is_current(checkout / relative, copy / relative):
            copy_file(checkout / relative, copy / relative)
    hide_outer_repository(copy)
    return copy
