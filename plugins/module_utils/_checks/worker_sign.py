# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of a sign of life of workers; the kind worker looks for those that a check asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .._core.argspec import ArgSpec
from .base import Condition, Context, Options, Values


class Sign(Protocol):
    """What the file of a sign offers, as module-level names."""

    SPEC: ArgSpec

    def look(self, options: Options, context: Context, /) -> Values:
        """Look once, bounded by ``options["timeout"]``, and return values under the sign's own name.

        :raises OpsError: or one of its kinds, as the probe of a kind does.
        """

    def conditions(self, options: Options, /) -> Sequence[Condition]:
        """Say what is expected of what ``look`` returned.

        :raises InputError: options that make no sense together.
        """
