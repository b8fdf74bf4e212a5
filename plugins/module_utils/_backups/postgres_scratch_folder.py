# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where scratch servers and programs that restore run: a folder of ours that nobody else writes to.

Not in the folder of backups, which the server's account may not enter, nor in one that everybody may write to: who can
plant a folder there could have our cleaning up follow it elsewhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._core.errors import InputError, OpsError
from .leftovers import passing_folder

_PARENT = "/var/tmp/day2-scratch-{}"
_PREFIX = ".scratch-"
_TRIES = 5
_BY_OTHERS = 0o022


@contextmanager
def own_folder(given: str | None) -> Iterator[Path]:
    """Give a passing folder in the one that is given, or in one of ours, which goes with the last of them."""
    with ExitStack() as stack:
        for tries_left in reversed(range(_TRIES)):
            parent = _parent(given)
            try:
                folder = stack.enter_context(passing_folder(parent, _PREFIX))
            except OpsError:
                if parent.exists() or not tries_left:
                    raise
                continue  # the last of another run has just taken it away
            break
        try:
            yield folder
        finally:
            stack.close()
            if given is None:
                with suppress(OSError):  # another run has one in it
                    parent.rmdir()


def _parent(given: str | None) -> Path:
    """Return the folder that scratch servers are made in: given, or one of ours that others may pass, not write to."""
    if given is not None:
        folder = Path(given)
        if not folder.is_absolute() or not folder.is_dir():
            raise InputError("rehearsal: folder must be an absolute path of a folder that is there", on=str(folder))
        if folder.stat().st_mode & _BY_OTHERS:
            raise InputError("rehearsal: others may write to the folder", on=str(folder), advice="make one in it")
        return folder
    folder = Path(_PARENT.format(os.geteuid()))
    try:
        folder.mkdir(mode=0o711, exist_ok=True)
        status = os.lstat(folder)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(folder)) from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & _BY_OTHERS:
        raise OpsError("the folder of scratch servers is not ours alone", on=str(folder), advice="remove it")
    return folder
