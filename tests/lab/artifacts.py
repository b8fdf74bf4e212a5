# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers of the lab need and no package brings: fetched or built once, and kept in the user's cache.

Tests and servers only look whether it is there; `make servers`, `make kubernetes` and so on make it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

PROGRAMS = Path(__file__).resolve().parent / "programs"


@dataclass(frozen=True)
class Artifact:
    """A folder in the cache, made anew when what it is made from changes.

    target: of make, which makes it. needs: programs for that. recipe: all that it is made from, as text.
    build: makes it in an empty folder; raises LabError.
    """

    name: str
    what: str
    target: str
    needs: tuple[str, ...]
    recipe: Callable[[], str]
    build: Callable[[Path], None]

    @property
    def folder(self) -> Path:
        """Where it is, or would be."""
        return cache() / self.name / hashlib.sha256(self.recipe().encode()).hexdigest()[:16]

    def missing(self) -> str:
        """Return why it is not here, or an empty text."""
        if self.folder.is_dir():
            return ""
        return f"no {self.what}: run 'make {self.target}'" + (f" ({self.lacks()})" if self.lacks() else "")

    def lacks(self) -> str:
        """Return which programs it cannot be made without here, or an empty text."""
        absent = [program for program in self.needs if not shutil.which(program)]
        return f"needs {', '.join(absent)} on PATH" if absent else ""

    def make(self) -> None:
        """Make it, in one step for whoever looks; raises LabError when that fails."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=self.folder.parent) as place:
            made = Path(place) / "made"
            made.mkdir()
            self.build(made)
            if not self.folder.is_dir():  # another command may have been faster
                made.rename(self.folder)


def cache() -> Path:
    """Return the folder of all that is kept for later runs; it may be removed at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "day2.ops"


def run(argv: list[str], cwd: Path | None = None, **variables: str) -> None:
    """Run a command of a build, with these environment variables too; raises LabError with what it said."""
    env = {**os.environ, **variables}
    done = subprocess.run(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        raise LabError(f"{argv[0]} failed, exit status {done.returncode}: {_what_failed(done.stdout)}")


def _what_failed(output: bytes) -> str:
    """Return the first line that speaks of an error, else the last that says something."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output.decode(errors="replace"))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines[-1:] or ["it said nothing"]
    return telling[0][:300]
