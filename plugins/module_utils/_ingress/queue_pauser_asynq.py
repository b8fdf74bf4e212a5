# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How asynq pauses a queue: ``Inspector.PauseQueue`` sets ``asynq:{q}:paused`` to the second it was."""

from __future__ import annotations

import time

from .._core.errors import NotThere
from .queue_pauser import NOTE, Paused
from .queue_pauser_by_key import ByKey


class Asynq(ByKey):
    """One queue of asynq."""

    @property
    def keys(self) -> list[str]:
        """See ByKey.keys."""
        base = f"asynq:{{{self._place.name}}}"
        return [f"{base}:paused", f"{base}:{NOTE}"]

    def value(self) -> object:
        """See ByKey.value."""
        return int(time.time())

    def look(self) -> Paused:
        """See Pauser.look."""
        (known,) = self.ask("read the queues", ("SISMEMBER", "asynq:queues", self._place.name))
        if not known:
            raise NotThere("asynq knows no such queue", on=self.on)
        return super().look()
