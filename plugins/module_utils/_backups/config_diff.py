# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a restore of configuration changes, as a text to read; of secrets only that they differ."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from stat import S_IMODE

from .._core.errors import OpsError
from .._core.masking import masked
from .config_archive import read_archive
from .config_members import FILE, Index, Member, shown
from .config_putting import MISSING, Change, Plan
from .config_tree import Tree
from .opened import Opened

_LARGEST = 64 << 10  # bytes of a file whose content is shown
_ALL = 1 << 20  # bytes of all of them
_MOST = 200  # changes that are told one by one
_OTHERS_READ = 0o004
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|\.pgpass|secret|token|credential|private|vault|shadow|htpasswd|netrc|keytab"
    r"|(^|/)\.?env(\.[^/]*)?\Z|\.env\Z|(^|/)id_[a-z0-9]+\Z|(^|[./_-])key\Z|\.(pem|p12|pfx|jks|kdbx|gpg|age|asc)\Z",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(r"PRIVATE KEY-----|AGE-SECRET-KEY-|\A\$ANSIBLE_VAULT;")


class Contents:
    """Which files' contents may be shown.

    :param shown: None: those that every account of the host may read, of a backup that is not encrypted; True: those of
        others too; False: none. Never what looks like a secret.
    """

    def __init__(self, shown_too: bool | None, encrypted: bool) -> None:
        self._any = shown_too is not False and not (shown_too is None and encrypted)
        self._closed = bool(shown_too)

    def allow(self, member: Member, there: os.stat_result | None) -> bool:
        """Tell whether a file's content may be shown, both of the backup and what is there."""
        if not self._any or member.type != FILE or _SECRET_NAME.search(member.path):
            return False
        modes = [member.mode] if there is None else [member.mode, S_IMODE(there.st_mode)]
        sizes = [member.size] if there is None else [member.size, there.st_size]
        return max(sizes) <= _LARGEST and (self._closed or all(mode & _OTHERS_READ for mode in modes))


def shown_diff(tree: Tree | None, backup: Opened, index: Index, plan: Plan, contents: Contents) -> str:
    """Return what ``plan`` changes: a unified diff of text, a line for anything else; empty for nothing.

    :param tree: what is there; None for nothing.
    """
    told = plan.changes[:_MOST]
    after = _contents_of(backup, index, _to_show(tree, told, contents))
    parts = [_told(tree, change, after) for change in told]
    parts += [f"{shown('/' + path)}: removed\n" for path in plan.extra[:_MOST]]
    more = max(0, len(plan.changes) - _MOST) + max(0, len(plan.extra) - _MOST)
    return "".join(parts) + (f"and {more} more\n" if more else "")


def _to_show(tree: Tree | None, changes: tuple[Change, ...], contents: Contents) -> set[str]:
    paths, left = set(), _ALL
    for change in changes:
        there = None if tree is None or change.what == MISSING else tree.status(change.member.path)
        if change.what not in (MISSING, "content") or not contents.allow(change.member, there):
            continue
        left -= change.member.size
        if left >= 0:
            paths.add(change.member.path)
    return paths


def _contents_of(backup: Opened, index: Index, paths: set[str]) -> Mapping[str, bytes]:
    if not paths:
        return {}
    with read_archive(backup, index) as members:
        return {member.path: b"".join(pieces) for member, pieces in members if member.path in paths}


def _told(tree: Tree | None, change: Change, after: Mapping[str, bytes]) -> str:
    member = change.member
    name = shown("/" + member.path)
    if member.path not in after:
        return f"{name}: {_line(change)}\n"
    before = b"" if tree is None or change.what == MISSING else _there(tree, member.path)
    texts = [_text(before), _text(after[member.path])]
    if texts[0] is None or texts[1] is None:
        return f"{name}: {_line(change)}\n"
    return "".join(_unified(name, texts[0], texts[1], change.what == MISSING))


def _line(change: Change) -> str:
    member = change.member
    words = {
        MISSING: f"a new {member.type}",
        "type": f"replaced by a {member.type}",
        "content": "its content differs",
        "target": f"leads to {shown(member.target)}",
        "owner": f"owner {member.uid}:{member.gid}",
        "mode": f"mode {member.mode:04o}",
    }
    return words[change.what]


def _there(tree: Tree, path: str) -> bytes:
    with os.fdopen(tree.open(path), "rb") as stream:
        return stream.read(_LARGEST + 1)


def _text(data: bytes) -> list[str] | None:
    """Return the lines of a text that may be shown; None for what is none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text or _SECRET_TEXT.search(text):
        return None
    return text.splitlines(keepends=True)


def _unified(name: str, before: list[str], after: list[str], is_new: bool) -> Iterator[str]:
    label = name.replace("\n", " ")
    for line in difflib.unified_diff(before, after, "/dev/null" if is_new else label, label):
        yield masked(line.rstrip("\r\n")) + "\n"


def require_no_links_out(plan: Plan, root: str) -> None:
    """Refuse links that lead out of ``root``. :raises OpsError: there is one."""
    for member in plan.selected:
        if member.target and _leads_out(member, root):
            raise OpsError(
                f"a link leads out of the folder, to {shown(member.target)}",
                on=shown("/" + member.path),
                advice="outside_links: keep restores it as it is; nothing is written through it",
            )


def _leads_out(member: Member, root: str) -> bool:
    here = root.rstrip("/")
    target = os.path.normpath(os.path.join(here, os.path.dirname(member.path), member.target))
    return target != here and not target.startswith(f"{here}/")
