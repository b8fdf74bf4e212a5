# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Mode new: indices that are not there yet, under new names or those that they had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._core.errors import OpsError
from .answers import Conflict
from .restore_naming import Renaming
from .restore_options import NEW, Options
from .restore_origin import restored_from
from .restore_room import Size
from .restore_sending import removed
from .restore_work import Work
from .snapshots import Snapshot

_SHOWN = 5


class New:
    """See :class:`.restore_work.Mode`."""

    NAME: ClassVar[str] = NEW

    def __init__(self, work: Work) -> None:
        self.work = work

    @staticmethod
    def renaming(options: Options, _snapshot: Snapshot) -> Renaming | None:
        """Rename as was asked."""
        return options.renaming

    @staticmethod
    def aliases(options: Options) -> bool:
        """Restore them with the names alone: an alias that leads to an index and to its copy finds all twice."""
        return options.renaming is None

    def look(self) -> None:
        """Refuse names that are taken, unless all are, by what a run before has restored."""
        self.work.resumed = was_restored(self.work)
        if not self.work.resumed:
            require_free(self.work, [*self.work.targets.values(), *self.work.streams.values()])

    def needed(self) -> Mapping[str, Size]:
        """Return the sizes of all."""
        return self.work.sizes

    def plan(self) -> dict[str, Any]:
        """Nothing else is done."""
        return {}

    def begin(self) -> None:
        """There is nothing to do before."""

    def refused(self) -> str:
        """There is nothing to undo."""
        return "nothing was made"

    def unclear(self) -> str:
        """Nothing helps."""
        return ""

    def failed(self, red: bool) -> str:
        """Remove what was made, when it is of no use."""
        return taken_back(self.work, red)

    def short(self) -> dict[str, Any]:
        """Leave what was restored as it is, to be looked at."""
        return {}

    def finish(self) -> dict[str, Any]:
        """There is nothing to do after."""
        return {}


def was_restored(work: Work) -> bool:
    """Return whether all targets are there, and came from this snapshot."""
    indices = work.there.indices
    if not work.targets or not all(name in indices and indices[name].open for name in work.targets.values()):
        return False
    if not all(name in work.there.streams for name in work.streams.values()):
        return False
    return restored_from(work.client, work.options.repository, work.snapshot, work.targets)


def require_free(work: Work, names: Sequence[str]) -> None:
    """Refuse names that are taken. :raises Conflict: so."""
    taken = work.there.clashes(names)
    if not taken:
        return
    told = ", ".join(taken[:_SHOWN]) + (f" and {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else "")
    raise Conflict(
        f"names are taken: {told}",
        on=work.on,
        advice="give rename_pattern and rename_replacement, or mode: alias or in_place",
        clashes=taken,
    )


def taken_back(work: Work, red: bool) -> str:
    """Remove what this run has made when data are missing; what that came to, in words."""
    if work.resumed:
        return "it was begun by another run, and nothing was removed"
    if not work.sure:
        return "nothing was removed, as the server's answer was lost and the indices may be somebody else's"
    if not red:
        return "what was restored is kept, as only copies are missing; see replicas and min_status"
    try:
        removed(work.client, work.new(), list(work.streams.values()))
    except OpsError as error:
        return f"what was made could not be removed ({error.failed}): {', '.join(work.new()[:_SHOWN])}"
    return "what was made is removed again"
