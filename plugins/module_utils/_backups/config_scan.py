# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is to be backed up: files, folders and links that are found below paths, sorted, without what is excluded."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .._core.errors import AccessDenied, InputError, NotThere, OpsError
from .config_globs import MAGIC, Patterns
from .config_members import FILE, FOLDER, LINK, MAX_MEMBERS, Member, in_bytes, shown
from .config_tree import type_of

_LINK_MODE = 0o777


@dataclass(frozen=True)
class Scanned:
    """What was found.

    :param members: sorted, without checksums. :param roots: what was asked for, as paths of members.
    :param skipped: what is neither file, folder nor link, or was left out for another reason: path and why.
    """

    roots: tuple[str, ...]
    members: tuple[Member, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(member.size for member in self.members)

    def require_below(self, most: int, limit: str) -> None:
        """Refuse what is larger than ``most`` bytes. :param limit: what says so. :raises InputError: it is larger."""
        if self.size <= most:
            return
        largest = max(self.members, key=lambda member: member.size)
        raise InputError(
            f"{self.size / 1e6:,.0f} MB would be backed up, {limit} allows {most / 1e6:,.0f} MB",
            on=f"the largest is {shown('/' + largest.path)} with {largest.size / 1e6:,.1f} MB",
            advice="exclude it" if limit != "max_size" else "exclude it, or raise max_size",
        )


@dataclass(frozen=True)
class Wanted:
    """What a call asks for.

    :param paths: absolute, or patterns of them. :param follow_links: store what links lead to, not the links.
    :param one_file_system: do not enter what is mounted below a path. :param never: a folder that is left out: that of
        the backups themselves.
    """

    paths: Sequence[str]
    excludes: Patterns
    follow_links: bool = False
    one_file_system: bool = False
    never: Path | None = None

    def scan(self) -> Scanned:
        """Find it all. :raises OpsError: a path is missing, or something may not be read."""
        scan = _Scan(self)
        for path in self.paths:
            scan.root(path)
        return scan.result()


@dataclass(frozen=True)
class Exactly:
    """Things below a folder that are named one by one by their paths in it, nothing below them."""

    root: str
    paths: Sequence[str]

    def scan(self) -> Scanned:
        """Find them; what is not there, or no file, folder or link, is left out."""
        members = {}
        for path in self.paths:
            place = os.path.join(self.root, path)
            status = _status(place, follow=False)
            kind = "" if status is None else type_of(status)
            if status is not None and kind:
                members[path] = _member(path, place, kind, status)
        return _sorted((), members, ())


@dataclass
class _Scan:
    wanted: Wanted
    members: dict[str, Member] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        never = self.wanted.never
        self._never = None if never is None else os.path.realpath(never)

    def result(self) -> Scanned:
        return _sorted(self.roots, self.members, self.skipped.items())

    def root(self, path: str) -> None:
        """Take what a path or a pattern of paths means."""
        if not os.path.isabs(path) or ".." in path.split("/") or "\0" in path:
            raise InputError("paths: expected absolute paths without ..", on=shown(path))
        if os.path.lexists(path) or not MAGIC.search(path):
            self._given(_canonical(path), path)
            return
        found = sorted(glob.glob(path, recursive=True))
        if not found:
            raise NotThere("paths: nothing matches the pattern", on=shown(path))
        for one in map(_canonical, found):
            if one != "/":
                self._below(one)

    def _given(self, place: str, path: str) -> None:
        status = _status(place, self.wanted.follow_links)
        if status is None:
            raise NotThere("paths: there is no such file or folder", on=shown(path))
        if stat.S_ISLNK(status.st_mode):
            raise InputError("paths: this is a link", on=shown(path), advice="give where it leads, or follow_links")
        self._below(place)

    def _below(self, root: str) -> None:
        """Take ``root`` and all below it."""
        self.roots.add(root[1:])
        status = _status(root, self.wanted.follow_links)
        if status is None:
            return
        waiting = [(root, status, frozenset[tuple[int, int]]())]
        while waiting:
            place, status, ways = waiting.pop()
            identity = (status.st_dev, status.st_ino)
            if stat.S_ISDIR(status.st_mode) and identity in ways:
                self.skipped[place] = "a link that leads to a folder that it is in"
                continue
            if self.take(place, status) and stat.S_ISDIR(status.st_mode) and self._is_entered(place, status, root):
                ways = ways | {identity} if self.wanted.follow_links else ways
                waiting += [(below, found, ways) for below, found in self._in(place)]

    def take(self, place: str, status: os.stat_result) -> bool:
        """Add one thing; False when it is left out."""
        kind = type_of(status)
        if place == self._never:
            self.skipped[place] = "the folder of backups"
            return False
        if self.wanted.excludes.match(place, kind == FOLDER):
            return False
        if not kind:
            self.skipped[place] = _called(status)
            return False
        self.members[place[1:]] = _member(place[1:], place, kind, status)
        if len(self.members) > MAX_MEMBERS:
            raise OpsError(f"there are more than {MAX_MEMBERS} files, folders and links", advice="exclude some")
        return True

    def _is_entered(self, place: str, status: os.stat_result, root: str) -> bool:
        if not self.wanted.one_file_system or place == root:
            return True
        above = _status(os.path.dirname(place), follow=True)
        entered = above is None or above.st_dev == status.st_dev
        if not entered:
            self.skipped[place] = "what is in it, another file system"
        return entered

    def _in(self, place: str) -> Iterator[tuple[str, os.stat_result]]:
        try:
            names = os.listdir(place)
        except FileNotFoundError:
            return
        except OSError as error:
            raise AccessDenied(
                f"cannot list the folder ({error.strerror})", on=shown(place), advice="exclude it, or become its owner"
            ) from error
        for name in names:
            below = f"{place}/{name}"
            status = _status(below, self.wanted.follow_links)
            if status is not None:
                yield below, status


def _canonical(path: str) -> str:
    """Return where a path is, with no link on the way to it; a link at its end stays one."""
    folder, name = os.path.split(path.rstrip("/"))
    if not name or name == ".":
        where = os.path.realpath(path)
        if where == "/":
            raise InputError("paths: the root of the file system is no configuration", advice="name folders in it")
        return where
    return os.path.join(os.path.realpath(folder), name)


def _status(place: str, follow: bool) -> os.stat_result | None:
    """Return what is at a place; None for nothing. A link that leads nowhere is a link, also when it is followed."""
    try:
        return os.stat(place) if follow else os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return _status(place, follow=False) if follow else None
    except OSError as error:
        if follow and os.path.islink(place):
            return os.lstat(place)
        raise AccessDenied(f"cannot look at it ({error.strerror})", on=shown(place)) from error


def _sorted(roots: Iterable[str], members: Mapping[str, Member], skipped: Iterable[tuple[str, str]]) -> Scanned:
    ordered = sorted(members.values(), key=lambda member: in_bytes(member.path))
    return Scanned(tuple(sorted(roots)), tuple(ordered), tuple(sorted(skipped)))


def _member(path: str, place: str, kind: str, status: os.stat_result) -> Member:
    mode = _LINK_MODE if kind == LINK else stat.S_IMODE(status.st_mode)
    size = status.st_size if kind == FILE else 0
    target = os.readlink(place) if kind == LINK else ""
    return Member(path, kind, mode, status.st_uid, status.st_gid, int(status.st_mtime), size, "", target)


def _called(status: os.stat_result) -> str:
    if stat.S_ISSOCK(status.st_mode):
        return "a socket"
    return "a named pipe" if stat.S_ISFIFO(status.st_mode) else "a device"


def told(skipped: Iterable[tuple[str, str]], most: int = 3) -> str:
    """Return what was skipped as a text: the first ones, and how many more; empty for none."""
    parts = [f"{shown(place)} ({why})" for place, why in skipped]
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more
