# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The archive of a backup of configuration: a tar of the format PAX, packed by zstd, or by gzip where that is missing.

The same members make the same bytes: sorted, numeric owners, whole seconds, no other times, no names of accounts.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Callable, cast

from .._core.errors import OpsError
from .config_members import FILE, FOLDER, LINK, Index, Member, parse, shown
from .config_members import FILE_NAME as INDEX
from .opened import Opened
from .streams import Command, Writable

CHUNK = 1 << 20
_BUFFER = 1 << 16  # of tarfile, which copies all of it for each small file
_TRIES = 5
_TYPES = {FILE: tarfile.REGTYPE, FOLDER: tarfile.DIRTYPE, LINK: tarfile.SYMTYPE}
_DAMAGED = (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, UnicodeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Packing:
    """How an archive is packed: what its manifest says, its file, programs that pack and unpack it."""

    name: str
    file: str
    packing: tuple[Command, ...]
    unpacking: tuple[Command, ...]

    @contextmanager
    def into(self, sink: Writable) -> Iterator[Writable]:
        """Give what to write to, for it to come packed into ``sink``, behind which the programs are."""
        if self.packing:
            yield sink
            return
        packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # its header has neither time nor name
        yield _Packed(packer.compress, sink)
        sink.write(packer.flush())

    def out_of(self, stream: IO[bytes]) -> IO[bytes]:
        """Return the archive that ``stream``, in front of which the programs are, holds."""
        return stream if self.unpacking else cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))


class _Packed:
    def __init__(self, pack: Callable[[bytes], bytes], sink: Writable) -> None:
        self._pack = pack
        self._sink = sink

    def write(self, data: bytes, /) -> int:
        packed = self._pack(data)
        if packed:
            self._sink.write(packed)
        return len(data)


ZSTD = Packing(
    "zstd:3",
    "files.tar.zst",
    (Command(["zstd", "-3", "-T1", "--quiet", "--stdout"]),),
    (Command(["zstd", "--decompress", "--quiet", "--stdout"]),),
)
GZIP = Packing("gzip:6", "files.tar.gz", (), ())


def best_packing() -> Packing:
    """Return the packing that this host can do."""
    return ZSTD if shutil.which("zstd") else GZIP


def packing_of(layout: Mapping[str, Any]) -> Packing:
    """Return the packing of a backup. :raises OpsError: its manifest names none that is known."""
    for one in (ZSTD, GZIP):
        if layout.get("compression") == one.name:
            return one
    raise OpsError(f"the backup is packed by {layout.get('compression')!r}, which is not known here")


class Changed(Exception):
    """A file changed while it was being read, after a part of it was written already."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Archive:
    """An archive that is being written."""

    def __init__(self, sink: Writable) -> None:
        self._tar = tarfile.TarFile.open(
            fileobj=cast("IO[bytes]", sink),
            mode="w|",
            bufsize=_BUFFER,
            format=tarfile.PAX_FORMAT,
            encoding="utf-8",
            errors="surrogateescape",
        )

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Write its end; of one that failed nothing more is written."""
        if kind is None:
            self._tar.close()
        else:
            self._tar.fileobj.closed = True  # type: ignore[attr-defined]  # it would write when it is let go of

    def add(self, member: Member) -> Member:
        """Add a folder or link."""
        self._put(member, None)
        return member

    def add_file(self, member: Member, handle: int) -> Member:
        """Add the file that was opened as ``handle``, which is closed; return the member as it was read.

        :raises Changed: it changed meanwhile. :raises OpsError: it cannot be read.
        """
        with os.fdopen(handle, "rb", buffering=0) as stream:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise Changed(member.path)
            try:
                if before.st_size <= CHUNK:
                    return self._small(member, stream)
                return self._large(member, stream, before)
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                raise OpsError(f"cannot read the file ({error.strerror})", on=shown(f"/{member.path}")) from error

    def _small(self, member: Member, stream: io.FileIO) -> Member:
        """Add a file that fits into memory; it is read again when it changed."""
        for _try in range(_TRIES):
            before = os.fstat(stream.fileno())
            stream.seek(0)
            data = _read(stream, before.st_size + 1)
            if len(data) == before.st_size and _same(before, os.fstat(stream.fileno())):
                now = _as_read(member, before, hashlib.sha256(data).hexdigest())
                self._put(now, io.BytesIO(data))
                return now
        raise Changed(member.path)

    def _large(self, member: Member, stream: io.FileIO, before: os.stat_result) -> Member:
        counted = _Counted(stream)
        try:
            self._put(_as_read(member, before, ""), cast("IO[bytes]", counted))
        except OSError as error:
            if error.errno is None:  # tarfile's own word for a file that has become shorter
                raise Changed(member.path) from error
            raise
        if stream.read(1) or not _same(before, os.fstat(stream.fileno())):
            raise Changed(member.path)
        return _as_read(member, before, counted.digest.hexdigest())

    def _put(self, member: Member, stream: IO[bytes] | None) -> None:
        self._tar.addfile(_header(member), stream)
        self._tar.members = []  # type: ignore[attr-defined]  # it would keep all in memory


def _read(stream: io.FileIO, most: int) -> bytes:
    pieces = []
    while most > 0:
        piece = stream.read(most)
        if not piece:
            break
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


class _Counted:
    """A file that is read, with the checksum of what was."""

    def __init__(self, stream: io.FileIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = _read(self._stream, size)
        self.digest.update(data)
        return data


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return all(getattr(before, name) == getattr(after, name) for name in ("st_size", "st_mtime_ns", "st_ctime_ns"))


def _as_read(member: Member, status: os.stat_result, sha256: str) -> Member:
    return member._replace(
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime=int(status.st_mtime),
        size=status.st_size,
        sha256=sha256,
    )


def _header(member: Member) -> tarfile.TarInfo:
    header = tarfile.TarInfo(member.path)
    header.type = _TYPES[member.type]
    header.mode, header.uid, header.gid, header.mtime = member.mode, member.uid, member.gid, member.mtime
    header.size, header.linkname = member.size, member.target
    return header


@contextmanager
def _reading(backup: Opened, name: str, commands: Sequence[Command] = ()) -> Iterator[IO[bytes]]:
    """Give a file of a backup, and read it to its end, so that what is wrong with a program is told before all else."""
    held: OpsError | None = None
    with backup.reading(name, commands) as stream:
        try:
            yield stream
        except OpsError as error:
            held = error
        for _piece in iter(lambda: stream.read(CHUNK), b""):
            pass
    if held is not None:
        raise held


@contextmanager
def _sound() -> Iterator[None]:
    """Tell in our words what the libraries say of data that are cut or damaged."""
    try:
        yield
    except _DAMAGED as error:
        raise OpsError(f"the archive is cut or damaged ({error})") from error


def read_index(backup: Opened) -> Index:
    """Return the index of a backup. :raises OpsError: it cannot be read, or is not that of the manifest."""
    with _reading(backup, INDEX) as stream:
        index = parse(stream)
    if index.facts()["digest"] != backup.manifest.facts.get("digest"):
        raise OpsError("the index is another than that of which the manifest tells")
    return index


@contextmanager
def read_archive(backup: Opened, index: Index) -> Iterator[Iterator[tuple[Member, Iterator[bytes]]]]:
    """Give the members of a backup, in their order, each with its content as pieces: of files, as they are read.

    What of a file's content was not read is read when the next one is asked for; at the end of a file its checksum is
    compared with the index. Read them to their end.

    :raises OpsError: the archive is cut, damaged, or holds something else than the index says.
    """
    packing = packing_of(backup.manifest.layout)
    with ExitStack() as stack:
        stream = stack.enter_context(_reading(backup, packing.file, packing.unpacking))
        with _sound():
            tar = tarfile.TarFile.open(
                fileobj=packing.out_of(stream), mode="r|", bufsize=_BUFFER, encoding="utf-8", errors="surrogateescape"
            )
        yield _members(tar, index)


def _members(tar: tarfile.TarFile, index: Index) -> Iterator[tuple[Member, Iterator[bytes]]]:
    expected = iter(index.members)
    headers = iter(tar)
    while True:
        with _sound():
            header = next(headers, None)
        member = next(expected, None)
        if header is None:
            if member is not None:
                raise OpsError("the archive lacks what its index has", on=shown(f"/{member.path}"))
            return
        if member is None or not _is(header, member):
            raise OpsError("the archive holds something else than its index says", on=shown(header.name))
        stream = tar.extractfile(header) if member.type == FILE else None
        pieces = _pieces(stream, member) if stream else iter(())
        yield member, pieces
        for _piece in pieces:
            pass
        tar.members = []  # type: ignore[attr-defined]


def _is(header: tarfile.TarInfo, member: Member) -> bool:
    fresh = _header(member)
    same = ("name", "type", "mode", "uid", "gid", "mtime", "size", "linkname")
    return all(getattr(header, name) == getattr(fresh, name) for name in same)


def _pieces(stream: IO[bytes], member: Member) -> Iterator[bytes]:
    found = hashlib.sha256()
    while True:
        with _sound():
            piece = stream.read(CHUNK)
        if not piece:
            break
        found.update(piece)
        yield piece
    if found.hexdigest() != member.sha256:
        raise OpsError("a file in the archive has another checksum than its index says", on=shown(f"/{member.path}"))
