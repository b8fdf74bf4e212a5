# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The manifest of a backup: what it is, of what size and how it was proven. Whoever reads it trusts it or refuses it.

A manifest is the file ``manifest.json`` in the folder of a backup, written when all else is in place. It is an object
with ``format``: 1 and the fields of :class:`Manifest`; its own field ``sha256`` is the checksum of the others, see
:func:`checksum`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from .._core.errors import OpsError
from .._core.files import write_json
from .._core.moments import moment, written_utc

FORMAT = 1
FILE_NAME = "manifest.json"
# How a backup was proven. L0: the tool ended well. L1: checksums are right. L2: it was read in full. L3: it was
# restored. L4: what was restored was compared with the source.
LEVELS = ("L0", "L1", "L2", "L3", "L4")
MAX_BYTES = 16 << 20

# In what was found of a proof: why it failed.
FAILED = "failed"

_Expected = TypeVar("_Expected")


@dataclass(frozen=True)
class File:
    """One file of a backup: its path within the backup's folder, its size in bytes, its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Proof:
    """How a level was reached.

    :param level: one of :data:`LEVELS`. :param at: when, in seconds since the epoch. :param seconds: how long it took.
    :param found: what was seen, JSON-safe: numbers of rows, of keys; never a secret.
    """

    level: str
    at: float
    seconds: float
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What a manifest says.

    :param name: of the catalogue: what was backed up. :param kind: how: ``postgres``, ``redis``, ``config``.
    :param id: tells it from others of the same second.
    :param started_at, finished_at: seconds since the epoch; written as ISO 8601 in UTC.
    :param level: one of :data:`LEVELS`. :param verified_at: when that was proven, None for never.
    :param size: bytes of all files. :param server: what it was taken from: versions, names; never a secret.
    :param tools: programs and libraries that made it, with their versions.
    :param layout: how the data are written: format, compression, ``encryption`` (method and recipients).
    :param facts: what the source held at the moment of the backup, to compare a restored copy with: rows by table,
        keys by type, the position in the WAL.
    :param proofs: how it was proven, the latest of each level.
    """

    name: str
    kind: str
    id: str
    started_at: float
    finished_at: float
    level: str
    verified_at: float | None
    size: int
    files: tuple[File, ...]
    server: Mapping[str, Any]
    tools: Mapping[str, str] = field(default_factory=dict)
    layout: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()


def failure(manifest: Manifest) -> str:
    """Return which proof failed when it was last tried, and why: ``L2 failed on 2026-03-01T02:00:00Z: ...``.

    Empty when none did. What was proven below that level still holds; the backup is not counted on.
    """
    for proof in manifest.proofs:
        if FAILED in proof.found:
            return f"{proof.level} failed on {written_utc(proof.at)}: {proof.found[FAILED]}"
    return ""


def with_failure(manifest: Manifest, level: str, why: str, at: float, seconds: float) -> Manifest:
    """Return the manifest of a backup whose proof failed at ``level``: it is at the level below from now on.

    :param at: seconds since the epoch.
    """
    below = LEVELS[: LEVELS.index(level)]
    held = tuple(proof for proof in manifest.proofs if proof.level in below)
    reached = below[-1] if below else LEVELS[0]
    proven = None if reached == LEVELS[0] else manifest.verified_at
    failed = Proof(level, at, round(seconds, 3), {FAILED: why})
    return replace(manifest, level=min(reached, manifest.level), verified_at=proven, proofs=(*held, failed))


def checksum(fields: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the fields of a manifest but ``sha256``.

    They are taken as JSON with sorted names, without blanks, all but ASCII escaped.
    """
    rest = {name: value for name, value in fields.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def described(manifest: Manifest) -> dict[str, Any]:
    """Return the fields of a manifest as they are written, with its checksum."""
    fields: dict[str, Any] = {
        "format": FORMAT,
        "name": manifest.name,
        "kind": manifest.kind,
        "id": manifest.id,
        "started_at": written_utc(manifest.started_at),
        "finished_at": written_utc(manifest.finished_at),
        "level": manifest.level,
        "verified_at": None if manifest.verified_at is None else written_utc(manifest.verified_at),
        "size": manifest.size,
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in manifest.files],
        "server": dict(manifest.server),
        "tools": dict(manifest.tools),
        "layout": dict(manifest.layout),
        "facts": dict(manifest.facts),
        "proofs": [
            {"level": proof.level, "at": written_utc(proof.at), "seconds": proof.seconds, "found": dict(proof.found)}
            for proof in manifest.proofs
        ],
    }
    return {**fields, "sha256": checksum(fields)}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest`` into the folder of its backup, whole or not at all, readable for the owner alone.

    :raises OpsError: the folder is missing, not writable or full; an earlier manifest is then untouched.
    """
    write_json(folder / FILE_NAME, described(manifest))


def parse(data: bytes) -> Manifest:
    """Return the manifest in ``data``.

    :raises OpsError: it is cut, of another format, altered, or lacks something; the message says which.
    """
    fields = _object(data)
    if fields.get("format") != FORMAT:
        raise OpsError(f"the manifest has the format {fields.get('format')!r}, {FORMAT} was expected")
    if fields.get("sha256") != checksum(fields):
        raise OpsError("the manifest's own checksum is wrong")
    return Manifest(
        name=_text(fields, "name"),
        kind=_text(fields, "kind"),
        id=_text(fields, "id"),
        started_at=_moment(fields, "started_at"),
        finished_at=_moment(fields, "finished_at"),
        level=_level(fields),
        verified_at=None if fields.get("verified_at") is None else _moment(fields, "verified_at"),
        size=_size(fields),
        files=tuple(map(_file, _typed(fields, "files", list))),
        server=_typed(fields, "server", dict),
        tools=_typed({"tools": {}, **fields}, "tools", dict),
        layout=_typed({"layout": {}, **fields}, "layout", dict),
        facts=_typed({"facts": {}, **fields}, "facts", dict),
        proofs=tuple(map(_proof, _typed({"proofs": [], **fields}, "proofs", list))),
    )


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise OpsError("the manifest is cut or no JSON") from error
    if not isinstance(fields, dict):
        raise OpsError("the manifest is no JSON object")
    return fields


def _typed(fields: Mapping[str, Any], name: str, expected: type[_Expected]) -> _Expected:
    value = fields.get(name)
    if not isinstance(value, expected) or isinstance(value, bool):
        raise OpsError(f"the manifest's {name} is missing or of another type")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    return _typed(fields, name, str)


def _size(fields: Mapping[str, Any]) -> int:
    size = _typed(fields, "size", int)
    if size < 0:
        raise OpsError("the manifest's size is below 0")
    return size


def _moment(fields: Mapping[str, Any], name: str) -> float:
    seconds = moment(_text(fields, name))
    if seconds is None:
        raise OpsError(f"the manifest's {name} is no moment")
    return seconds


def _level(fields: Mapping[str, Any]) -> str:
    level = _text(fields, "level")
    if level not in LEVELS:
        raise OpsError(f"the manifest's level is none of {', '.join(LEVELS)}")
    return level


def _file(entry: Any) -> File:
    if not isinstance(entry, dict):
        raise OpsError("the manifest's files are not all objects")
    path = PurePosixPath(_text(entry, "path"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise OpsError("the manifest names a file outside of its folder")
    return File(str(path), _size(entry), _text(entry, "sha256"))


def _proof(entry: Any) -> Proof:
    if not isinstance(entry, dict) or not isinstance(entry.get("seconds"), (int, float)):
        raise OpsError("the manifest's proofs are not all objects with their seconds")
    return Proof(_level(entry), _moment(entry, "at"), float(entry["seconds"]), _typed(entry, "found", dict))
