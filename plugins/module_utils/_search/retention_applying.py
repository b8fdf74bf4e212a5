# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Letting old snapshots go, one after the other, each of which may take the cluster minutes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import AccessDenied, OpsError, Unreachable
from .._core.moments import written_utc
from .._core.periods import Rules
from .._core.waiting import Clock
from .connection import Client
from .making_removal import remove
from .retention import Verdict, judge
from .snapshots import SUCCESS, Snapshot, matching


@dataclass
class Outcome:
    """What went, or would: ``snapshot``, ``state`` and ``why`` of each; and what people should know."""

    removed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Retention:
    """What the option ``retention`` says of the snapshots whose names match ``family``; nothing without ``rules``.

    :param glob: a pattern of the server's that holds the family, to spare it reading others.
    """

    rules: Rules | None
    repository: str
    family: re.Pattern[str]
    glob: str = "*"

    def applied(self, client: Client, made: Snapshot, clock: Clock) -> Outcome:
        """Remove what the rules do not keep. What cannot be removed is told, and takes nothing from what was made.

        :param made: the one that is there now and SUCCESS. It must be seen in the list, too.
        """
        outcome = Outcome()
        if self.rules is None:
            return outcome
        try:
            for one in self._going(client, made, clock.time(), outcome):
                self._remove(client, one, clock, outcome)
        except OpsError as error:
            outcome.warnings.append(f"no more old snapshots were removed: {error}")
        return outcome

    def foreseen(self, client: Client, name: str, clock: Clock) -> Outcome:
        """Return what would go once the snapshot ``name`` is there and SUCCESS. :raises OpsError: nobody can say."""
        outcome = Outcome()
        if self.rules is not None:
            now = clock.time()
            others = [one for one in matching(client, self.repository, self.family, self.glob) if one.name != name]
            made = Snapshot(name=name, uuid="", state=SUCCESS, started_at=now, ended_at=now)
            for one in self._judged([made, *others], now, outcome):
                outcome.removed.append(_told(one))
        return outcome

    def _going(self, client: Client, made: Snapshot, now: float, outcome: Outcome) -> list[Verdict]:
        known = matching(client, self.repository, self.family, self.glob)
        if not any(one.name == made.name and one.whole for one in known):
            raise OpsError(f"{made.name} is not in the list of snapshots", on=f"{self.repository} at {client.where}")
        return self._judged(known, now, outcome)

    def _judged(self, known: list[Snapshot], now: float, outcome: Outcome) -> list[Verdict]:
        """Return what goes, the oldest first."""
        if self.rules is None:
            return []
        verdicts = judge(self.rules, known, now)
        for one in verdicts:
            if one.keep and "future" in one.why:
                begun = written_utc(one.snapshot.started_at)
                outcome.warnings.append(f"{one.snapshot.name} is kept: begun at {begun}, {one.why}")
        return [one for one in reversed(verdicts) if not one.keep]

    def _remove(self, client: Client, one: Verdict, clock: Clock, outcome: Outcome) -> None:
        """Remove it. :raises OpsError: the others cannot be removed either."""
        try:
            remove(client, self.repository, one.snapshot.name, clock, uuid=one.snapshot.uuid)
        except (AccessDenied, Unreachable):
            raise
        except OpsError as error:  # it is being restored, for one
            outcome.warnings.append(f"{one.snapshot.name} would be removed ({one.why}): {error}")
        else:
            outcome.removed.append(_told(one))


def _told(one: Verdict) -> dict[str, Any]:
    return {"snapshot": one.snapshot.name, "state": one.snapshot.state, "why": one.why}
