# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Proving one backup now, and what its manifest says after.

A backup that is shown to be broken is marked in its manifest (:func:`.manifest.with_failure`): it is at the level below
from then on, is not the newest any more, and no rule of retention counts on it. A later proof of that level undoes it.
Where the proof may have failed for another reason (:mod:`.verification_evidence`), the manifest stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable

from .._core.durations import seconds_of
from .._core.errors import InputError, OpsError
from . import kinds
from .in_use import in_use
from .information_copies import STORAGE, Copies, Copy
from .kinds import kind_named
from .manifest import LEVELS, Manifest, with_failure
from .objectives import objectives_of
from .opened import Opened
from .opening import fetched_backup, opened_here
from .proofs import Broken, highest_here, prove
from .storage import Corrupt
from .verification_evidence import NOT_TRIED, is_shown
from .verification_record import record

Clock = Callable[[], float]

RESTORED = LEVELS.index("L3")
_NOT_MARKED = "the backup is not marked, as this does not show that it is broken"


@dataclass
class Drill:
    """What came of proving one backup.

    :param began: seconds since the epoch. :param manifest: as it is now. :param fetched: seconds that fetching took.
    :param reached: when the highest level was proven, seconds since the epoch; None for not at all.
    :param failed: why not, empty when it was. :param shown: whether that shows that the backup is broken.
    :param marked: whether the manifest says so now.
    """

    copy: Copy
    began: float
    manifest: Manifest
    fetched: float | None = None
    reached: float | None = None
    failed: str = ""
    shown: bool = False
    level_failed: str | None = None
    marked: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the backup's folder."""
        return self.copy.backup.folder.name


class Run:
    """One call: its options, looked at before anything is done."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool, clock: Clock) -> None:
        self.check_mode = check_mode
        self.clock = clock
        self.source = str(params["source"])
        self.level: str | None = params.get("level")
        self._rehearsal = dict(params.get("rehearsal") or {})
        own = self._rehearsal.get("bin_dir")
        self.options = {**params, "bin_dir": own} if own else params
        seconds_of("command_timeout", params["command_timeout"])
        self.objectives = objectives_of(params.get("objectives"))
        if "rto" in self.objectives and LEVELS.index(self.level or LEVELS[0]) < RESTORED:
            raise InputError("objectives: rto needs a restore", advice="give level L3 or L4")
        if self.source == STORAGE and not params.get("storage"):
            raise InputError("source: storage is not given")

    def rehearsal(self, kind: str) -> dict[str, Any]:
        """Return the options of the rehearsal for a kind: what was given, or what was given under its name."""
        given = self._rehearsal
        if given and set(given) <= set(kinds.KINDS):
            given = dict(given.get(kind) or {})
        return kind_named(kind).REHEARSAL.validate(given, "rehearsal")


def drilled(run: Run, copies: Copies, copy: Copy, alone: bool = True) -> Drill:
    """Prove one backup, and write down what came of it.

    :param alone: whether it is an error when the proof cannot be tried; it is only told otherwise.
    """
    drill = Drill(copy, run.clock(), copy.backup.manifest)
    try:
        _prove(run, copies, drill)
    except NOT_TRIED as error:
        if alone:
            raise
        drill.failed = f"not tried: {error}"
    except (Broken, Corrupt) as error:
        _fail(run, copies, drill, error)
    except OpsError as error:
        if alone:
            raise
        drill.failed = str(error)
    return drill


def _fail(run: Run, copies: Copies, drill: Drill, error: OpsError) -> None:
    drill.level_failed = str(error.details.get("level_failed", "L1"))
    drill.failed = str(error) if isinstance(error, Broken) else f"{drill.level_failed} failed: {error}"
    if isinstance(error, Broken) and not drill.shown:
        drill.failed += f"; {_NOT_MARKED}"
        return
    cause = error.__cause__
    why = cause.failed if isinstance(cause, OpsError) else error.failed
    now = run.clock()
    drill.manifest = with_failure(drill.manifest, drill.level_failed, why, now, now - drill.began)
    if run.check_mode:
        return
    try:
        drill.warnings += record(run.options, copies, drill.copy, drill.manifest)
        drill.marked = True
    except OpsError as unwritten:
        drill.warnings.append(f"{drill.name} is not marked as failed: {unwritten}")


def _prove(run: Run, copies: Copies, drill: Drill) -> None:
    kind = kind_named(drill.manifest.kind)
    rehearsal = run.rehearsal(drill.manifest.kind)
    if run.check_mode and drill.copy.place is not None:
        _looked_at(drill)
        return
    with _at_hand(run, drill) as backup:
        level = run.level or highest_here(backup)
        if run.check_mode:
            level = min(level, highest_here(backup))
        try:
            proven = prove(backup, kind, level, rehearsal, run.clock)
        except Broken as error:
            drill.shown = is_shown(backup, kind, level, error)
            raise
    drill.reached = max(proof.at for proof in proven.proofs if proof.level <= level)
    drill.manifest = proven
    if not run.check_mode:
        drill.warnings += record(run.options, copies, drill.copy, proven)


def _looked_at(drill: Drill) -> None:
    """In check mode nothing is fetched: only sizes are compared. :raises Corrupt: one is wrong."""
    wrong = drill.copy.damage()
    if wrong:
        raise Corrupt(wrong, on=drill.name)


@contextmanager
def _at_hand(run: Run, drill: Drill) -> Iterator[Opened]:
    if drill.copy.place is None:
        with in_use(drill.copy.backup.folder):
            yield opened_here(run.options, drill.copy.backup)
        return
    with fetched_backup(run.options, drill.copy.place, drill.copy.backup) as opened:
        drill.fetched = run.clock() - drill.began
        yield opened
