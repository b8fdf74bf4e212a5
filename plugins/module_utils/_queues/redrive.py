# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The algorithm of a redrive over the protocol of dead letters: a canary first, then batches, each watched.

It ends when all letters that were there have been looked at, at its limit, or by itself when what it does is in vain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._core.errors import OpsError
from .._core.waiting import SYSTEM_CLOCK, Clock
from .canary import Canary
from .dead_letters import IDS, KEEP, MOVE, PARK, DeadLetters, Settled
from .journal import Journal
from .letters import tally
from .progress import PACE, Progress, add_to
from .rules import Rules, Ruling
from .stops import CONTENDED, LIMIT, RETURNING, STOPPED_AT_END, TIME, Stop
from .target import Target
from .token_bucket import TokenBucket

# Between two looks at what comes back and at the queue that letters go into.
_LOOK_SECONDS = 0.1
# A look that takes long is followed by so many times as long without one.
_LOOK_SHARE = 4
# Of letters: how many must have been moved before the share that came back says something.
_TELLING = 10
# Batches in a row that somebody else changed while we looked at them.
_MOST_CHANGES = 200
_ANY_NUMBER = 1_000_000

TAKEN = "taken by somebody else"
_OTHERS = "somebody else worked on the dead letters meanwhile, so some may not have been looked at; run it again"


@dataclass(frozen=True)
class Bounds:
    """How far a run may go.

    :param limit: letters to move; None for all. :param max_seconds: of work, this time; None for no limit.
    :param canary: how many letters go first; 0 for none. :param canary_wait: seconds to watch them.
    :param canary_max_returns: how many of them may come back.
    :param stop_when_returning: the share of moved letters that may come back, from 0 to 1; None for any.
    """

    limit: int | None = None
    max_seconds: float | None = None
    canary: int = 0
    canary_wait: float = 30.0
    canary_max_returns: int = 0
    stop_when_returning: float | None = None


class Redrive:
    """One run, or a part of one."""

    def __init__(
        self,
        letters: DeadLetters,
        traits: frozenset[str],
        rules: Rules,
        bounds: Bounds,
        target: Target,
        bucket: TokenBucket,
        journal: Journal,
        progress: Progress,
        sweeps: bool,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Take the parts.

        :param traits: of the kind. :param progress: of an earlier part, or a new one; it is kept up to date.
        :param sweeps: whether letters may be moved without being looked at.
        :ivar doubts: sentences on what is not certain of what was done.
        """
        self.progress = progress
        self._letters = letters
        self._traits = traits
        self._rules = rules
        self._bounds = bounds
        self._target = target
        self._bucket = bucket
        self._journal = journal
        self._sweeps = sweeps
        self._clock = clock
        self._began = clock.monotonic()
        self._seconds_before = progress.seconds
        self._look_at = 0.0
        self._changes = 0
        self.doubts: list[str] = []
        self._go_on(progress.pace)

    def run(self) -> Stop:
        """Work until there is a reason to stop, and return it.

        :raises OpsError: what the kind raises; ``progress`` says what had been done by then.
        """
        try:
            self._begin()
            stop = self._first_look() or self._canary()
            while stop is None:
                stop = self._step()
            self._see_returned()
            return stop
        finally:
            now = self._clock.monotonic()
            self.progress.seconds = self._seconds_before + now - self._began
            full = self._target.full_for(now)
            self.progress.pace = dict(zip(PACE, (self._bucket.tokens, full, self._changes)))

    def _go_on(self, pace: Mapping[str, float]) -> None:
        """Take over what an earlier part left, so that a run in parts keeps to the same bounds as one in a piece."""
        if pace:
            self._bucket.go_on(pace["allowance"])
            self._target.go_on(pace["full"])
            self._changes = int(pace["changed"])

    def _begin(self) -> None:
        progress = self.progress
        self._letters.begin()
        if progress.dead_at_start is None:
            progress.dead_at_start = self._letters.count()
        noted = self._letters.account()
        for name in ("looked", "moved", "parked"):  # an earlier part may have died before it could tell
            setattr(progress, name, max(getattr(progress, name), noted.get(name, 0)))
        if not progress.base:
            self._rebase()
        self._journal.done(self._position())

    def _first_look(self) -> Stop | None:
        return self._target.look(self._clock) if self._target.watched else None

    def _canary(self) -> Stop | None:
        """Move the first letters and watch them; None when the run may go on."""
        moved = self.progress.canary_ids
        wanted = min(self._bounds.canary, self._left_to_move() + len(moved))
        if self.progress.canary or wanted <= 0:
            return None
        ready = self._ready()
        self._rebase()
        stop = self._send_canary(moved, wanted)
        if stop and stop is not STOPPED_AT_END:
            return stop
        stop = self._watched_canary(moved, ready) if moved else None
        self.progress.canary_ids = []
        self.progress.canary = stop is None
        return stop

    def _send_canary(self, moved: list[str], wanted: int) -> Stop | None:
        """Move as many letters as are wanted, under the same bounds as all others; return why it must stop, if so."""
        while len(moved) < wanted:
            stop = self._bound_reached() or self._watch()
            if stop:
                return stop
            allowed = min(wanted - len(moved), self._allowed())
            batch, stop = self._batch(allowed) if allowed > 0 else ([], None)
            moved += batch
            if stop:
                return stop
        return None

    def _watched_canary(self, moved: Sequence[str], ready: int | None) -> Stop | None:
        known = IDS in self._traits
        canary = Canary(
            (lambda: self._letters.still_dead(moved)) if known else self._died_since,
            self._target.depth,
            self._bounds.canary_max_returns,
            self._bounds.canary_wait,
            known,
            self._clock,
        )
        stop = canary.verdict(len(moved), ready)
        self.doubts += canary.doubts
        return stop

    def _ready(self) -> int | None:
        """Return what is ready now. A queue that is not there holds nothing, whatever else that means."""
        depth = self._target.depth()
        return 0 if depth.ready is None and depth.exists is False else depth.ready

    def _rebase(self) -> None:
        """Count what comes back from here on."""
        count, progress = self._letters.count(), self.progress
        known = {} if count is None else {"dead": count}
        progress.base = {**known, "settled": progress.settled, "moved": progress.moved}

    def _died_since(self) -> int | None:
        """Count what is dead and should not be since counting began: letters that came back, and those that died."""
        count, base, progress = self._letters.count(), self.progress.base, self.progress
        if count is None or "dead" not in base:
            return None
        return max(count - base["dead"] + progress.settled - base["settled"], 0)

    def _see_returned(self) -> None:
        """Note what is dead and should not be since the run began."""
        count, start = self._letters.count(), self.progress.dead_at_start
        if count is None or start is None:
            self.progress.returned = None
        else:
            self.progress.returned = max(count - start + self.progress.settled, 0)

    def _step(self) -> Stop | None:
        """Do the next batch, or wait until there may be one; return why to stop, if so."""
        stop = self._bound_reached() or self._watch()
        if stop:
            return stop
        allowed = self._allowed()
        if allowed <= 0:
            return None
        if self._sweeps:
            return self._sweep(allowed)
        return self._batch(allowed)[1]

    def _bound_reached(self) -> Stop | None:
        if self._left_to_move() <= 0:
            return Stop(LIMIT, f"{self.progress.moved} letters were moved, as many as limit allows")
        seconds, most = self._clock.monotonic() - self._began, self._bounds.max_seconds
        if most is not None and seconds >= most:
            return Stop(TIME, f"{seconds:.1f} s were worked, as long as max_seconds allows")
        return None

    def _left_to_move(self) -> int:
        limit = self._bounds.limit
        return _ANY_NUMBER if limit is None else limit - self.progress.moved

    def _watch(self) -> Stop | None:
        """Look, when it is time to, at what comes back and at the queue that letters go into."""
        began = self._clock.monotonic()
        if began < self._look_at and self._target.room != 0:
            return None
        stop = self._too_many_returned() or (self._target.look(self._clock) if self._target.watched else None)
        ended = self._clock.monotonic()
        self._look_at = ended + max(_LOOK_SECONDS, _LOOK_SHARE * (ended - began))
        return stop

    def _too_many_returned(self) -> Stop | None:
        share, moved = self._bounds.stop_when_returning, self.progress.moved - self.progress.base["moved"]
        if share is None or moved < _TELLING:
            return None
        died = self._died_since()
        if died is None or died <= share * moved:
            return None
        return Stop(RETURNING, f"{died} letters are dead again or newly, against {moved} that were moved")

    def _allowed(self) -> int:
        """Return how many letters may go now; waits a moment when the rate wants it."""
        by_rate = self._bucket.wait(_LOOK_SECONDS)
        allowed = [self._left_to_move(), *(number for number in (by_rate, self._target.room) if number is not None)]
        return min(allowed)

    def _sweep(self, most: int) -> Stop | None:
        done = self._letters.sweep(most)
        self._account(done, done.moved + sum(done.skipped.values()))
        return None if done.moved or done.skipped or done.vanished else STOPPED_AT_END

    def _batch(self, most: int) -> tuple[list[str], Stop | None]:
        """Look at a batch and settle it; return the ids of what was moved, and why to stop."""
        letters = self._letters.take(most)
        if not letters:
            return [], STOPPED_AT_END
        rulings = self._rules.rule(letters, self._clock.time())
        self._journal.intend(letters, rulings)
        done = self._letters.settle(letters, [ruling.verdict for ruling in rulings])
        if done.changed:
            return [], self._changed()
        self._changes = 0
        self._note(rulings)
        self._account(done, len(letters))
        self._journal.done(self._position())
        # Where the kind could not move all of them it tells how many, not which: those that died again tell it then.
        return [letter.id for letter, ruling in zip(letters, rulings) if ruling.verdict == MOVE][: done.moved], None

    def _changed(self) -> Stop | None:
        self._changes += 1
        if _OTHERS not in self.doubts:
            self.doubts.append(_OTHERS)
        if self._changes >= _MOST_CHANGES:
            what = "somebody else changed the dead letters"
            return Stop(CONTENDED, f"{what} {self._changes} times while we looked at them")
        self._clock.sleep(min(0.001 * self._changes, 0.05))  # so that the other one can get on
        return None

    def _note(self, rulings: Sequence[Ruling]) -> None:
        add_to(self.progress.skipped, tally([one.reason for one in rulings if one.verdict == KEEP]))
        add_to(self.progress.parked_for, tally([one.reason for one in rulings if one.verdict == PARK]))

    def _account(self, done: Settled, looked: int) -> None:
        progress = self.progress
        progress.looked += looked
        progress.moved += done.moved
        progress.parked += done.parked
        add_to(progress.skipped, done.skipped)
        add_to(progress.skipped, {TAKEN: done.vanished} if done.vanished else {})
        self._bucket.spend(done.moved)
        self._target.spend(done.moved)

    def _position(self) -> Progress:
        self.progress.position = self._letters.position()
        return self.progress

    def close(self) -> Progress:
        """Note where the run stands, and return it."""
        try:
            return self._position()
        except OpsError:  # the connection that was lost is told already
            return self.progress
