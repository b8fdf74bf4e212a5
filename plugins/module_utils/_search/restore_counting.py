# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether what was restored has the documents that were recorded when the snapshot began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .counts import Compared, compare, recorded
from .documents import documents
from .restore_work import Work

_SHOWN = 5


@dataclass(frozen=True)
class Judged:
    """What came of comparing. :param failed: whether more documents are missing than is tolerated."""

    compared: Compared
    failed: bool
    warnings: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        return self.compared.told()

    def line(self) -> str:
        """Return it in a part of a line."""
        found = self.compared
        if found.missing:
            return f"{found.documents} documents, {told_missing(found.missing)}"
        if found.unknown:
            return f"{found.documents} documents, and nobody has recorded how many there should be"
        if found.more:
            return f"{found.documents} documents, {sum(found.more.values())} more than recorded"
        return f"{found.documents} documents as recorded"


def told_missing(missing: Mapping[str, int]) -> str:
    """Return which indices lack documents, in words."""
    some = ", ".join(f"{name} {number}" for name, number in sorted(missing.items())[:_SHOWN] if name != "*")
    return f"{sum(missing.values())} fewer than recorded{f' ({some})' if some else ''}"


def counted(work: Work) -> Judged:
    """Count what was restored and compare it with what is recorded. :raises OpsError: it cannot be counted."""
    by_target = documents(work.client, list(work.targets.values()))
    counts = {source: by_target[target] for source, target in work.targets.items()}
    found = compare(counts, recorded(work.snapshot.metadata), work.all)
    missing = sum(found.missing.values())
    tolerated = work.options.partial or work.options.tolerance.allows(missing, found.recorded)
    warnings = []
    if missing and tolerated:
        warnings.append(f"{work.on}: {told_missing(found.missing)}, which is tolerated")
    return Judged(found, bool(missing) and not tolerated, tuple(warnings))
