# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether what was restored has the documents that were recorded when the snapshot began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .connection import part
from .counts import Compared, compare, recorded
from .documents import documents
from .restore_work import Work

_SHOWN = 5


@dataclass(frozen=True)
class Judged:
    """What came of comparing. :param failed: whether more documents are missing, or less is known, than is accepted."""

    compared: Compared
    failed: bool
    warnings: tuple[str, ...] = ()
    advice: str = ""

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        return self.compared.told()

    def line(self) -> str:
        """Return it in a part of a line."""
        found = self.compared
        if found.missing:
            return f"{found.documents} documents, {told_missing(found.missing)}"
        if found.unknown:
            return f"{found.documents} documents, and {told_unknown(found)}{self.advice}"
        if found.more:
            return f"{found.documents} documents, {sum(found.more.values())} more than recorded"
        return f"{found.documents} documents as recorded"


def told_unknown(found: Compared) -> str:
    """Return of which indices nobody knows how many documents there should be, in words."""
    if found.recorded is None:
        return "nobody has recorded how many there should be"
    if found.differs:
        return f"only the sum of {found.recorded} and a checksum are recorded, and the checksum is another"
    return "of some indices nobody has recorded how many there should be"


def told_missing(missing: Mapping[str, int]) -> str:
    """Return which indices lack documents, in words."""
    some = ", ".join(f"{name} {number}" for name, number in sorted(missing.items())[:_SHOWN] if name != "*")
    return f"{sum(missing.values())} fewer than recorded{f' ({some})' if some else ''}"


def counted(work: Work) -> Judged:
    """Count what was restored and compare it with what is recorded. :raises OpsError: it cannot be counted."""
    by_target = documents(work.client, list(work.targets.values()))
    counts = {source: by_target[target] for source, target in work.targets.items()}
    found = compare(counts, recorded(work.snapshot.metadata), work.snapshot.indices or ())
    missing = sum(found.missing.values())
    tolerated = work.options.partial or work.options.tolerance.allows(missing, found.recorded)
    warnings = []
    if missing and tolerated:
        warnings.append(f"{work.on}: {told_missing(found.missing)}, which is tolerated")
    warnings += unknown_settings(work)
    refused = found.unknown and not work.options.unverified
    if found.unknown and not refused:
        warnings.append(f"{work.on}: {told_unknown(found)}, which is accepted unseen")
    advice = "; nothing was compared with it: unverified: accept takes it all the same" if refused else ""
    return Judged(found, refused or (bool(missing) and not tolerated), tuple(warnings), advice)


def unknown_settings(work: Work) -> list[str]:
    """Return a line on each setting that was given and that the server does not know: it keeps such as ``archived``."""
    if work.resumed or not work.options.settings:
        return []
    target = next(iter(work.targets.values()))
    query = {"flat_settings": True, "filter_path": "*.settings.archived*"}
    found = work.client.ask("GET", f"{part(target)}/_settings", query)
    kept = (found.get(target) or {}).get("settings") or {}
    given = {name if name.startswith("index.") else f"index.{name}" for name in work.options.settings}
    archived = (name.partition("archived.")[2] for name in sorted(kept))
    return [f"index_settings: {name} is not known to the server and does nothing" for name in archived if name in given]
