# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a file held before the ingress was closed, kept beside it until clients are seen to come in again.

Beside it stands also what was written then, which tells a file that is closed by us from one that somebody wrote since.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .._core.errors import OpsError
from .._core.files import atomic_write, fsync_folder

_OPEN, _ABSENT, _CLOSED = ".day2-open", ".day2-absent", ".day2-closed"
_MODE = 0o644


@dataclass(frozen=True)
class Held:
    """What a file holds, its mode and owner."""

    content: bytes
    mode: int
    uid: int
    gid: int

    @classmethod
    def by(cls, path: Path) -> Held | None:
        """Read a file; None when it is not there. :raises OpsError: it cannot be read."""
        try:
            with path.open("rb") as stream:
                status = os.fstat(stream.fileno())
                return cls(stream.read(), status.st_mode & 0o777, status.st_uid, status.st_gid)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OpsError(f"cannot read the file ({error.strerror})", on=str(path)) from error


def write(path: Path, content: bytes, like: Held | None) -> None:
    """Write a file with mode and owner of another. :raises OpsError: it cannot be written."""
    atomic_write(path, content, like.mode if like else _MODE)
    if like and os.geteuid() == 0:
        try:
            os.chown(path, like.uid, like.gid)
        except OSError as error:
            raise OpsError(f"cannot give the file its owner ({error.strerror})", on=str(path)) from error


def remove(path: Path) -> None:
    """Remove a file, if it is there. :raises OpsError: it cannot be removed."""
    try:
        path.unlink(missing_ok=True)
        fsync_folder(path.parent)
    except OSError as error:
        raise OpsError(f"cannot remove the file ({error.strerror})", on=str(path)) from error


def bring(path: Path, held: Held | None) -> None:
    """Have a file hold that, or not be there. :raises OpsError: as :func:`write` and :func:`remove` do."""
    if held is None:
        remove(path)
    else:
        write(path, held.content, held)


class Beside:
    """What is kept for one file. Its names begin with a dot: what includes ``*`` or ``*.conf`` does not read them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.open, self._absent, self._closed = (
            path.with_name(f".{path.name}{name}") for name in (_OPEN, _ABSENT, _CLOSED)
        )

    def at(self) -> str:
        """Return where it is kept what was; empty when nothing is."""
        return next((str(one) for one in (self.open, self._absent) if one.exists()), "")

    def is_before(self, now: Held | None) -> bool:
        """Tell whether the file holds what it did before."""
        before = Held.by(self.open)
        return before == now or bool(before and now and before.content == now.content)

    def is_ours(self, now: Held | None) -> bool:
        """Tell whether the file is closed by us: we kept what was, and nobody has written it since."""
        if not self.at() or now is None or self.is_before(now):
            return False
        written = Held.by(self._closed)
        # what was may be put there by hand, for a file that somebody else closed
        return written is None or written.content == now.content

    def keep(self, now: Held | None) -> None:
        """Keep what the file holds."""
        if now is None:
            write(self._absent, b"", None)
        else:
            bring(self.open, now)

    def remember(self, content: bytes, like: Held | None) -> None:
        """Have the file be ours while it holds ``content``."""
        write(self._closed, content, like)

    def put_back(self) -> None:
        """Have the file be as before. :raises OpsError: nobody knows what that was."""
        if not self.at():
            raise OpsError(
                "the ingress was closed by somebody else: what the file held before is not known",
                on=str(self.path),
                advice=f"write it, or put it into {self.open}",
            )
        bring(self.path, Held.by(self.open))

    def drop(self) -> None:
        """Forget what was kept; last what tells that the file is ours, which alone means nothing."""
        for one in (self.open, self._absent, self._closed):
            if one.exists():
                remove(one)
