# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Files in memory, for secrets that a library takes from a path only: gone with the process, however that ends."""

from __future__ import annotations

import os


class MemoryFile:
    """A file that is on no disk; ``path`` leads to it in this process, as long as this object lives. Linux only."""

    def __init__(self, content: bytes) -> None:
        self._file = os.fdopen(os.memfd_create("day2.ops"), "wb")
        self._file.write(content)
        self._file.flush()
        self.path = f"/proc/self/fd/{self._file.fileno()}"

    @staticmethod
    def possible() -> bool:
        """Tell whether this system has such files."""
        return hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")
