# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup that is being made: a folder under a temporary name, which gets its name only when it has been proven.

Written, its checksums counted meanwhile; brought to disk, read back from it and compared; proven to the level asked
for; then renamed. One run at a time works in a catalogue. What failed leaves nothing and touches no earlier backup.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from .._core.errors import InputError, OpsError
from .._core.files import exclusive, fsync_folder
from .cipher import Cipher
from .leftovers import remove_folder
from .manifest import FILE_NAME, File
from .streams import Command, HashingFile, Writable, chain, copy, written_through

_CHUNK = 1 << 20
PARTIAL = ".partial-"
LOCK = ".lock"


@dataclass
class Draft:
    """A backup that is being made.

    :param folder: where it is now. :param id: of the backup. :param started_at: seconds since the epoch.
    :param cipher: with what its files are encrypted, None for not at all. :param files: what was written so far.
    :param timeout: seconds that one chain of programs may take.
    """

    folder: Path
    id: str
    started_at: float
    cipher: Cipher | None
    timeout: float
    files: list[File] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name that its folder gets."""
        moment = datetime.fromtimestamp(self.started_at, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        return f"{moment}-{self.id}"

    def receive(self, name: str, commands: Sequence[Command]) -> File:
        """Run ``commands`` and write what the last one writes into the file ``name``, encrypted if it is to be.

        :param name: within the folder; the cipher's suffix is added. :raises OpsError: see :func:`chain`.
        """
        stages = [*commands, *self._encrypting()]
        with closing(self._new(name)) as target, chain(stages, self.timeout, stdout=subprocess.PIPE) as running:
            copy(running.stdout, target)
        return self._note(self._named(name), target)

    @contextmanager
    def writing(self, name: str, commands: Sequence[Command] = ()) -> Iterator[Writable]:
        """Give something to write to, which goes through ``commands`` and the cipher into the file ``name``."""
        stages = [*commands, *self._encrypting()]
        with closing(self._new(name)) as target:
            if stages:
                with written_through(stages, self.timeout, target) as sink:
                    yield sink
            else:
                yield target
        self._note(self._named(name), target)

    def write(self, name: str, data: bytes) -> File:
        """Write ``data`` into the file ``name``."""
        with self.writing(name) as sink:
            sink.write(data)
        return self.files[-1]

    def adopt(self, name: str) -> None:
        """Take the file, or all files of the folder, that a program has written itself; none of them encrypted.

        :raises InputError: they are to be encrypted. :raises OpsError: something else than files is there.
        """
        if self.cipher is not None:
            raise InputError("what a program writes to disk itself cannot be encrypted before", on=name)
        path = self.folder / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_dir() or file.is_symlink():
                self.files.append(_adopted(file, str(file.relative_to(self.folder))))

    def _encrypting(self) -> list[Command]:
        return [] if self.cipher is None else [self.cipher.encrypting()]

    def _named(self, name: str) -> str:
        return name if self.cipher is None else name + self.cipher.suffix

    def _new(self, name: str) -> HashingFile:
        return HashingFile(self.folder / self._named(name))

    def _note(self, name: str, target: HashingFile) -> File:
        file = File(name, target.size, target.sha256)
        self.files.append(file)
        return file


def _adopted(path: Path, name: str) -> File:
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OpsError("neither a file nor a folder is among what was written", on=str(path))
    os.chmod(path, 0o600)
    return File(name, status.st_size, _brought_to_disk(path))


def _brought_to_disk(path: Path) -> str:
    """Return the SHA-256 of what the file holds in memory, and bring it to disk."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(piece)
        os.fsync(stream.fileno())
    return digest.hexdigest()


def read_back(folder: Path, files: Sequence[File]) -> None:
    """Read each file from disk, not from what memory still holds of it, and compare sizes and checksums (L1).

    :raises OpsError: one is missing, no file, or differs; there is one that the manifest does not name.
    """
    named = {FILE_NAME, *(file.path for file in files)}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if name not in named and not (path.is_dir() and not path.is_symlink()):
            raise OpsError(f"{name} is in the backup's folder, and the manifest does not name it")
    for file in files:
        size, digest = _from_disk(folder / file.path)
        if size != file.size:
            raise OpsError(f"{file.path} has {size} bytes, {file.size} were written")
        if digest != file.sha256:
            raise OpsError(f"{file.path} has another checksum than what was written")


def _from_disk(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            for piece in iter(lambda: stream.read(_CHUNK), b""):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise OpsError(f"{path.name} cannot be read ({error.strerror})") from error
    return size, digest.hexdigest()


def catalog_folder(path: Path, name: str, make: bool) -> Path:
    """Return the folder of the catalogue ``name`` in ``path``, ours alone.

    :param make: whether to make it (and ``path``) if it is not there.
    :raises OpsError: it is a link, belongs to somebody else, may be written by others, or cannot be made.
    """
    folder = path / name
    if not make and not folder.exists():
        return folder
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        status = os.lstat(folder)
    except OSError as error:
        raise OpsError(f"cannot make the folder of backups ({error.strerror})", on=str(folder)) from error
    if not stat.S_ISDIR(status.st_mode):
        raise OpsError("the folder of backups is a link or a file", on=str(folder), advice="remove it")
    if status.st_uid not in (0, os.geteuid()):
        raise OpsError("the folder of backups belongs to somebody else", on=str(folder))
    if status.st_mode & 0o022:
        raise OpsError("others may write to the folder of backups", on=str(folder), advice="chmod 0700")
    return folder


def require_space(folder: Path, needed: int, what: str = "a backup") -> None:
    """Refuse when the file system has less than ``needed`` bytes left for us. :raises OpsError: so."""
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        told = f"{needed / 1e6:,.0f} MB may be needed, {free / 1e6:,.0f} MB are free"
        raise OpsError(f"too little space for {what}: {told}", on=str(folder))


@contextmanager
def drafted(catalog: Path, cipher: Cipher | None, timeout: float, now: float | None = None) -> Iterator[Draft]:
    """Give a draft in ``catalog``; what is not :func:`published` at the end of the block is thrown away.

    What a run that was killed has left there is removed first, as nobody else can be at work: the lock says so.

    :raises Unreachable: another run is at work. :raises OpsError: the folder cannot be made.
    """
    with exclusive(catalog / LOCK):
        for left in catalog.glob(f"{PARTIAL}*"):
            remove_folder(left)
        moment = time.time() if now is None else now
        started_at = float(int(moment))
        draft = Draft(catalog, _new_id(moment - started_at), started_at, cipher, timeout)
        draft.folder = catalog / f"{PARTIAL}{draft.name}"
        try:
            draft.folder.mkdir(mode=0o700)
        except OSError as error:
            raise OpsError(f"cannot make the folder ({error.strerror})", on=str(draft.folder)) from error
        try:
            yield draft
        finally:
            if draft.folder.name.startswith(PARTIAL):
                remove_folder(draft.folder)


def is_busy(catalog: Path) -> bool:
    """Tell whether a run is at work in ``catalog``. Nothing is made; what holds the lock keeps it."""
    try:
        handle = os.open(catalog / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _new_id(fraction: float) -> str:
    """Return an id that sorts by time among those of the same second."""
    return f"{int(fraction * 0x10000):04x}{uuid.uuid4().hex[:4]}"


def published(draft: Draft) -> Path:
    """Give the draft its name, from when on it is a backup; return its folder. Its manifest must be in it."""
    for folder in [path for path in draft.folder.rglob("*") if path.is_dir()]:
        fsync_folder(folder)
    fsync_folder(draft.folder)
    target = draft.folder.parent / draft.name
    os.rename(draft.folder, target)
    fsync_folder(target.parent)
    draft.folder = target
    return target
