# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Room on the journal's disk that is kept for the end of a window: given up when the disk is full, to note the end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .._core.errors import OpsError

SIZE = 1 << 18  # bytes; a record is written beside the one before, and seldom has more than some ten thousand


class Spare:
    """A file that only takes room."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self) -> None:
        """Take the room. Written, as a file system may promise more than it has.

        :raises OpsError: there is none.
        """
        try:
            with open(self.path, "wb") as stream:
                os.fchmod(stream.fileno(), 0o600)
                stream.write(os.urandom(SIZE))  # one that compresses would keep nothing for zeros
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            self.give()
            raise OpsError(f"no room for the journal ({error.strerror})", on=str(self.path.parent)) from error

    def give(self) -> bool:
        """Give the room back; tell whether there was some."""
        with contextlib.suppress(OSError):
            self.path.unlink()
            return True
        return False
