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
import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import InputError, OpsError
from .._core.files import atomic_write, fsync_folder, sha256

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


def write_archive(
    path: Path, queue: str, kind: str, records: Iterable[Mapping[str, Any]], checksum: bool = False
) -> Archive:
    """Write an archive that nothing is at yet, read it back, and return what it says of itself.

    :param checksum: whether to write its checksum before it gets its name.
    :raises InputError: something is at ``path``. :raises OpsError: it cannot be written, or not be read back.
    """
    part: Path | None = None
    try:
        # Nobody can foresee the name, so nothing lies in wait there; mkstemp follows no link, and only we may read.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        part = Path(name)
        with os.fdopen(handle, "wb") as raw:
            written = _write(raw, queue, kind, records)
            raw.flush()
            os.fsync(raw.fileno())
        if read_archive(part) != written:
            raise OpsError("what was written reads back differently", on=str(part), advice="check the disk")
        if checksum and not os.path.lexists(path):
            write_checksum(part, path)
        os.link(part, path)  # unlike a rename it never replaces anything
        fsync_folder(path.parent)
    except FileExistsError:
        raise taken(path) from None
    except OSError as error:
        raise OpsError(f"cannot write the archive ({error.strerror})", on=str(path)) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return written


def taken(path: Path) -> InputError:
    """Return the error of a path at which something is."""
    return InputError("a file of that name is there already", on=str(path), advice="give another path")


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


def write_checksum(content: Path, path: Path) -> str:
    """Write the SHA-256 of ``content`` beside ``path``, as ``sha256sum --check`` reads it of a file of that name.

    :returns: the checksum, hexadecimal. :raises OpsError: it cannot be read or written.
    """
    checksum = sha256(content)
    atomic_write(path.with_name(f"{path.name}.sha256"), f"{checksum}  {path.name}\n".encode())
    return checksum


def rename(path: Path, to: Path) -> None:
    """Give a file another name, unless something else is there. A rename that was cut short is finished.

    :raises InputError: something is at ``to``. :raises OpsError: it cannot be done.
    """
    try:
        if not is_same(path, to):
            os.link(path, to)
        path.unlink()
        fsync_folder(to.parent)
    except FileExistsError:
        raise taken(to) from None
    except OSError as error:
        raise OpsError(
            f"cannot give the archive its name ({error.strerror})", on=str(to), advice=f"it is at {path}"
        ) from error


def is_same(path: Path, other: Path) -> bool:
    """Tell whether two names are of one file."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
