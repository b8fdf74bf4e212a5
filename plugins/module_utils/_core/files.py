# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Files that are whole or not there: temporary name, fsync, rename; checksums; a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import OpsError, Unreachable
from .waiting import wait_until

_CHUNK = 1 << 20
_LOCK_INTERVAL = 0.02  # seconds between two tries to lock


def fsync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def atomic_write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write ``data`` to ``path`` so that a reader sees the old content or the new one, never a part.

    A symbolic link at ``path`` is replaced, not followed.

    :raises OpsError: the folder is missing, not writable or full. The old file is then untouched.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        fsync_folder(path.parent)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise OpsError(f"cannot write the file ({error.strerror})", on=str(path)) from error


def write_json(path: Path, value: Any, mode: int = 0o600) -> None:
    """Write ``value`` as indented JSON, atomically. Raises as :func:`atomic_write`."""
    atomic_write(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode(), mode)


def read_json(path: Path) -> Any:
    """Return the JSON value in ``path``.

    :raises OpsError: unreadable or not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise OpsError(f"cannot read the file ({error.strerror})", on=str(path)) from error
    except ValueError as error:
        raise OpsError(f"the file is not valid JSON ({error})", on=str(path)) from error


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's content, read in pieces.

    :raises OpsError: unreadable.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            for piece in iter(lambda: stream.read(_CHUNK), b""):
                digest.update(piece)
    except OSError as error:
        raise OpsError(f"cannot read the file ({error.strerror})", on=str(path)) from error
    return digest.hexdigest()


@contextmanager
def exclusive(path: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold an advisory lock on ``path`` (made if needed) while inside; the kernel drops it when the process dies.

    :param patience: seconds to wait for another holder to let go.
    :raises Unreachable: another process holds it all that time.
    :raises OpsError: the file cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise OpsError(f"cannot make the lock file ({error.strerror})", on=str(path)) from error
    try:
        if not wait_until(lambda: _locks(handle), bool, timeout=patience, interval=_LOCK_INTERVAL).done:
            raise Unreachable("another process holds the lock", on=str(path), advice="wait for it to finish")
        yield
    finally:
        os.close(handle)


def _locks(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
