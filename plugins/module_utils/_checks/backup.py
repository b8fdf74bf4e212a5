# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind backup: the newest backup of a catalogue is fresh, proven and not shrunken; on the host or in a storage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._backups.catalog import Backup, Catalog, Refused, damage, read_catalog
from .._backups.manifest import LEVELS
from .._core.argspec import ArgSpec
from .._core.durations import show_duration
from .._core.errors import OpsError, one_line
from .._core.moments import written_utc
from .base import PASS, Condition, Context, Options, Values
from .limits import COUNT, PERCENT, SECONDS, Limit, limit_conditions, limits_spec

if TYPE_CHECKING:
    from .._backups.storage import Place

LIMITS = (
    Limit("max_age", SECONDS, "age", unit="s"),
    Limit("min_count", COUNT, "backups", "ge"),
)

SPEC = limits_spec(LIMITS) + ArgSpec(
    options={
        "path": {"type": "path"},
        "storage": {"type": "dict"},
        "catalog": {"type": "str"},
        "max_age": {"type": SECONDS, "default": "26h"},
        "min_level": {"type": "str", "default": "L1", "choices": list(LEVELS)},
        "max_shrink_percent": {"type": PERCENT},
    },
    required_one_of=[("path", "storage")],
    mutually_exclusive=[("path", "storage")],
    required_together=[("storage", "catalog")],
)
LIBRARIES: Sequence[str] = ()

_AHEAD = 60.0  # seconds that a backup may end after our clock: it may have been made on another host
_NAMED = 5  # of what does not count, so many are named


def probe(options: Options, _context: Context) -> Values:
    """Read the catalogue; see docs/checks/backup.md for the values.

    :raises NotThere: no such folder or bucket. :raises AccessDenied: it, or a manifest, may not be read.
    :raises OpsError: it holds no backup that counts, files of the newest are missing, or its end is still to come.
    """
    place = _place(options)
    where = str(options["path"]) if place is None else place.where()
    catalog = read_catalog(Path(where)) if place is None else place.catalog()
    if not catalog.backups:
        raise OpsError("there is no backup", on=where, advice=_not_counted(catalog))
    newest, *older = catalog.backups
    wrong = damage(newest) if place is None else place.damage(newest)
    return {
        "backups": len(catalog.backups),
        "newest": newest.folder.name,
        "kind": newest.manifest.kind,
        "age": _age(newest),
        "finished_at": written_utc(newest.manifest.finished_at),
        "level": newest.manifest.level,
        "verified_at": None if newest.manifest.verified_at is None else written_utc(newest.manifest.verified_at),
        **_sizes(newest, older),
        "damage": wrong or "none",
        "not_counted": _told(catalog.refused),
        "newer_not_counted": _told([one for one in catalog.refused if one.name > newest.folder.name]),
    }


def _place(options: Options) -> Place | None:
    if not options.get("storage"):
        return None
    from .._backups.options import catalog_name
    from .._backups.storage import place_of

    return place_of(options["storage"], catalog_name(options["catalog"], ""))


def _age(newest: Backup) -> float:
    age = time.time() - newest.manifest.finished_at
    if age < -_AHEAD:
        ahead = f"the newest backup ended {show_duration(-age)} ahead of this host's clock"
        raise OpsError(ahead, on=str(newest.folder), advice="compare the clocks")
    return round(max(age, 0.0), 1)


def _sizes(newest: Backup, older: Sequence[Backup]) -> Values:
    """Return sizes in bytes, and by how many percent the newest is smaller than the one before it; null without one."""
    size = newest.manifest.size
    before = older[0].manifest.size if older else None
    shrunk = None if before is None else max(0.0, round(100 * (before - size) / before, 2)) if before else 0.0
    return {"size": size, "previous_size": before, "shrink_percent": shrunk}


def _told(refused: Sequence[Refused]) -> list[str]:
    return [f"{one_line(one.name, 40)}: {one.why}" for one in refused[:_NAMED]]


def _not_counted(catalog: Catalog) -> str:
    if not catalog.refused:
        return "nothing in there has the name of a backup"
    return f"{len(catalog.refused)} not counted: {', '.join(_told(catalog.refused))}"


def conditions(options: Options) -> list[Condition]:
    """Expect a fresh backup of the level, with its files; hold size and number against what was given.

    The first backup of a catalogue cannot have shrunk, as there is none before it: that passes.
    """
    lowest = LEVELS.index(options["min_level"])
    shrink = options.get("max_shrink_percent")
    return [
        *limit_conditions(LIMITS, options),
        Condition("level", "in", list(LEVELS[lowest:])),
        *([] if shrink is None else [Condition("shrink_percent", "le", shrink, "%", "the first backup", PASS)]),
        Condition("damage", "eq", "none"),
        Condition("newer_not_counted", "eq", []),
    ]
