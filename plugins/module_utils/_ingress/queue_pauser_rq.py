# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How rq pauses: ``rq.suspension.suspend`` sets ``rq:suspended``, for all queues at once, for a time if told so."""

from __future__ import annotations

from .queue_pauser import NOTE
from .queue_pauser_by_key import ByKey


class Rq(ByKey):
    """All queues of one prefix of rq."""

    @property
    def keys(self) -> list[str]:
        """See ByKey.keys."""
        prefix = self._place.prefix or "rq"
        return [f"{prefix}:suspended", f"{prefix}:{NOTE}"]
