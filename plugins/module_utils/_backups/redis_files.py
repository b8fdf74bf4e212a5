# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The files of a server: put aside, replaced by a backup, put back. Nothing of the old is removed.

With the append-only file on, a server reads that and never the RDB file. So the backup is placed as both: an
append-only file may begin with an RDB, since Redis 7 as a file of its own that a manifest names.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .._core.errors import InputError, NotThere, OpsError, Unreachable
from .._core.files import fsync_folder
from .draft import require_space
from .opened import Opened
from .redis_scratch import FILE
from .streams import HashingFile, copy

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_BEFORE = "before-"
_STAGED = ".day2-restore"


@dataclass(frozen=True)
class Layout:
    """Where a server has its files.

    :param folder: all of them. :param rdb: name of the RDB file. :param append_only: whether the append-only file is
        on. :param append_file: its name. :param append_folder: the folder of its parts; None before Redis 7, where it
        is one file.
    """

    folder: Path
    rdb: str
    append_only: bool
    append_file: str
    append_folder: str | None

    def __post_init__(self) -> None:
        """Refuse names that are none, and a folder that is not there."""
        if not self.folder.is_absolute() or not self.folder.is_dir():
            raise NotThere("no such folder of the server's files on this host", on=str(self.folder), advice="see dir")
        for name in (self.rdb, self.append_file, self.append_folder):
            if name is not None and (not _PLAIN_NAME.fullmatch(name) or set(name) <= {"."}):
                raise InputError("expected the name of a file, of letters, digits, dot, dash, underscore", on=name)

    def there(self) -> list[str]:
        """Return the names of what is there of it."""
        names = (self.rdb, self.append_folder or self.append_file)
        return [name for name in names if os.path.lexists(self.folder / name)]


@dataclass
class Placing:
    """What was done to the files so far. :param aside: the folder with the old ones, None when there were none."""

    layout: Layout
    staged: Path
    stamp: str
    aside: Path | None = None
    placed: list[str] = field(default_factory=list)

    def put_aside(self) -> None:
        """Move the old files into a folder beside. :raises OpsError: that cannot be; they are where they were."""
        names = self.layout.there()
        if not names:
            return
        folder = self.layout.folder / f"{_BEFORE}{self.stamp}"
        try:
            folder.mkdir(mode=0o700)
            _own(folder, self.layout.folder, 0o700)
            self.aside = folder
            for name in names:
                os.rename(self.layout.folder / name, folder / name)
            fsync_folder(folder)
            fsync_folder(self.layout.folder)
        except OSError as error:
            self.take_back()
            raise OpsError(f"cannot put the old files aside ({error.strerror})", on=str(folder)) from error

    def place(self) -> None:
        """Give the backup the names that the server looks for. :raises OpsError: that cannot be."""
        layout = self.layout
        try:
            if layout.append_only and layout.append_folder is None:
                self._place_one_file()
            elif layout.append_only:
                self._place_parts(layout.folder / str(layout.append_folder))
            self.placed.append(layout.rdb)
            os.rename(self.staged, layout.folder / layout.rdb)
            fsync_folder(layout.folder)
        except OSError as error:
            raise OpsError(f"cannot place the backup ({error.strerror})", on=str(layout.folder)) from error

    def _place_one_file(self) -> None:
        """Copy it, as the server goes on to write at its end."""
        target = self.layout.folder / self.layout.append_file
        self.placed.append(self.layout.append_file)
        with self.staged.open("rb") as source, closing(HashingFile(target)) as file:
            copy(source, file)
        _own(target, self.staged, stat.S_IMODE(self.staged.stat().st_mode))

    def _place_parts(self, folder: Path) -> None:
        """Make it the base of an append-only file in parts: the server reads that and never writes to it."""
        base = f"{self.layout.append_file}.1.base.rdb"
        self.placed.append(folder.name)
        folder.mkdir(mode=0o700)
        _own(folder, self.layout.folder, 0o700)
        os.link(self.staged, folder / base)
        with closing(HashingFile(folder / f"{self.layout.append_file}.manifest")) as manifest:
            manifest.write(f"file {base} seq 1 type b\n".encode())
        _own(folder / f"{self.layout.append_file}.manifest", self.staged, 0o600)
        fsync_folder(folder)

    def take_back(self) -> None:
        """Remove what was placed, and move the old files back. :raises OpsError: that cannot be; they are aside."""
        try:
            for name in self.placed:
                _remove(self.layout.folder / name)
            if self.aside is not None:
                for name in sorted(os.listdir(self.aside)):
                    os.rename(self.aside / name, self.layout.folder / name)
                self.aside.rmdir()
                self.aside = None
            fsync_folder(self.layout.folder)
        except OSError as error:
            raise OpsError(
                f"cannot put the old files back ({error.strerror})",
                on=str(self.layout.folder),
                advice=f"see {self.aside}",
            ) from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            path.unlink()


@contextmanager
def staged(backup: Opened, layout: Layout, stamp: str) -> Iterator[Placing]:
    """Write the backup's data, plain, beside the server's files, while the server still runs.

    What is not placed at the end of the block is removed.

    :raises Unreachable: another run is at it. :raises OpsError: too little space, or it cannot be written so that the
        server's user has it.
    """
    with _locked(layout.folder):
        for left in layout.folder.glob(f"{_STAGED}-*"):  # by a run that was killed
            left.unlink()
        with _staged(backup, layout, stamp) as placing:
            yield placing


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder itself, so that no file for that is left in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Unreachable("another run restores there", on=str(folder), advice="wait for it to finish") from error
    finally:
        os.close(handle)


@contextmanager
def _staged(backup: Opened, layout: Layout, stamp: str) -> Iterator[Placing]:
    path = layout.folder / f"{_STAGED}-{stamp}.rdb"
    require_space(layout.folder, backup.manifest.size * (2 if layout.append_only and not layout.append_folder else 1))
    try:
        with closing(HashingFile(path)) as file, backup.reading(FILE) as source:
            copy(source, file)
        if not backup.encrypted and file.sha256 != backup.manifest.files[0].sha256:
            raise OpsError("what was written is not what the backup holds", on=str(path))
        old = layout.folder / layout.rdb
        like = old if old.is_file() and not old.is_symlink() else layout.folder
        _own(path, like, stat.S_IMODE(like.stat().st_mode) & 0o660 | 0o600)
        yield Placing(layout, path, stamp)
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _own(path: Path, like: Path, mode: int) -> None:
    """Give ``path`` the owner of ``like``. :raises OpsError: we may not."""
    status = like.stat()
    try:
        if (status.st_uid, status.st_gid) != (os.stat(path).st_uid, os.stat(path).st_gid):
            os.chown(path, status.st_uid, status.st_gid)
        os.chmod(path, mode)
    except OSError as error:
        raise OpsError(
            f"cannot give the file to the server's user ({error.strerror})", on=str(path), advice="run as root"
        ) from error
