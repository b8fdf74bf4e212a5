# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Archives of dead letters: gzipped lines of JSON, the first says whose they are, the last how many and their hash.

An archive exists under its name only when it has been written, read back and brought to disk.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import InputError, OpsError
from .._core.files import fsync_folder, sha256

FORMAT = 1
# Fast and still a fifth of the size of typical JSON.
_LEVEL = 3


@dataclass(frozen=True)
class Archive:
    """What an archive says of itself.

    :param name: its own, different for each. :param queue, kind: of the queue whose letters it holds.
    :param records: how many.
    :param digest: SHA-256 of the lines of its letters, hexadecimal.
    """

    name: str
    queue: str
    kind: str
    records: int
    digest: str


def write_archive(path: Path, queue: str, kind: str, records: Iterable[Mapping[str, Any]]) -> Archive:
    """Write an archive that nothing is at yet, read it back, and return what it says of itself.

    :raises InputError: something is at ``path``. :raises OpsError: it cannot be written, or not be read back.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb", opener=_private) as raw:
            written = _write(raw, queue, kind, records)
            raw.flush()
            os.fsync(raw.fileno())
        if read_archive(part) != written:
            raise OpsError("what was written reads back differently", on=str(part), advice="check the disk")
        os.link(part, path)  # unlike a rename it never replaces anything
        fsync_folder(path.parent)
    except FileExistsError:
        raise InputError("a file of that name is there already", on=str(path), advice="give another path") from None
    except OSError as error:
        raise OpsError(f"cannot write the archive ({error.strerror})", on=str(path)) from error
    finally:
        part.unlink(missing_ok=True)
    return written


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _write(raw: Any, queue: str, kind: str, records: Iterable[Mapping[str, Any]]) -> Archive:
    digest, count, name = hashlib.sha256(), 0, uuid.uuid4().hex
    with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0, filename="") as stream:
        stream.write(_line({"format": FORMAT, "name": name, "queue": queue, "kind": kind}))
        for record in records:
            line = _line(record)
            digest.update(line)
            stream.write(line)
            count += 1
        stream.write(_line({"records": count, "sha256": digest.hexdigest()}))
    return Archive(name, queue, kind, count, digest.hexdigest())


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def read_archive(path: Path) -> Archive:
    """Read an archive from its first to its last byte, and return what it says of itself.

    :raises InputError: it is none, it is cut off, or its hash is wrong. :raises OpsError: it cannot be read.
    """
    lines = _lines(path)
    header = _parsed(next(lines, b""), path)
    if header.get("format") != FORMAT:
        raise InputError("this is no archive of dead letters", on=str(path), advice=f"expected format {FORMAT}")
    digest, count, last = hashlib.sha256(), 0, b""
    for line in lines:
        if last:
            digest.update(last)
            count += 1
        last = line
    footer = _parsed(last, path)
    if footer.get("records") != count or footer.get("sha256") != digest.hexdigest():
        raise InputError("the archive is damaged: its hash or the number of its letters is wrong", on=str(path))
    return Archive(
        str(header.get("name")), str(header.get("queue")), str(header.get("kind")), count, digest.hexdigest()
    )


def records_of(path: Path) -> Iterator[dict[str, Any]]:
    """Return the letters of an archive that :func:`read_archive` has found to be whole, one by one.

    :raises OpsError: it cannot be read.
    """
    lines = _lines(path)
    next(lines, None)
    last: bytes | None = None
    for line in lines:
        if last is not None:
            yield _parsed(last, path)
        last = line


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as stream:
            yield from stream
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InputError("the archive is damaged or no gzip file", on=str(path)) from None
    except OSError as error:
        raise OpsError(f"cannot read the archive ({error.strerror})", on=str(path)) from error


def _parsed(line: bytes, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError
    except ValueError:
        raise InputError("the archive is damaged: a line is no JSON object", on=str(path)) from None
    return value


def write_checksum(path: Path) -> str:
    """Write the file's SHA-256 beside it, as ``sha256sum --check`` reads it, and return it.

    :raises OpsError: it cannot be read or written.
    """
    from .._core.files import atomic_write

    checksum = sha256(path)
    atomic_write(path.with_name(f"{path.name}.sha256"), f"{checksum}  {path.name}\n".encode())
    return checksum
