# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Files below a folder, reached component by component: no link in it is ever followed, whoever puts one there when.

All paths lead from that folder and stay in it; they are validated by whoever read them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .._core.errors import AccessDenied, NotThere, OpsError
from .config_members import FILE, FOLDER, LINK, Member, shown

TEMPORARY = ".day2-restore-"
CHUNK = 1 << 20
_FOLDER_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINK_IN_WAY = (errno.ELOOP, errno.ENOTDIR)


class Tree:
    """A folder and all below it. To be closed."""

    def __init__(self, root: Path) -> None:
        """:raises OpsError: there is no such folder."""
        self._where = root
        self._open: tuple[str, int] | None = None  # the folder that was used last
        try:
            self._root = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotThere(f"cannot open the folder ({error.strerror})", on=str(root)) from error

    def close(self) -> None:
        """Let go of it."""
        self._forget()
        os.close(self._root)

    def _forget(self) -> None:
        if self._open is not None:
            os.close(self._open[1])
        self._open = None

    def place(self, path: str) -> str:
        """Return the whole path."""
        return f"{str(self._where).rstrip('/')}/{path}"

    def name(self, path: str) -> str:
        """Return the whole path, fit to be shown."""
        return shown(self.place(path))

    def _folder(self, path: str) -> int:
        """Return a handle of the folder ``path``, valid until the next one is asked for.

        :raises OSError: there is none such.
        """
        if not path:
            return self._root
        if self._open is None or self._open[0] != path:
            self._forget()
            self._open = (path, self._walked(path))
        return self._open[1]

    def _walked(self, path: str) -> int:
        handle = os.dup(self._root)
        for part in path.split("/"):
            try:
                deeper = os.open(part, _FOLDER_FLAGS, dir_fd=handle)
            finally:
                os.close(handle)
            handle = deeper
        return handle

    @contextmanager
    def _parent(self, path: str, doing: str, whole: str = "") -> Iterator[tuple[int, str]]:
        """Give a handle of the folder that ``path`` is in, and its name there; errors are told as what was done.

        :param whole: the path that they name, if that is another.
        """
        parent, _slash, name = path.rpartition("/")
        on = self.name(whole or path)
        try:
            yield self._folder(parent), name
        except FileNotFoundError as error:
            raise NotThere(f"cannot {doing} (it is not there)", on=on) from error
        except PermissionError as error:
            raise AccessDenied(f"cannot {doing} ({error.strerror})", on=on) from error
        except OSError as error:
            if error.errno in _LINK_IN_WAY:
                raise OpsError(f"cannot {doing}: there is a link or a file in the place of a folder", on=on) from error
            raise OpsError(f"cannot {doing} ({error.strerror})", on=on) from error

    def status(self, path: str) -> os.stat_result | None:
        """Return what is at ``path`` itself; None when nothing is, or a folder to it is missing."""
        try:
            with self._parent(path, "look at it") as (folder, name):
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except NotThere:
            return None

    def open(self, path: str, follow: bool = False) -> int:
        """Return a handle to read the file ``path``.

        :param follow: through links, also those on the way. :raises OpsError: it is a link, or may not be read.
        """
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        with self._parent("" if follow else path, "read the file", path) as (folder, name):
            if follow:
                return os.open(path, flags, dir_fd=folder)
            return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)

    def target(self, path: str) -> str:
        """Return where the link ``path`` leads."""
        with self._parent(path, "read the link") as (folder, name):
            return os.readlink(name, dir_fd=folder)

    def names(self, path: str) -> list[str]:
        """Return the names in the folder ``path``, sorted."""
        with self._parent(f"{path}/." if path else ".", "list the folder") as (folder, _dot):
            handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
            try:
                return sorted(os.listdir(handle))
            finally:
                os.close(handle)

    def sha256(self, path: str, follow: bool = False) -> str:
        """Return the checksum of the file ``path``, see :meth:`open`."""
        found = hashlib.sha256()
        with os.fdopen(self.open(path, follow), "rb", buffering=0) as stream:
            for piece in iter(lambda: stream.read(CHUNK), b""):
                found.update(piece)
        return found.hexdigest()

    def make_folder(self, path: str, mode: int = 0o755) -> None:
        """Make the folder ``path`` and those to it; one that is there stays as it is."""
        parent = path.rpartition("/")[0]
        if parent and self.status(parent) is None:
            self.make_folder(parent, mode)
        with self._parent(path, "make the folder") as (folder, name), suppress(FileExistsError):
            os.mkdir(name, mode, dir_fd=folder)

    def put_file(self, member: Member, pieces: Iterable[bytes], owner: bool, to_disk: bool = True) -> None:
        """Write a file under a passing name, then give it its name: it is old or new, never a part.

        :param to_disk: whether it is brought to disk before, as it must be where it replaces another.
        """
        with self._replacing(member.path, "write the file") as (folder, name, temporary):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=folder), "wb", buffering=0) as stream:
                for piece in pieces:
                    _write_all(stream.fileno(), piece)
                if owner:
                    os.fchown(stream.fileno(), member.uid, member.gid)
                os.fchmod(stream.fileno(), member.mode)  # after the owner, as that takes the set-user-ID bit
                os.utime(stream.fileno(), (member.mtime, member.mtime))
                if to_disk:
                    os.fsync(stream.fileno())
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)

    def put_link(self, member: Member, owner: bool) -> None:
        """Make a link, or put it in the place of a file or link."""
        with self._replacing(member.path, "make the link") as (folder, name, temporary):
            os.symlink(member.target, temporary, dir_fd=folder)
            if owner:
                os.chown(temporary, member.uid, member.gid, dir_fd=folder, follow_symlinks=False)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)

    @contextmanager
    def _replacing(self, path: str, doing: str) -> Iterator[tuple[int, str, str]]:
        """Give what :meth:`_parent` does and a passing name; what is under that at the end is removed."""
        temporary = f"{TEMPORARY}{uuid.uuid4().hex[:12]}"
        with self._parent(path, doing) as (folder, name):
            try:
                yield folder, name, temporary
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)

    def attribute(self, member: Member, owner: bool) -> None:
        """Give a file or folder the owner and the mode of the backup."""
        kind = os.O_DIRECTORY if member.type == FOLDER else os.O_NONBLOCK
        with self._parent(member.path, "set owner and mode") as (folder, name):
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=folder)
            try:
                if owner:
                    os.fchown(handle, member.uid, member.gid)
                os.fchmod(handle, member.mode)
                if member.type == FOLDER:
                    os.utime(handle, (member.mtime, member.mtime))
            finally:
                os.close(handle)

    def remove(self, path: str) -> None:
        """Remove a file, a link or an empty folder."""
        status = self.status(path)
        with self._parent(path, "remove it") as (folder, name):
            if status is not None and stat.S_ISDIR(status.st_mode):
                os.rmdir(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)

    def settle(self, path: str) -> None:
        """Bring the names in the folder ``path`` to disk, and remove what a killed run left in it."""
        for name in self.names(path):
            if name.startswith(TEMPORARY):
                self.remove(f"{path}/{name}" if path else name)
        with self._parent(f"{path}/." if path else ".", "bring the folder to disk") as (folder, _dot):
            handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _write_all(handle: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(handle, view) :]


def type_of(status: os.stat_result) -> str:
    """Return the type of a member that a thing may become; empty for devices, sockets, pipes."""
    if stat.S_ISREG(status.st_mode):
        return FILE
    if stat.S_ISDIR(status.st_mode):
        return FOLDER
    return LINK if stat.S_ISLNK(status.st_mode) else ""


def difference(tree: Tree, member: Member, owner: bool) -> str:
    """Return in what the thing at a member's path differs from it: empty for in nothing.

    :returns: ``missing``, ``type``, ``content``, ``target``, ``owner`` or ``mode``.
    """
    status = tree.status(member.path)
    if status is None:
        return "missing"
    if type_of(status) != member.type:
        return "type"
    if member.type == FILE and (status.st_size != member.size or tree.sha256(member.path) != member.sha256):
        return "content"
    if member.type == LINK and tree.target(member.path) != member.target:
        return "target"
    if owner and (status.st_uid, status.st_gid) != (member.uid, member.gid):
        return "owner"
    return "mode" if member.type != LINK and stat.S_IMODE(status.st_mode) != member.mode else ""
