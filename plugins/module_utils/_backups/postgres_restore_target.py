# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Names of the database that is restored, and of those that are kept beside it: from before, or put away again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any

from .._core.errors import InputError
from .._core.waiting import Clock
from .postgres_restore_leftovers import LONGEST_NAME, shortened

BEFORE, UNDONE, NEW = "_before_", "_undone_", "_new_"
MOMENT_LENGTH = 16
_MOMENT = r"\d{8}t\d{6}z"


def require_name(target: str, params: Mapping[str, Any]) -> None:
    for option, name in (("target", target), ("keep_old_as", params["keep_old_as"] or "x")):
        if not name or "\0" in name or len(name.encode()) > LONGEST_NAME:
            raise InputError(f"{option}: expected a name of 1 to {LONGEST_NAME} bytes", on=name)
    if target in (params["login_db"], "template0", "template1"):
        raise InputError("target: this database cannot be replaced", on=target, advice="login_db must name another one")
    if target == params["keep_old_as"]:
        raise InputError("keep_old_as: expected another name than the target's", on=target)


def dated_name(names: Collection[str], target: str, infix: str, clock: Clock) -> str:
    """Return ``<target><infix><time>`` that is not among ``names``; the time is a later one if need be."""
    at = clock.time()
    while True:
        moment = datetime.fromtimestamp(at, timezone.utc).strftime("%Y%m%dt%H%M%Sz")
        name = shortened(target, infix + moment)
        if name not in names:
            return name
        at += 1


def newest_named(names: Collection[str], target: str, infix: str) -> str | None:
    stem = shortened(target, infix + "0" * MOMENT_LENGTH)[:-MOMENT_LENGTH]
    fit = [name for name in names if re.fullmatch(re.escape(stem) + _MOMENT, name)]
    return max(fit, default=None)
