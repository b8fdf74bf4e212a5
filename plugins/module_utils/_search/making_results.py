# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What es_snapshot tells of each way that a run can end."""

from __future__ import annotations

from typing import Any

from .._core.durations import show_duration
from .._core.errors import OpsError
from .._core.moments import written_utc
from .._core.result import Result
from .counts import recorded
from .documents import found
from .information_sizes import sizes
from .making_run import Run
from .making_target import Target, some
from .retention_applying import Outcome, Retention
from .snapshots import SUCCESS, Snapshot

# The server reads a file of each shard to tell a size.
_MOST_SHARDS = 1000


class Outcomes:
    """Results of a run.

    :param replaced: the one of that name that was not whole. :param adopted: whether somebody else has begun it.
    :param documents: in its indices, when they were counted.
    """

    def __init__(
        self, run: Run, replaced: Snapshot | None = None, adopted: bool = False, documents: int | None = None
    ) -> None:
        self._run = run
        self._replaced = replaced
        self._adopted = adopted
        self._documents = documents
        self._retention = Retention(run.wanted.rules, run.wanted.repository, run.wanted.family, run.wanted.glob)
        self._on = f"{run.wanted.place} at {run.client.where}"

    def kept(self, there: Snapshot, check_mode: bool) -> Result:
        """Return the result for one that is there and SUCCESS. Retention holds as after one that is made."""
        lacking = self._lacking(there)
        old = self._held_back(lacking) or (self._foreseen() if check_mode else self._applied(there))
        told = f"{self._on}: SUCCESS since {written_utc(there.ended_at or there.started_at)}"
        lines = self._gone(old)
        return Result(
            changed=bool(old.removed),
            msg=f"{told}{_removed(old, check_mode)}",
            data=self._data(there, old, self._size(there)),
            diff={"before": "".join(lines), "after": ""},
            warnings=[*self._run.warnings, *lacking, *old.warnings],
        )

    def not_replaced(self, there: Snapshot, without: list[str]) -> Result:
        """Return the result for one that is not whole, and in place of which no better one can be made."""
        why = f"a primary shard of {some(without)} is on no node, so no better one can be made, and it is left"
        return Result(failed=True, msg=f"{self._on} is {there.wrong()}; {why}", data=self._data(there))

    def planned(self, there: Snapshot | None, known: Target, without: list[str], busy: str) -> Result:
        """Return what would be made of ``known``. :param busy: another snapshot that is being made."""
        old = self._foreseen()
        inside = [one.name for one in known.inside]
        told = f"{self._on} would be made of {len(inside)} {'index' if len(inside) == 1 else 'indices'}"
        if there is not None:
            told += f", in place of one that is {there.wrong()}"
        if busy:
            told += f", once {busy}" if self._run.wanted.queue else f", but {busy}"
        if without:
            told += f", and be PARTIAL without {some(without)}"
        name = self._run.wanted.name
        before = [*([f"{name}: {there.state}\n"] if there else []), *self._gone(old)]
        plan = {"plan": {"indices": len(inside), "replaces": None if there is None else there.state}}
        return Result(
            changed=True,
            msg=f"{told}{_removed(old, True)}",
            data={**self._run.named(), **plan, "removed": old.removed, "adopted": False},
            diff={"before": "".join(before), "after": f"{name}: SUCCESS\n"},
            warnings=[*self._run.warnings, *old.warnings],
        )

    def begun(self, seen: Snapshot) -> Result:
        """Return the result for one that is being made and not waited for."""
        told = f"is being made already, since {written_utc(seen.started_at)}" if self._adopted else "is begun"
        return Result(
            changed=self._run.changed,
            msg=f"{self._on} {told}{self._replacing()}; es_snapshot_info shows how far it is",
            data=self._data(seen),
            diff=self._diff(seen, Outcome()),
            warnings=list(self._run.warnings),
        )

    def not_whole(self, seen: Snapshot, told: str) -> Result:
        """Return the result for one that is not SUCCESS, or not yet: a failure. Nothing is removed."""
        return Result(
            changed=self._run.changed,
            failed=True,
            msg=f"{told}{self._replacing()}",
            data=self._data(seen),
            warnings=list(self._run.warnings),
        )

    def whole(self, made: Snapshot, known: Target | None) -> Result:
        """Return the result for one that has ended as SUCCESS, if all is in it that should be."""
        if known is not None and made.indices is None:
            self._run.warnings.append(f"the indices of {self._on} are too many to be compared with those wanted")
        missed = known.lacking(made.indices) if known is not None and made.indices is not None else []
        there = {one.name for one in self._now().indices} if missed else set()
        without = some([name for name in missed if name in there])
        if without:
            return self.not_whole(made, f"{self._on} is SUCCESS, but holds no {without}; no older one was removed")
        lacking = self._lacking(made) if known is None else []
        old = self._held_back(lacking) or self._applied(made)
        gone = [f"{self._on} holds no {some(missed)}, as they are gone"] if missed else []
        size = self._size(made)
        return Result(
            changed=self._run.changed or bool(old.removed),
            msg=f"{self._on}: {self._described(made, size)}{self._replacing()}{_removed(old, False)}",
            data=self._data(made, old, size),
            diff=self._diff(made, old),
            warnings=[*self._run.warnings, *gone, *lacking, *old.warnings],
        )

    def _now(self) -> Target:
        """Return what the patterns mean now."""
        patterns = self._run.wanted.indices
        return Target(patterns, found(self._run.client, patterns, ignore_unavailable=True))

    def _lacking(self, one: Snapshot) -> list[str]:
        """Return what is wanted and not in one that this run has not begun, or not known to be, in a line each.

        An index that a pattern means must have been there when it was begun.
        """
        told = []
        try:
            missed = None if one.indices is None else self._now().lacking(one.indices, one.started_at)
        except OpsError as error:
            told.append(f"nobody knows whether {self._on} holds all that is wanted: {error}")
        else:
            if missed is None:
                told.append(f"nobody knows whether {self._on} holds all that is wanted: its indices are too many")
            elif missed:
                told.append(f"{self._on} holds no {some(missed)}")
        if self._run.wanted.global_state and one.global_state is False:
            told.append(f"{self._on} holds no global state")
        return told

    def _held_back(self, lacking: list[str]) -> Outcome | None:
        """Return the outcome of a retention that lets nothing go, as older ones may hold what this one lacks."""
        if not lacking:
            return None
        if self._run.wanted.rules is None:
            return Outcome()
        return Outcome(warnings=["no old snapshot is removed, as older ones may hold what the last one lacks"])

    def _applied(self, there: Snapshot) -> Outcome:
        return self._retention.applied(self._run.client, there, self._run.clock)

    def _foreseen(self) -> Outcome:
        return self._retention.foreseen(self._run.client, self._run.wanted.name, self._run.clock)

    def _described(self, made: Snapshot, size: int | None) -> str:
        parts = [SUCCESS, f"{made.shards} {'shard' if made.shards == 1 else 'shards'}"]
        documents = self._counted(made)
        if documents is not None:
            parts.append(f"{documents:,} documents")
        if size is not None:
            parts.append(f"{size / 1e6:,.1f} MB")
        already = "; it was being made already" if self._adopted else ""
        return f"{', '.join(parts)} in {show_duration(self._run.seconds)}{already}"

    def _replacing(self) -> str:
        """Return what is told of the one that was replaced."""
        return "" if self._replaced is None else f"; it replaces one that was {self._replaced.wrong()}"

    def _counted(self, one: Snapshot) -> int | None:
        known = recorded(one.metadata)
        return self._documents if known is None else known.documents

    def _size(self, one: Snapshot) -> int | None:
        """Return bytes of all its files; None where nobody can say, or only after reading very many files."""
        if one.shards > _MOST_SHARDS:
            return None
        try:
            return sizes(self._run.client, self._run.wanted.repository, one.name)["size"]
        except OpsError:
            return None

    def _data(self, one: Snapshot, old: Outcome | None = None, size: int | None = None) -> dict[str, Any]:
        return {
            **one.told(),
            **self._run.named(),
            "documents": self._counted(one),
            "size": size,
            "seconds": self._run.seconds,
            "removed": old.removed if old else [],
            "adopted": self._adopted,
            "replaced": None if self._replaced is None else self._replaced.state,
        }

    def _diff(self, made: Snapshot, old: Outcome) -> dict[str, str]:
        before = [f"{made.name}: {self._replaced.state}\n"] if self._replaced else []
        if self._adopted:
            before = [f"{made.name}: IN_PROGRESS\n"]
        return {"before": "".join([*before, *self._gone(old)]), "after": f"{made.name}: {made.state}\n"}

    def _gone(self, old: Outcome) -> list[str]:
        return [f"{one['snapshot']}: {one['state']}\n" for one in old.removed]


def _removed(old: Outcome, would: bool) -> str:
    if not old.removed:
        return ""
    told = some([one["snapshot"] for one in old.removed])
    return f"; {told} would be removed" if would else f"; removed {told}"
