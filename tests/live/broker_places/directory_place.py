# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in folders, and what works on them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

import pytest

from ..passing import Options, repeating
from ..spool_help import Spool, names
from .place import Place


class DirectoryPlace(Place):
    """Files; why one was refused is told in a file beside it."""

    kind = "directory"
    error = "no such patient at line 7"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._spool = Spool(request.getfixturevalue("tmp_path"))

    @property
    def queue(self) -> Options:
        """See Place."""
        return self._spool.queue

    def put(self, count: int) -> None:
        """See Place."""
        self._spool.deliver(*names(count))

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return repeating(self._spool.work)

    def mend(self) -> None:
        """See Place."""
        self._spool.broken = False

    def dead(self) -> int:
        """See Place."""
        return _files(self._spool.dead())

    def parked(self, where: str) -> int:
        """See Place."""
        return _files(os.listdir(where))

    def processed(self) -> list[int]:
        """See Place."""
        return [int(name.partition(".")[0]) for name in self._spool.processed]


def _files(found: list[str]) -> int:
    return sum(not name.endswith(".error") for name in found)
