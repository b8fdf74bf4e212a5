# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup that is being read is not removed: readers share a lock on its folder, a remover wants it alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .._core.errors import NotThere, OpsError, Unreachable


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Keep the backup in ``folder`` from being removed until the end of the block; the lock dies with the process.

    :raises NotThere: it was removed just now. :raises Unreachable: it is being removed.
    """
    with _locked(folder, fcntl.LOCK_SH, "it is just being removed"):
        yield


@contextmanager
def unused(folder: Path) -> Iterator[None]:
    """Let nobody begin to read the backup in ``folder`` until the end of the block.

    :raises Unreachable: somebody reads it. :raises NotThere: it is gone.
    """
    with _locked(folder, fcntl.LOCK_EX, "it is being read"):
        yield


@contextmanager
def _locked(folder: Path, sort: int, taken: str) -> Iterator[None]:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        raise NotThere("the backup is gone", on=str(folder)) from error
    except OSError as error:
        raise OpsError(f"cannot open the backup's folder ({error.strerror})", on=str(folder)) from error
    try:
        try:
            fcntl.flock(handle, sort | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unreachable(taken, on=str(folder)) from error
        if not folder.is_dir():  # renamed between the two
            raise NotThere("the backup is gone", on=str(folder))
        yield
    finally:
        os.close(handle)
