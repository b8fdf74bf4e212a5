# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Moving a file so that it is in one place at each moment, and never on top of another.

Within a file system the kernel does both in one step. Between two of them a copy is made under a hidden name; then the
original gets a hidden name too, so that it is no letter any more, the copy gets its name, and the original goes.
Whoever finds the original hidden can tell from the copy how far a killed move had come: see :meth:`Way.finish`.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .directory_scan import OWN_PREFIX

_NO_REPLACE = 1
_HERE = -100  # AT_FDCWD: paths are as they are given
_UNABLE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def move(source: str, target: str) -> None:
    """Give the file another name in the same file system.

    :raises FileNotFoundError: there is no such file (any more). :raises FileExistsError: the name is taken.
    :raises OSError: EXDEV for another file system, or what else is in the way.
    """
    rename = _kernels_rename()
    if rename is None or not rename(source, target):
        _link_and_unlink(source, target)


def _kernels_rename() -> Any:
    """Return a function that moves without replacing, and tells whether the file system is able to; None without it."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return None

    def rename(source: str, target: str) -> bool:
        names = os.fsencode(source), os.fsencode(target)
        if library.renameat2(_HERE, names[0], _HERE, names[1], ctypes.c_uint(_NO_REPLACE)) == 0:
            return True
        number = ctypes.get_errno()
        if number in _UNABLE:
            return False
        raise OSError(number, os.strerror(number), source, None, target)

    return rename


def _link_and_unlink(source: str, target: str) -> None:
    """Move where the file system cannot do it in one step: for a moment the file has both names."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        # The same file under both names is a move that was killed half-way.
        if not os.path.samestat(os.lstat(source), os.lstat(target)):
            raise
    try:
        os.unlink(source)
    except FileNotFoundError:
        pass  # somebody else did the rest
    except OSError:
        os.unlink(target)
        raise


class Way:
    """The way from one folder to another, both of which exist."""

    def __init__(self, source: str, target: str) -> None:
        """Take the paths of the folders.

        :raises OSError: the target cannot be looked at.
        """
        self.source = source
        self.target = target
        stat = os.stat(target)
        # What is hidden is finished only on the way that it was on: an unmounted folder is another one.
        way = f"{os.path.realpath(target)}:{stat.st_ino}"
        self._prefix = f"{OWN_PREFIX}{hashlib.sha256(os.fsencode(way)).hexdigest()[:8]}."
        self._made: set[str] = set()

    def move(self, name: str) -> None:
        """Move the file of that path below the folder.

        :raises FileNotFoundError: there is no such file (any more). :raises FileExistsError: the name is taken there.
        :raises BlockingIOError: another process is moving it. :raises OSError: what else is in the way.
        """
        source, target = os.path.join(self.source, name), os.path.join(self.target, name)
        self._make_folder(name)
        try:
            move(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._move_across(source, target)

    def finish(self, name: str) -> str:
        """Finish what a killed move left under a hidden name; return its own name, empty when it was on another way.

        :param name: the path of the hidden original below the source. :raises OSError: as :meth:`move`.
        """
        folder, hidden = os.path.split(name)
        if not hidden.startswith(self._prefix):
            return ""
        claim = os.path.join(self.source, name)
        plain = os.path.join(folder, hidden[len(self._prefix) :])
        source, target = os.path.join(self.source, plain), os.path.join(self.target, plain)
        with suppress(FileNotFoundError, BlockingIOError), _locked(claim):
            # The copy was whole before the original was hidden, and loses this name by being published.
            if os.path.lexists(self._hidden(target)):
                self._publish(source, claim, target)
            else:
                os.unlink(claim)
        return plain

    def _move_across(self, source: str, target: str) -> None:
        claim, copy = self._hidden(source), self._hidden(target)
        with _locked(source) as handle:
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
            if os.path.lexists(claim):  # an earlier letter of this name
                self.finish(os.path.relpath(claim, self.source))
            _copy(handle, source, copy)
            os.rename(source, claim)
            sync_folder(os.path.dirname(source))
            self._publish(source, claim, target)

    def _publish(self, source: str, claim: str, target: str) -> None:
        copy = self._hidden(target)
        try:
            move(copy, target)
        except FileExistsError:
            move(claim, source)
            os.unlink(copy)
            raise
        sync_folder(os.path.dirname(target))
        os.unlink(claim)

    def _hidden(self, path: str) -> str:
        folder, name = os.path.split(path)
        return os.path.join(folder, self._prefix + name)

    def _make_folder(self, name: str) -> None:
        """Make the folder below the target that the name needs, and refuse one that leads out of the target."""
        below = os.path.dirname(name)
        if not below or below in self._made:
            return
        wanted = os.path.join(self.target, below)
        root = os.path.realpath(self.target)
        if os.path.commonpath([root, os.path.realpath(wanted)]) != root:
            raise PermissionError(errno.EPERM, "a link leads out of the folder", wanted)
        os.makedirs(wanted, exist_ok=True)
        self._made.add(below)


@contextmanager
def _locked(path: str) -> Iterator[int]:
    """Hold the file that has this name, so that no other process moves it too.

    :raises BlockingIOError: another one does. :raises FileNotFoundError: it is no longer there.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(handle), os.lstat(path)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        yield handle
    finally:
        os.close(handle)


def _copy(handle: int, source: str, copy: str) -> None:
    """Copy what the handle has open, with its times, mode and (where we may) owner, to stay after a power failure."""
    with suppress(FileNotFoundError):
        os.unlink(copy)  # of a move that was killed before the original was hidden
    new = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(os.dup(handle), "rb") as reader, open(os.dup(new), "wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
        stat = os.fstat(handle)
        with suppress(PermissionError):
            os.fchown(new, stat.st_uid, stat.st_gid)
        shutil.copystat(source, copy, follow_symlinks=False)
        os.fsync(new)
    except BaseException:
        os.unlink(copy)
        raise
    finally:
        os.close(new)


def sync_folder(path: str) -> None:
    """Make the names in a folder stay after a power failure."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
