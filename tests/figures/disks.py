# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that can be filled: a small file system in memory, which only root may mount."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .errors import FigureError


@contextlib.contextmanager
def mounted(disk: Path, size: int) -> Iterator[None]:
    """Have a file system of that many bytes at the folder, which is made where it is not there."""
    disk.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise FigureError(f"mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(filler: Path) -> None:
    """Leave no byte free on the file system on which the file is."""
    status = os.statvfs(filler.parent)
    with filler.open("ab") as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(status.f_bavail * status.f_frsize, 1))
    with filler.open("ab") as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            file.flush()
