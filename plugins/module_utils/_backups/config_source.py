# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Configuration as a source of backups: files, folders and links that are found, as an archive and an index."""

from __future__ import annotations

import os
import platform
import re
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

from .._core import command
from .._core.errors import NotThere, OpsError
from .base import Made
from .config_archive import Archive, Changed, Packing, best_packing
from .config_members import FILE, Index, Member, digest, shown, written
from .config_members import FILE_NAME as INDEX
from .config_scan import Scanned, told
from .config_tree import Tree
from .draft import Draft
from .manifest import Manifest, failure

ATTEMPTS = 3
_PAUSE = 0.2  # seconds between two attempts
_OVERHEAD = 2048  # bytes that a member costs at most in the archive and the index, unless its name is very long
_SHOWN = 1000


class ConfigSource:
    """What one call backs up.

    :param scan: finds it, anew each time. :param root: from where the paths of what is found lead.
    :param most: bytes that it may have. :param limit: what says so.
    :param follow_links: files are read through links.
    :param excludes: patterns, to be noted. :param encryption: what the manifest is to say of it.
    :param level: to which the newest backup must be proven to do instead of a new one.
    :param renew_after: seconds after which a new one is made, changed or not.
    """

    kind = "config"

    def __init__(
        self,
        scan: Callable[[], Scanned],
        most: int,
        named: str,
        excludes: Sequence[str] = (),
        follow_links: bool = False,
        encryption: Mapping[str, Any] | None = None,
        level: str = "L0",
        renew_after: float | None = None,
        root: str = "/",
        limit: str = "max_size",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """:raises OpsError: something is missing, too large, or may not be looked at."""
        self._scan = scan
        self._most = most
        self._named = named
        self._excludes = tuple(excludes)
        self._follow_links = follow_links
        self._encryption = encryption
        self._level = level
        self._renew_after = renew_after
        self._root = Path(root)
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._scanned = self._found()

    def _found(self) -> Scanned:
        found = self._scan()
        found.require_below(self._most, self._limit)
        return found

    def subject(self) -> str:
        """See Source."""
        return f"configuration {self._named}"

    def estimate(self) -> int:
        """See Source."""
        size = self._scanned.size + _OVERHEAD * len(self._scanned.members) + (1 << 20)
        return size * 5 if (self._encryption or {}).get("method") == "ansible-vault" else size

    def plan(self) -> Mapping[str, Any]:
        """See Source."""
        members = self._scanned.members
        return {
            "files": sum(member.type == FILE for member in members),
            "bytes": self._scanned.size,
            "paths": [shown("/" + member.path) for member in members[:_SHOWN]],
            "skipped": [shown(place) for place, _why in self._scanned.skipped[:_SHOWN]],
        }

    def unchanged(self, newest: Manifest) -> bool:
        """See Source."""
        if failure(newest) or newest.level < self._level or newest.layout.get("encryption") != self._encryption:
            return False
        if self._renew_after is not None and self._clock() - newest.finished_at >= self._renew_after:
            return False
        if newest.facts.get("bytes") != self._scanned.size:
            return False
        return newest.facts.get("digest") == digest(self._hashed())

    def _hashed(self) -> list[Member]:
        tree = Tree(self._root)
        try:
            return [member._replace(sha256=self._sha256(tree, member)) for member in self._scanned.members]
        except NotThere:
            return []  # it vanished
        finally:
            tree.close()

    def _sha256(self, tree: Tree, member: Member) -> str:
        if member.type != FILE:
            return ""
        return tree.sha256(member.path, self._follow_links)

    def write(self, draft: Draft) -> Made:
        """See Source."""
        packing = best_packing()
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE)
                self._scanned = self._found()
            try:
                index = self._written(draft, packing)
            except Changed as error:
                path = error.path
                for spoilt in draft.folder.glob(f"{packing.file}*"):
                    spoilt.unlink()
            else:
                return self._made(index, packing)
        raise OpsError(
            f"the file changed each of {ATTEMPTS} times while it was read",
            on=shown(f"/{path}"),
            advice="exclude it, or stop what writes it",
        )

    def _written(self, draft: Draft, packing: Packing) -> Index:
        members: list[Member] = []
        tree = Tree(self._root)
        try:
            with ExitStack() as stack:
                sink = stack.enter_context(draft.writing(packing.file, packing.packing))
                archive = stack.enter_context(Archive(stack.enter_context(packing.into(sink))))
                for member in self._scanned.members:
                    members += self._added(archive, tree, member)
        finally:
            tree.close()
        index = Index(self._scanned.roots, self._excludes, tuple(members))
        with draft.writing(INDEX) as sink:
            for line in written(index):
                sink.write(line)
        return index

    def _added(self, archive: Archive, tree: Tree, member: Member) -> list[Member]:
        if member.type != FILE:
            return [archive.add(member)]
        try:
            handle = tree.open(member.path, self._follow_links)
        except NotThere:
            return []  # it vanished since it was found, and is so no part of it
        return [archive.add_file(member, handle)]

    def _made(self, index: Index, packing: Packing) -> Made:
        skipped = self._scanned.skipped
        return Made(
            server={"host": socket.gethostname(), "system": f"{platform.system()} {platform.release()}"},
            tools={"python": platform.python_version(), **_zstd(packing)},
            layout={"format": "tar", "compression": packing.name},
            facts={**index.facts(), "skipped": len(skipped)},
            warnings=(f"not backed up: {told(skipped)}",) if skipped else (),
        )


def _zstd(packing: Packing) -> dict[str, str]:
    if not packing.packing:
        return {}
    said = command.run(["zstd", "--version"], timeout=10).stdout
    found = re.search(r"v(\d[\w.]*)", said)
    return {"zstd": found[1] if found else "unknown"}


def named(paths: Sequence[str]) -> str:
    """Return paths as a message names them."""
    first = shown(os.fsdecode(paths[0])) if paths else "nothing"
    return first if len(paths) < 2 else f"{first} and {len(paths) - 1} more"
