# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether a proof that failed shows that the backup is broken, or may come of the host, a key or what the user wants.

Only what is shown is written into a manifest: a good backup that is marked is not restored and not counted on any more.
Shown is: bytes that are not those of the manifest (L1); data that a reader refuses though their bytes are right (L2);
rows or keys that differ from what the source held (L4, ``differences`` in the details).
"""

from __future__ import annotations

import errno
import re

from .._core.errors import AccessDenied, InputError, MissingLibrary, NotThere, OpsError, Unreachable
from .base import Kind
from .opened import Opened
from .proofs import Broken
from .streams import run_chain

NOT_TRIED = (AccessDenied, InputError, MissingLibrary, NotThere, Unreachable)
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_STATUS = re.compile(r"ended with status (\d+)")
_NO_PROGRAM = 126  # what shells and loaders end with when a program cannot be run; above it, that a signal ended it
_OF_THE_HOST = re.compile(
    r"signal \d|too little|memory|no space|quota|permission denied|shared librar|shared object|unsupported version"
    r"|too many open|resource temporarily|input/output error",
    re.IGNORECASE,
)


def is_shown(backup: Opened, kind: Kind, wanted: str, error: Broken) -> bool:
    """Tell whether ``error`` shows that the backup is broken.

    :param wanted: the level up to which it was to be proven.
    """
    level, cause = str(error.details.get("level_failed", "")), error.__cause__
    if not isinstance(cause, OpsError) or isinstance(cause, NOT_TRIED):
        return False
    if level == "L1":
        return _other_bytes(cause)
    if level == "L4":
        return bool(cause.details.get("differences"))
    return level == "L2" and _refused(backup, kind, wanted, cause)


def _other_bytes(cause: OpsError) -> bool:
    """Tell whether bytes differ or are gone, and not only could not be read now."""
    system = cause.__cause__
    return not isinstance(system, OSError) or system.errno in _GONE


def _refused(backup: Opened, kind: Kind, wanted: str, cause: OpsError) -> bool:
    if wanted > "L2" and getattr(kind, "RESTORING_READS_ALL", False):
        # it was a scratch server that failed, which has more reasons to than a reader
        try:
            kind.read_in_full(backup)
        except OpsError as error:
            cause = error
        else:
            return False
    return _by_the_reader(cause) and _decrypts(backup)


def _by_the_reader(cause: OpsError) -> bool:
    if isinstance(cause, NOT_TRIED) or isinstance(cause.__cause__, OSError):
        return False
    status = _STATUS.search(cause.failed)
    if status is not None and int(status[1]) >= _NO_PROGRAM:
        return False
    return _OF_THE_HOST.search(f"{cause.failed} {cause.advice}") is None


def _decrypts(backup: Opened) -> bool:
    """Tell whether what decrypts the backup reads all of it, so that the reader got the data themselves."""
    if not backup.encrypted or backup.cipher is None:
        return not backup.encrypted
    try:
        for file in backup.manifest.files:
            with (backup.folder / file.path).open("rb") as stream:
                run_chain([backup.cipher.decrypting()], backup.timeout, stdin=stream)
    except (OpsError, OSError):
        return False
    return True
