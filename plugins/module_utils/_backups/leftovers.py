# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Folders that a run of ours makes and takes away again; one that was killed leaves them, the next one cleans up."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .._core.errors import OpsError, Unreachable
from .._core.files import exclusive

_OWNER = ".owner"


@contextmanager
def passing_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder that only we may enter, and remove it at the end with what still runs in it.

    What earlier runs with the same prefix have left in ``parent`` is removed first: folders that no living process
    holds the lock of.

    :raises OpsError: it cannot be made.
    """
    sweep(parent, prefix)
    folder = parent / f"{prefix}{uuid.uuid4().hex[:12]}"
    made = parent / f".{folder.name}"  # which no other run takes for a left one before it has our lock
    try:
        made.mkdir(mode=0o700)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(folder)) from error
    with exclusive(made / _OWNER):
        made.rename(folder)
        try:
            yield folder
        finally:
            remove_folder(folder)


def sweep(parent: Path, prefix: str) -> list[str]:
    """Remove the folders of ours with that prefix whose owner is gone, and return their names.

    In a folder where anybody may write, others may have made some to have us remove what they cannot.
    """
    removed = []
    for entry in sorted(parent.glob(f"{prefix}*")):
        try:
            status = os.lstat(entry)
        except FileNotFoundError:
            continue  # its owner has just removed it
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            continue
        with suppress(Unreachable, OpsError), exclusive(entry / _OWNER):
            remove_folder(entry)
            removed.append(entry.name)
    return removed


def remove_folder(folder: Path, kill: bool = True) -> None:
    """Kill what runs in the folder (has it, or a folder in it, as its working folder), and remove the folder.

    :param kill: False where what runs in it may be somebody's shell: in the folder of a backup that is whole.
    """
    if kill:
        kill_inhabitants(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():  # something was written meanwhile by one that just died, or a folder in it forbids to write
        _permit(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _permit(folder: Path) -> None:
    """Let us write in all folders in it, as what was restored may have some that not even their owner may write in."""
    for place, folders, _files in os.walk(folder):
        for name in [place, *(os.path.join(place, one) for one in folders)]:
            if not os.path.islink(name):
                with suppress(OSError):
                    os.chmod(name, 0o700)


def kill_inhabitants(folder: Path) -> None:
    """Kill the processes whose working folder is ``folder`` or in it: programs that a killed run of ours left."""
    root = os.path.realpath(folder)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            place = os.readlink(f"/proc/{pid}/cwd")
            if int(pid) != os.getpid() and (place == root or place.startswith(root + "/")):
                os.kill(int(pid), signal.SIGKILL)
