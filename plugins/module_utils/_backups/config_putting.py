# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Putting members of a backup of configuration below a folder: what differs is found first, only that is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .._core.errors import NotThere, OpsError
from .config_archive import read_archive
from .config_globs import Patterns, parents
from .config_members import FILE, FOLDER, LINK, Index, Member, in_bytes
from .config_tree import TEMPORARY, Tree, difference, type_of
from .opened import Opened

MISSING = "missing"


@dataclass(frozen=True)
class Change:
    """What differs at a place: ``missing``, ``type``, ``content``, ``target``, ``owner`` or ``mode``."""

    member: Member
    what: str


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    :param selected: members that are meant. :param changes: those that differ. :param extra: paths, within the backup's
        own, that it does not have, to be removed; what is in a folder before the folder.
    """

    selected: tuple[Member, ...]
    changes: tuple[Change, ...]
    extra: tuple[str, ...] = ()

    def replaced(self) -> list[str]:
        """Return the paths of what is there and will be changed or removed."""
        return [change.member.path for change in self.changes if change.what != MISSING] + list(self.extra)


def as_root() -> bool:
    """Tell whether owners can be set."""
    return os.geteuid() == 0


@contextmanager
def tree_at(root: Path) -> Iterator[Tree]:
    """Give the files below ``root``."""
    tree = Tree(root)
    try:
        yield tree
    finally:
        tree.close()


def selected(index: Index, only: Patterns | None) -> tuple[Member, ...]:
    """Return the members that are meant. :raises NotThere: none is."""
    if only is None:
        return index.members
    found = tuple(member for member in index.members if only.include(f"/{member.path}", member.type == FOLDER))
    if not found:
        raise NotThere("only: nothing in the backup matches")
    return found


def planned(tree: Tree, index: Index, only: Patterns | None, delete_extra: bool) -> Plan:
    """Compare what is there with the backup.

    :raises OpsError: a thing is in the way that is not replaced: a folder in the place of a file, or the other way, a
        link or a file in the place of a folder that leads to one, a device.
    """
    meant = selected(index, only)
    changes = []
    for member in [*_missing_parents(tree, index, meant), *meant]:
        what = difference(tree, member, as_root())
        if what == "type":
            _require_replaceable(tree, member)
        if what:
            changes.append(Change(member, what))
    extra = tuple(_Extra(tree, index, only).found()) if delete_extra else ()
    return Plan(meant, tuple(changes), extra)


def all_missing(index: Index, only: Patterns | None) -> Plan:
    """Return the plan for a folder that is not there."""
    meant = selected(index, only)
    return Plan(meant, tuple(Change(member, MISSING) for member in meant))


def _missing_parents(tree: Tree, index: Index, meant: Sequence[Member]) -> list[Member]:
    """Return the folders of the backup that hold what is meant, are not meant themselves, and are not there."""
    chosen = {member.path for member in meant}
    needed = {parent for path in chosen for parent in parents(path)} - chosen
    return [member for member in index.members if member.path in needed and tree.status(member.path) is None]


def _require_replaceable(tree: Tree, member: Member) -> None:
    status = tree.status(member.path)
    there = "" if status is None else type_of(status)
    if member.type in (FILE, LINK) and there in (FILE, LINK):
        return
    what = {FILE: "a file", FOLDER: "a folder", LINK: "a link", "": "a device, socket or pipe"}
    raise OpsError(
        f"{what[there]} is in the place of what is {what[member.type]} in the backup",
        on=tree.name(member.path),
        advice="move it away",
    )


class _Extra:
    """Finds what is there below the backup's folders, and not in the backup."""

    def __init__(self, tree: Tree, index: Index, only: Patterns | None) -> None:
        self._tree = tree
        self._known = {member.path: member for member in index.members}
        self._excludes = Patterns(index.excludes, "excludes")
        self._only = only
        self._roots = index.roots

    def found(self) -> Iterator[str]:
        for root in self._roots:
            status = self._tree.status(root)
            known = self._known.get(root)
            if status is not None and known is not None and known.type == type_of(status) == FOLDER:
                yield from self._below(root, status.st_dev)

    def _below(self, folder: str, device: int) -> Iterator[str]:
        """Yield what is extra in a folder; other file systems are not entered."""
        for name in self._tree.names(folder):
            path = f"{folder}/{name}"
            status = self._tree.status(path)
            kind = "" if status is None else type_of(status)
            if status is None or not kind or self._excludes.match(f"/{path}", kind == FOLDER):
                continue
            if kind == FOLDER and status.st_dev == device:
                yield from self._below(path, device)
            if path not in self._known and status.st_dev == device and self._meant(path, kind):
                yield path

    def _meant(self, path: str, kind: str) -> bool:
        if path.rpartition("/")[2].startswith(TEMPORARY):
            return False  # of a run of ours, which sweeps it itself
        return self._only is None or self._only.include(f"/{path}", kind == FOLDER)


def put(tree: Tree, backup: Opened, index: Index, plan: Plan, to_disk: bool = True) -> None:
    """Do what is planned, and compare all that was meant again.

    :param to_disk: whether all is to be on disk then; what will be thrown away need not be.
    :raises OpsError: the backup cannot be read, or something cannot be written, or differs then.
    """
    putting = _Putting(tree, plan, as_root(), to_disk)
    putting.folders()
    putting.files(backup, index)
    putting.others()
    putting.remove()
    putting.settle()
    putting.attributes()
    require_equal(tree, [*plan.selected, *(change.member for change in plan.changes)])


class _Putting:
    """The steps of it."""

    def __init__(self, tree: Tree, plan: Plan, owner: bool, to_disk: bool) -> None:
        self._tree = tree
        self._to_disk = to_disk
        self._plan = plan
        self._owner = owner
        whole = (MISSING, "content", "type")
        self._contents = {
            one.member.path: one.what for one in plan.changes if one.member.type == FILE and one.what in whole
        }

    def folders(self) -> None:
        for change in self._plan.changes:
            if change.member.type == FOLDER and change.what == MISSING:
                self._tree.make_folder(change.member.path)

    def files(self, backup: Opened, index: Index) -> None:
        if not self._contents:
            return
        with read_archive(backup, index) as members:
            for member, pieces in members:
                if member.path in self._contents:
                    self._make_parent(member.path)
                    replaces = self._contents[member.path] != MISSING
                    self._tree.put_file(member, pieces, self._owner, self._to_disk and replaces)

    def others(self) -> None:
        for change in self._plan.changes:
            if change.member.type == LINK:
                self._make_parent(change.member.path)
                self._tree.put_link(change.member, self._owner)
            elif change.member.type == FILE and change.member.path not in self._contents:
                self._tree.attribute(change.member, self._owner)

    def _make_parent(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent:
            self._tree.make_folder(parent)

    def remove(self) -> None:
        for path in self._plan.extra:
            status = self._tree.status(path)
            if status is None or (type_of(status) == FOLDER and self._tree.names(path)):
                continue  # a folder that holds what is excluded, or no file
            self._tree.remove(path)

    def settle(self) -> None:
        """Bring files that are new and all names to disk, and remove what a killed run left."""
        if not self._to_disk:
            return
        if MISSING in self._contents.values():
            os.sync()  # at once, as file by file takes some milliseconds for each
        paths = [*(one.member.path for one in self._plan.changes), *self._plan.extra]
        for folder in {path.rpartition("/")[0] for path in paths}:
            if not folder or self._tree.status(folder) is not None:
                self._tree.settle(folder)

    def attributes(self) -> None:
        """Give folders their attributes, the deepest first, as they may forbid to write."""
        for change in sorted(self._plan.changes, key=lambda one: in_bytes(one.member.path), reverse=True):
            if change.member.type == FOLDER:
                self._tree.attribute(change.member, self._owner)


def require_equal(tree: Tree, members: Sequence[Member]) -> None:
    """Compare what is there with members of a backup. :raises OpsError: one differs."""
    for member in members:
        what = difference(tree, member, as_root())
        if what:
            words = {MISSING: "it is missing", "type": "it is of another type"}.get(what, f"its {what} differs")
            raise OpsError(f"what was restored is not what the backup holds: {words}", on=tree.name(member.path))
