# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A catalogue: the folder of one thing's backups, each a folder ``<UTC timestamp>-<id>`` with its manifest.

A backup that is being made has another name, and is no backup yet. What has the name of a backup and no manifest that
can be trusted is never counted as one; it is told with the reason.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from .._core.errors import AccessDenied, NotThere, OpsError
from .manifest import FILE_NAME, MAX_BYTES, Manifest, failure, parse

# 20260301T020000Z-7f3a, and whatever sorts after it by time.
_BACKUP = re.compile(r"\d{8}T\d{6}Z-[\w.-]+\Z")
MAX_BACKUPS = 10_000


@dataclass(frozen=True)
class Backup:
    """One that counts: where it is, and its manifest."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True)
class Refused:
    """One that does not count, by the name of its folder, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Catalog:
    """What is in a catalogue. Both lists begin with the newest."""

    backups: list[Backup]
    refused: list[Refused]


def is_backup_name(name: str) -> bool:
    """Tell whether a folder of that name is a backup's."""
    return bool(_BACKUP.match(name))


def read_catalog(folder: Path) -> Catalog:
    """Return the backups in ``folder`` and what only looks like one.

    :raises NotThere: no such folder. :raises AccessDenied: it may not be read.
    :raises OpsError: it holds more than ten thousand backups.
    """
    backups, refused = [], []
    for name in _names(folder):
        try:
            backups.append(Backup(folder / name, _manifest(folder / name)))
        except AccessDenied:
            raise
        except OpsError as error:
            refused.append(Refused(name, error.failed))
    return Catalog(sorted(backups, key=_finished, reverse=True), refused)


def _finished(backup: Backup) -> float:
    return backup.manifest.finished_at


def _names(folder: Path) -> list[str]:
    """Return the names of what looks like a backup, the newest first."""
    try:
        with os.scandir(folder) as entries:
            folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotThere("no such folder of backups", on=str(folder)) from error
    except OSError as error:
        raise AccessDenied(f"cannot list the folder ({error.strerror})", on=str(folder)) from error
    names = [name for name in folders if is_backup_name(name)]
    if len(names) > MAX_BACKUPS:
        raise OpsError(f"more than {MAX_BACKUPS} backups", on=str(folder), advice="let old ones go")
    return sorted(names, reverse=True)


def _manifest(folder: Path) -> Manifest:
    path = folder / FILE_NAME
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise OpsError("it has no manifest") from error
    except PermissionError as error:
        raise AccessDenied(
            "cannot read the manifest", on=str(path), advice="look as the owner of the backups"
        ) from error
    except OSError as error:
        raise OpsError(f"the manifest cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise OpsError(f"the manifest has more than {MAX_BYTES} bytes")
    return parse(data)


def damage(backup: Backup) -> str:
    """Return what is plainly wrong with a backup: a proof failed, a file is missing or of another size; or nothing.

    Contents are not read.
    """
    failed = failure(backup.manifest)
    if failed:
        return failed
    for file in backup.manifest.files:
        try:
            status = os.lstat(backup.folder / file.path)
        except OSError as error:
            return f"{file.path}: {error.strerror}"
        if not stat.S_ISREG(status.st_mode):
            return f"{file.path} is no file"
        if status.st_size != file.size:
            return f"{file.path} has {status.st_size} bytes, the manifest says {file.size}"
    return ""
