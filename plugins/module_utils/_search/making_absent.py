# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Removing a snapshot that is named, but for one that would be missed."""

from __future__ import annotations

import re

from .._core.errors import InputError
from .._core.result import Result
from .answers import Conflict
from .making_removal import remove
from .making_run import Run
from .making_target import require_writable
from .snapshots import Snapshot, matching, seen

_ALL = re.compile(r".*\Z")


def absent(run: Run, check_mode: bool) -> Result:
    """Remove the snapshot, or say that it would be. :raises OpsError: it cannot be, or is not to be without force."""
    asked = run.wanted
    on = f"{asked.place} at {run.client.where}"
    there = seen(run.client, asked.repository, asked.name)
    if there is None:
        return Result(msg=f"{on}: there is no such snapshot", data={**run.named(), "state": None, "removed": []})
    require_writable(run.client, asked.repository)
    if not asked.force:
        _require_dispensable(run, there, on)
    if not check_mode:
        remove(run.client, asked.repository, asked.name, run.clock, run.left(), there.uuid)
    told = "aborted and removed" if there.running else "removed"
    why = "state is absent"
    return Result(
        changed=True,
        msg=f"{on}: {'would be ' if check_mode else ''}{told}, it was {there.state}",
        data={
            **run.named(),
            "state": None,
            "removed": [{"snapshot": there.name, "state": there.state, "why": why}],
            "seconds": run.seconds,
        },
        diff={"before": f"{there.name}: {there.state}\n", "after": ""},
    )


def _require_dispensable(run: Run, there: Snapshot, on: str) -> None:
    """:raises Conflict: it is being made. :raises InputError: it is the last successful one of its kind."""
    if there.running:
        raise Conflict("the snapshot is being made", on=on, advice="set force to abort it")
    if there.whole and _is_last(run, there):
        raise InputError("it is the last SUCCESS, and is not removed", on=on, advice="set force if it is to go")


def _is_last(run: Run, there: Snapshot) -> bool:
    """Tell whether none of its family is newer and SUCCESS; for a name without a number, whether no other at all is."""
    alone = not any(letter.isdigit() for letter in there.name)
    family = _family(run, alone)
    others = [found for found in family if found.whole and found.name != there.name]
    # By name within the same moment: a cluster's clock may stand still for a fifth of a second.
    mine = (there.started_at, there.name)
    return not any(alone or (found.started_at, found.name) > mine for found in others)


def _family(run: Run, alone: bool) -> list[Snapshot]:
    if alone:
        return matching(run.client, run.wanted.repository, _ALL)
    return matching(run.client, run.wanted.repository, run.wanted.family, run.wanted.glob)
