# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a backup of configuration holds: a list of files, folders and links, each with its attributes and checksum.

The list is the file ``index.jsonl`` of the backup: a line of JSON with ``format``: 1, ``roots`` and ``excludes``, then
a line for each member, sorted. It is encrypted as the archive is. Paths lead from ``/``, without the slash. What is no
UTF-8 in a name is in it as Python has it: as lone surrogates, ``\\udc80`` to ``\\udcff``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from .._core.errors import OpsError

FORMAT = 1
FILE_NAME = "index.jsonl"
FILE, FOLDER, LINK = "file", "folder", "link"
TYPES = (FILE, FOLDER, LINK)
MAX_MEMBERS = 100_000
_LONGEST = 1 << 16  # bytes of a line
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_ALL_MODES = 0o7777


class Member(NamedTuple):
    """One thing in a backup.

    :param path: from ``/``, without that. :param type: one of :data:`TYPES`. :param mode: permissions, of links 0o777.
    :param mtime: seconds since the epoch, whole ones. :param size, sha256: of a file. :param target: of a link.
    """

    path: str
    type: str
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int = 0
    sha256: str = ""
    target: str = ""


@dataclass(frozen=True)
class Index:
    """All of a backup.

    :param roots: paths that were asked for, as those of members. :param excludes: patterns of what was left out.
    """

    roots: tuple[str, ...]
    excludes: tuple[str, ...]
    members: tuple[Member, ...]

    def facts(self) -> dict[str, Any]:
        """Return what the manifest tells of it."""
        files = [member for member in self.members if member.type == FILE]
        return {
            "files": len(files),
            "folders": sum(member.type == FOLDER for member in self.members),
            "links": sum(member.type == LINK for member in self.members),
            "bytes": sum(member.size for member in files),
            "digest": digest(self.members),
        }


def in_bytes(path: str) -> bytes:
    """Return a path as the system has it."""
    return path.encode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """Return a path fit to be shown and to be put into a result: what is no UTF-8 is written as ``\\xNN``."""
    return in_bytes(path).decode("utf-8", "backslashreplace")


def digest(members: Iterable[Member]) -> str:
    """Return the SHA-256 over all members but their mtime: the same for the same content and attributes."""
    total = hashlib.sha256()
    for member in members:
        total.update(json.dumps(member._replace(mtime=0), separators=(",", ":")).encode() + b"\n")
    return total.hexdigest()


def is_inside(path: str) -> bool:
    """Tell whether a path from a root stays below it, by its letters."""
    return "\0" not in path and all(part not in ("", ".", "..") for part in path.split("/"))


def written(index: Index) -> Iterator[bytes]:
    """Yield the lines of the index."""
    head = {"format": FORMAT, "roots": index.roots, "excludes": index.excludes}
    yield json.dumps(head, sort_keys=True).encode() + b"\n"
    for member in index.members:
        yield json.dumps(member._asdict(), separators=(",", ":")).encode() + b"\n"


def parse(stream: IO[bytes]) -> Index:
    """Return the index that ``stream`` holds.

    :raises OpsError: it is cut, of another format, or names what no backup holds.
    """
    head = _object(stream.readline(_LONGEST))
    if head.get("format") != FORMAT:
        raise OpsError(f"the index has the format {head.get('format')!r}, {FORMAT} was expected")
    roots, excludes = _texts(head.get("roots")), _texts(head.get("excludes"))
    members: list[Member] = []
    for line in iter(lambda: stream.readline(_LONGEST), b""):
        members.append(_member(_object(line)))
        if len(members) > MAX_MEMBERS:
            raise OpsError(f"the index has more than {MAX_MEMBERS} members")
    if not all(map(is_inside, roots)):
        raise OpsError("the index names a root outside of it")
    _require_order(members)
    return Index(roots, excludes, tuple(members))


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise OpsError("the index is cut or no JSON") from error
    if not isinstance(value, dict) or not line.endswith(b"\n"):
        raise OpsError("the index is cut or no JSON")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise OpsError("the index lacks roots or excludes")
    return tuple(value)


def _member(fields: dict[str, Any]) -> Member:
    try:
        member = Member(**fields)
    except TypeError as error:
        raise OpsError("a member of the index has other fields than expected") from error
    texts = (member.path, member.type, member.sha256, member.target)
    numbers = (member.mode, member.uid, member.gid, member.mtime, member.size)
    if not all(isinstance(one, str) for one in texts) or not all(isinstance(one, int) for one in numbers):
        raise OpsError("a member of the index has fields of another type")
    if not is_inside(member.path):
        raise OpsError("a member of the index leads out of the backup", on=shown(member.path))
    if not _is_sound(member):
        raise OpsError("a member of the index is none that can be", on=shown(member.path))
    return member


def _is_sound(member: Member) -> bool:
    """Tell whether a member is one that this collection has written."""
    if member.type not in TYPES or min(member.uid, member.gid, member.size) < 0 or member.mode & ~_ALL_MODES:
        return False
    if "\0" in member.target or bool(member.target) != (member.type == LINK):
        return False
    return bool(_SHA256.match(member.sha256)) if member.type == FILE else member.sha256 == ""


def _require_order(members: Sequence[Member]) -> None:
    paths = [in_bytes(member.path) for member in members]
    if any(before >= after for before, after in zip(paths, paths[1:])):
        raise OpsError("the index is not sorted, or has a path twice")
