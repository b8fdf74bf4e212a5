# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a restore is to do, looked up before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from .connection import Client
from .restore_choice import NEWEST, Selection
from .restore_naming import Renaming
from .restore_options import Options
from .restore_present import Present
from .restore_room import Size
from .snapshots import Snapshot


@dataclass
class Work:
    """One restore.

    :param targets: the name that each index gets, by its name in the snapshot. :param streams: so of data streams.
    :param there: what the cluster had before. :param sizes: by the names in the snapshot.
    :param resumed: whether a run before has had it restored, so that it is only awaited and compared.
    :param sure: whether the server has said that it restores.
    """

    client: Client
    options: Options
    snapshot: Snapshot
    selection: Selection
    renaming: Renaming | None
    targets: Mapping[str, str]
    streams: Mapping[str, str]
    there: Present
    sizes: Mapping[str, Size]
    resumed: bool = False
    sure: bool = True
    warnings: list[str] = field(default_factory=list)

    @property
    def on(self) -> str:
        """The snapshot, fit for a message."""
        return f"{self.options.repository}/{self.snapshot.name}"

    @property
    def again(self) -> str:
        """What a call that goes on with this restore has to say more: a newer snapshot may be there by then."""
        return f" with snapshot: {self.snapshot.name}" if self.options.snapshot == NEWEST else ""

    def new(self) -> list[str]:
        """Return the targets that were not there."""
        return [target for target in self.targets.values() if target not in self.there.indices]

    def existing(self) -> list[str]:
        """Return the targets that were there."""
        return [target for target in self.targets.values() if target in self.there.indices]


class Mode(Protocol):
    """A way to restore."""

    NAME: ClassVar[str]

    def __init__(self, work: Work) -> None: ...

    @staticmethod
    def renaming(options: Options, snapshot: Snapshot) -> Renaming | None:
        """Return how the indices are renamed."""

    @staticmethod
    def aliases(options: Options) -> bool:
        """Return whether the aliases in the snapshot are restored when nobody says so."""

    def look(self) -> None:
        """See what is in the way, and whether the work was done before. :raises OpsError: it cannot be done."""

    def needed(self) -> Mapping[str, Size]:
        """Return what room is needed, by index."""

    def plan(self) -> dict[str, Any]:
        """Return what else would be done, for a result."""

    def begin(self) -> None:
        """Do what is to be done before the server is asked. :raises OpsError: it is undone."""

    def refused(self) -> str:
        """Undo what :meth:`begin` did, as the server restores nothing; what that came to, in words."""

    def unclear(self) -> str:
        """Do what helps whatever the server does; what that came to, in words, empty for nothing."""

    def failed(self, red: bool) -> str:
        """Take back what can be of a restore that failed; what that came to, in words.

        :param red: whether data are missing; else only copies of shards are.
        """

    def short(self) -> dict[str, Any]:
        """Do what is to be done when documents are missing; what that was, for a result."""

    def finish(self) -> dict[str, Any]:
        """Do what is to be done when all is restored and compared; what that was, for a result."""
