# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a kind of backup is: a source that can be written, and copies that can be read in full, restored and compared.

A kind is a file that is named in ``kinds.py``. Whatever is the same for all kinds is not in it: names, locks, space,
checksums, levels, storage, retention.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .._core.argspec import ArgSpec
from .manifest import Manifest

if TYPE_CHECKING:
    from .draft import Draft
    from .opened import Opened


@dataclass(frozen=True)
class Made:
    """What a source tells of the backup that it has written; see :class:`Manifest` for the fields."""

    server: Mapping[str, Any]
    tools: Mapping[str, str] = field(default_factory=dict)
    layout: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Source(Protocol):
    """What one call backs up. It has been reached, or has raised, when it is made."""

    kind: str

    def subject(self) -> str:
        """Return what is backed up, for messages: ``postgres 127.0.0.1:5432/shop``."""

    def estimate(self) -> int:
        """Return how many bytes a backup may take at most, by what can be known before."""

    def plan(self) -> Mapping[str, Any]:
        """Return what check mode tells besides: tables, files, format."""

    def unchanged(self, newest: Manifest) -> bool:
        """Tell whether the newest backup already holds just what the source does now, so that none is to be made."""

    def write(self, draft: Draft) -> Made:
        """Write the data into the draft.

        :raises OpsError: something failed; the draft is then thrown away.
        """


class Rehearsal(Protocol):
    """A backup that was restored somewhere apart (L3)."""

    #: What was seen while it was restored, JSON-safe.
    found: Mapping[str, Any]

    def compare(self) -> Mapping[str, Any]:
        """Compare it with the facts of the manifest and with the user's assertions (L4); return what was seen.

        :raises OpsError: something differs; which is told.
        """


class Kind(Protocol):
    """How backups of a kind are proven. A module of Python fits: these are functions of it.

    One whose ``RESTORING_READS_ALL`` is true checks all data while it restores; a full read before that is spared.
    """

    #: Options of a rehearsal: where, with which programs, assertions.
    REHEARSAL: ArgSpec

    def read_in_full(self, backup: Opened) -> Mapping[str, Any]:
        """Read all data (L2), return what was seen. :raises OpsError: they cannot be read."""

    def rehearsed(self, backup: Opened, options: Mapping[str, Any]) -> AbstractContextManager[Rehearsal]:
        """Restore it somewhere apart (L3), and take everything away at the end of the block.

        :param options: validated by ``REHEARSAL``. :raises OpsError: it cannot be restored.
        """
