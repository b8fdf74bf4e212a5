# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which files of a folder are letters, found without keeping the whole listing in memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from .._core.errors import AccessDenied, NotThere, OpsError, Unreachable, WrongType

# Begins the names of what is on its way between two file systems; never a letter, whatever ``ignore`` says.
OWN_PREFIX = ".day2-"
# More entries than this are not looked at: something else is wrong with that folder.
MOST_ENTRIES = 5_000_000

_AWAY = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN)


class Found(NamedTuple):
    """A file: when it was written (ns since the epoch), its path below the folder, its size in bytes."""

    written: int
    name: str
    size: int


@dataclass(frozen=True)
class Folder:
    """A folder, and which of the files in it count.

    :param pattern: a glob for the name. :param ignore: globs for names that do not count.
    :param recurse: whether folders below count too; symbolic links are never followed.
    :param sidecar: how the names of files end that only tell of another file; empty for none.
    :param others: folders that do not belong to it even when they are below it.
    """

    path: str
    pattern: str = "*"
    ignore: Sequence[str] = ()
    recurse: bool = False
    sidecar: str = ""
    others: Sequence[str] = ()

    def count(self) -> int:
        """Return how many files there are.

        :raises NotThere: no such folder. :raises WrongType: it is none. :raises AccessDenied: it cannot be read.
        :raises Unreachable: a network's file system does not answer. :raises OpsError: too many entries.
        """
        return sum(1 for _entry in self._entries())

    def files(self) -> Iterator[Found]:
        """Yield the files, in no order. Raises as :meth:`count`."""
        for entry, name in self._entries():
            with suppress(FileNotFoundError):  # taken by a worker meanwhile
                stat = entry.stat(follow_symlinks=False)
                yield Found(stat.st_mtime_ns, name, stat.st_size)

    def own_files(self) -> Iterator[str]:
        """Yield the paths below the folder of what is on its way between two file systems."""
        for entry, name in self._walk():
            if entry.name.startswith(OWN_PREFIX):
                yield name

    def counts(self, name: str) -> bool:
        """Tell whether a file of that name (without folders) is a letter."""
        if name.startswith(OWN_PREFIX) or (self.sidecar and name.endswith(self.sidecar)):
            return False
        return fnmatchcase(name, self.pattern) and not any(fnmatchcase(name, glob) for glob in self.ignore)

    def _entries(self) -> Iterator[tuple[os.DirEntry[str], str]]:
        return ((entry, name) for entry, name in self._walk() if self.counts(entry.name))

    def _walk(self) -> Iterator[tuple[os.DirEntry[str], str]]:
        """Yield the plain files with their paths below the folder."""
        foreign = {_identity(path) for path in self.others} if self.recurse else set()
        waiting, looked = [""], 0
        while waiting:
            below = waiting.pop()
            for entry in self._opened(below):
                looked += 1
                if looked > MOST_ENTRIES:
                    raise OpsError(f"the folder has more than {MOST_ENTRIES} entries", on=self.path)
                name = os.path.join(below, entry.name)
                if entry.is_file(follow_symlinks=False):
                    yield entry, name
                elif self.recurse and self._enters(entry, foreign):
                    waiting.append(name)

    def _enters(self, entry: os.DirEntry[str], foreign: set[tuple[int, int] | None]) -> bool:
        if not entry.is_dir(follow_symlinks=False) or any(fnmatchcase(entry.name, glob) for glob in self.ignore):
            return False
        return not foreign or _identity(entry.path) not in foreign

    def _opened(self, below: str) -> Iterator[os.DirEntry[str]]:
        """Return the entries of a folder. Its handle is given back at their end, or when nobody asks for more."""
        path = os.path.join(self.path, below) if below else self.path
        try:
            return os.scandir(path)
        except FileNotFoundError:
            if below:
                return iter(())  # removed meanwhile
            raise NotThere("the folder does not exist", on=path) from None
        except OSError as error:
            raise explained(error, "read the folder", path) from error


def explained(error: OSError, doing: str, path: str) -> OpsError:
    """Return our error for the system's. :param doing: for "cannot <doing>"."""
    reason = error.strerror or type(error).__name__
    if isinstance(error, NotADirectoryError):
        return WrongType("this is no folder", on=path, advice="expected a folder with files")
    if isinstance(error, PermissionError):
        return AccessDenied(
            f"cannot {doing} ({reason})", on=path, advice="see its owner and mode, and the user's groups"
        )
    kind = Unreachable if error.errno in _AWAY else OpsError
    return kind(f"cannot {doing} ({reason})", on=path)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
