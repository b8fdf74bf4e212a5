# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The files behind letters of a folder: read within bounds, written to the disk, and the folders that take them."""

from __future__ import annotations

import os
import stat as stat_module
from contextlib import suppress

from .._core.errors import NotThere
from .directory_scan import explained

# Bytes of a note that go along with its letter.
_MOST_NOTE = 1 << 20


def read_file(path: str, most: int, cut: bool = False) -> tuple[bytes | None, str, float | None]:
    """Return a file's content, or why it is not read, and since when it has its name (seconds since the epoch).

    :param cut: whether the first ``most`` bytes do, when there are more.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as reader:
            stat = os.fstat(handle)
            if not stat_module.S_ISREG(stat.st_mode):
                return None, "not a plain file", None
            if stat.st_size > most and not cut:
                return None, f"larger than {most >> 20} MiB, not read", stat.st_ctime
            return reader.read(most), "", stat.st_ctime
    except OSError as error:
        return None, f"not readable ({(error.strerror or type(error).__name__).lower()})", None


def write_file(path: str, body: bytes, written: int) -> None:
    """Write a file, down to the disk, as it was written at that time (nanoseconds since the epoch)."""
    with open(path, "wb") as writer:
        writer.write(body)
        writer.flush()
        os.utime(writer.fileno(), ns=(written, written))
        os.fsync(writer.fileno())


def take_along(note: str, target: str) -> None:
    """Copy the file that tells of a letter to where the letter is now. It is no letter, so a failure is no loss."""
    text, _fault, _since = read_file(note, _MOST_NOTE, cut=True)
    if text is not None:
        with suppress(OSError):
            write_file(target, text, os.stat(note).st_mtime_ns)


def make_like(target: str, model: str) -> None:
    """Make a folder with mode and owner of another, where it is missing."""
    if os.path.isdir(target):
        return
    try:
        stat = os.stat(model)
        os.makedirs(target, exist_ok=True)
        os.chmod(target, stat_module.S_IMODE(stat.st_mode))
        with suppress(PermissionError):
            os.chown(target, stat.st_uid, stat.st_gid)
    except OSError as error:
        raise explained(error, "make the folder", target) from error


def refuse_unwritable(folder: str) -> None:
    """:raises OpsError: no such folder, or one that we may not write to."""
    if not os.path.exists(folder):
        raise NotThere("the folder does not exist", on=folder)
    if not os.path.isdir(folder):
        raise explained(NotADirectoryError(), "write to the folder", folder)
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise explained(PermissionError(13, os.strerror(13)), "write to the folder", folder)
