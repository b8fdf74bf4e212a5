# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Backups of configuration: read in full, restored into a folder apart, compared file by file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core import command
from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError, one_line
from .config_archive import read_archive, read_index
from .config_globs import parents
from .config_members import FOLDER, Index, is_inside, shown
from .config_putting import planned, put, require_equal, tree_at
from .config_tree import CHUNK, Tree, type_of
from .draft import require_space
from .leftovers import passing_folder
from .opened import Opened

ASSERTION = ArgSpec(
    options={"path": {"type": "str", "required": True}, "sha256": {"type": "str"}, "contains": {"type": "str"}}
)
REHEARSAL = ArgSpec(
    options={
        "folder": {"type": "path"},
        "assertions": {"type": "list", "elements": "dict", "options": ASSERTION.options},
        "command": {"type": "list", "elements": "str"},
    }
)
_PREFIX = ".rehearsed-"
_IN_MEMORY = Path("/dev/shm")
_PER_MEMBER = 4096  # bytes on disk that each costs at most besides its content


def read_in_full(backup: Opened) -> Mapping[str, Any]:
    """See Kind."""
    index = read_index(backup)
    with read_archive(backup, index) as members:
        files = sum(1 for _member, _pieces in members)
    return {"members": files, "bytes": index.facts()["bytes"]}


@contextmanager
def rehearsed(backup: Opened, options: Mapping[str, Any]) -> Iterator[Rehearsed]:
    """See Kind. What is encrypted is restored into memory, where the system has such a folder."""
    index = read_index(backup)
    parent = _place(backup, options)
    require_space(parent, index.facts()["bytes"] + _PER_MEMBER * len(index.members))
    with passing_folder(parent, _PREFIX) as folder:
        root = folder / "root"
        root.mkdir(mode=0o700)
        with tree_at(root) as tree:
            put(tree, backup, index, planned(tree, index, None, delete_extra=False), to_disk=False)
            found = {"members": len(index.members), "bytes": index.facts()["bytes"]}
            yield Rehearsed(tree, root, index, options, backup.timeout, found)


def _place(backup: Opened, options: Mapping[str, Any]) -> Path:
    if options.get("folder"):
        folder = Path(str(options["folder"]))
        if not folder.is_absolute() or not folder.is_dir():
            raise InputError("rehearsal: folder must be one that is there, absolute", on=str(folder))
        return folder
    if backup.encrypted and os.access(_IN_MEMORY, os.W_OK | os.X_OK):
        return _IN_MEMORY
    return backup.folder.parent


@dataclass
class Rehearsed:
    """A backup that was restored into a folder."""

    tree: Tree
    root: Path
    index: Index
    options: Mapping[str, Any]
    timeout: float
    found: Mapping[str, Any]

    def compare(self) -> Mapping[str, Any]:
        """See Rehearsal."""
        require_equal(self.tree, self.index.members)
        self._require_nothing_else()
        assertions = self.options.get("assertions") or []
        for assertion in assertions:
            _assert(self.tree, assertion)
        if self.options.get("command"):
            _run(self.options["command"], self.root, self.timeout)
        return {"compared": len(self.index.members), "assertions": len(assertions)}

    def _require_nothing_else(self) -> None:
        known = {member.path for member in self.index.members}
        known.update(parent for path in list(known) for parent in parents(path))
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for name in self.tree.names(folder):
                path = f"{folder}/{name}" if folder else name
                status = self.tree.status(path)
                if path not in known:
                    raise OpsError("what was restored has more than the backup holds", on=shown(f"/{path}"))
                if status is not None and type_of(status) == FOLDER:
                    waiting.append(path)


def _assert(tree: Tree, assertion: Mapping[str, Any]) -> None:
    path = str(assertion["path"]).lstrip("/")
    if not is_inside(path):
        raise InputError("rehearsal: assertions: expected the path of a file in the backup", on=shown(path))
    if assertion.get("sha256") is None and assertion.get("contains") is None:
        raise InputError("rehearsal: assertions: expected sha256 or contains", on=shown(path))
    wanted = str(assertion["sha256"] or "").lower()
    if wanted and tree.sha256(path) != wanted:
        raise OpsError("an assertion does not hold: the file has another sha256", on=shown(f"/{path}"))
    if assertion.get("contains") is not None and not _contains(tree, path, str(assertion["contains"])):
        raise OpsError("an assertion does not hold: the file lacks the text", on=shown(f"/{path}"))


def _contains(tree: Tree, path: str, text: str) -> bool:
    wanted, kept = text.encode(), b""
    with os.fdopen(tree.open(path), "rb") as stream:
        for piece in iter(lambda: stream.read(CHUNK), b""):
            kept = kept[-len(wanted) :] + piece if wanted else piece
            if wanted in kept:
                return True
    return not wanted


def _run(argv: Sequence[str], root: Path, timeout: float) -> None:
    """Run the user's own program in the folder that was restored."""
    done = command.run(argv, timeout, chdir=str(root), expect_status=None)
    if done.status != 0:
        words = one_line(done.stderr.strip().rpartition("\n")[2] or done.stdout.strip().rpartition("\n")[2], 300)
        raise OpsError(f"the rehearsal's command ended with status {done.status}", on=str(argv[0]), advice=words)
