# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Failed jobs of rq, put back into the queue they came from as rq itself requeues them, hundreds in one step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from .._core.errors import InputError, WrongType
from .archive_records import coded, decoded, reading_records
from .dead_letters import ATTEMPTS_RESET, KEEP, MOVE, NEWEST, PARK, Settled, Terms
from .letters import Letter
from .redis_letters import RedisLetters, as_text, settled, signs
from .redis_payloads import GONE
from .rq_jobs import FailedJob
from .rq_scripts import RESTORE, SETTLE, TAKE

if TYPE_CHECKING:
    from .rq import Rq

# Of a job whose data is larger (bytes), only what is needed to know it is read, without the data.
_LARGE = 1 << 20
_KEPT_SECONDS = 31_536_000  # for so long rq keeps a failed job, when nobody says otherwise
_RATHER_LONG = 86_400


class RqLetters(RedisLetters):
    """A pass through the registry of failed jobs, by when they are forgotten: nearly always the order of their deaths.

    What is moved, parked or dropped leaves the registry; what stays is passed by its rank. A job that dies while the
    pass goes on does not belong to it, wherever it comes to stand.
    """

    TYPE: ClassVar[str] = "zset"
    queue: Rq

    def __init__(self, queue: Rq, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        if self.parking() == dead:
            raise InputError("dead and parked are the same key", on=self.on, advice="give each a key of its own")
        self._prefix: str = queue.options["prefix"]
        self._known = False
        self._left = 0
        self._began = 0.0
        # The last job that was looked at and stayed, and how many stayed.
        self._after: bytes = b""
        self._stayed = 0
        self._batch: list[FailedJob] = []

    def begin(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        kind, number, now, known = self.ask(
            ("TYPE", self.dead),
            ("EXISTS", self.dead),
            ("TIME",),
            ("SISMEMBER", self.queue.of("queues"), self.queue.key),
        )
        if as_text(kind) not in ("zset", "none"):
            raise WrongType(f"the key {self.dead} holds a {as_text(kind)}, a zset was expected", on=self.on)
        self._known = bool(known or number)
        if not self._known:
            self.note(self.queue.unknown_queue())
        self._left, self._began = self.count() or 0, int(now[0]) + int(now[1]) / 1e6
        if self.terms.position:
            self._go_on(self.terms.position)
        return self._left

    def _go_on(self, position: Mapping[str, Any]) -> None:
        """Pick up an earlier part of the pass; the server's account knows more, if that part died."""
        looked = self.account().get("looked", 0)
        try:
            left = int(position["size"]) - looked if looked else int(position["left"])
            self._began, self._stayed = float(position["began"]), int(position["stayed"])
            self._after = str(position["after"]).encode()
        except (KeyError, TypeError, ValueError):
            raise InputError("the position of the earlier run cannot be read", on=self.on) from None
        self._left = max(min(left, self._left), 0)

    def count(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        (number,) = self.ask(("ZCARD", self.dead))
        return int(number) if number or self._known else None

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        while most > 0 and self._left > 0:
            found = self._read(min(most, self._left, self.size.items))
            if not found:
                self._left = 0
                break
            self._batch = [job for job in found if (job.died or 0.0) < self._began]
            if self.terms.dry or not self._batch:
                self._pass_by(found)
            if self._batch:
                self._left -= len(self._batch) if self.terms.dry else 0
                return self.with_redrives([job.letter() for job in self._batch])
        return []

    def _read(self, number: int) -> list[FailedJob]:
        turned = "1" if self.terms.order == NEWEST else "0"
        arguments = (self._after, self._stayed, number, self.size.bytes, turned, self._prefix, _LARGE)
        answer = self.read(TAKE, [self.dead], *arguments)
        jobs = [
            FailedJob(job, score, _paired(fields), _paired(result[1]), result[0], int(result[2]))
            for job, score, fields, result in answer
        ]
        self.size.learn(len(jobs), 0.0, sum(len(text) for one in answer for text in one[2]))
        return jobs

    def _pass_by(self, jobs: Sequence[FailedJob]) -> None:
        """Note jobs that stay where they are, in order."""
        if jobs:
            self._after = jobs[-1].id
            self._stayed += len(jobs)

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. A job that is gone is not moved: rq cannot requeue it either."""
        vain = [letter.gone != "" and verdict == MOVE for letter, verdict in zip(letters, verdicts)]
        actual = [KEEP if hopeless else verdict for hopeless, verdict in zip(vain, verdicts)]
        now = time.time()
        answer = self.call(
            SETTLE,
            [
                self.dead,
                self.queue.key,
                self.parking() if PARK in actual else self.dead,
                self.redrives_key if self.terms.count_redrives else self.dead,
            ],
            signs(actual),
            datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            int(now),
            self._prefix,
            self.queue.queue,
            "1" if self.terms.count_redrives else "0",
            *(text for letter in letters for text in self._told(letter.handle)),
            items=len(letters),
        )
        done = settled(answer)
        self._pass_by([letter.handle for letter, verdict in zip(letters, actual) if verdict == KEEP])
        self._left -= len(letters)
        number = sum(vain)
        if not number:
            return done
        skipped = {**done.skipped, GONE: done.skipped.get(GONE, 0) + number}
        return replace(done, kept=max(done.kept - number, 0), skipped=skipped)

    def _told(self, job: FailedJob) -> Iterator[bytes | str]:
        """Yield what the script must know of a job."""
        reset = self.terms.attempts == ATTEMPTS_RESET
        yield from (job.id, job.score, job.ended, (job.retries or "-") if reset else "")

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        return sum(1 for score in self.ask(*(("ZSCORE", self.dead, one) for one in ids)) if score is not None)

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`."""
        return {
            "left": self._left,
            "size": self._left + self.account().get("looked", 0),
            "began": self._began,
            "after": as_text(self._after),
            "stayed": self._stayed,
        }

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        job: FailedJob = letter.handle
        fields = job.fields
        if job.there and not fields[b"data"]:  # it was too large to be sent with the others
            (flat,) = self.ask(("HGETALL", f"{self._prefix}:job:{letter.id}"))
            fields = _paired(flat)
        return {"id": letter.id, "score": job.score.decode(), "fields": _coded(fields), "result": _coded(job.result)}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. Jobs that rq would have forgotten meanwhile are kept for a year."""
        with reading_records("rq", "a job"):
            texts = [text for record in records for text in _restorable(record)]
        return int(self.call(RESTORE, [self.dead], self._prefix, *texts, items=len(records))) if texts else 0


def _paired(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2]))


def _coded(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return {as_text(name): coded(value) for name, value in fields.items()}


def _restorable(record: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a record's texts as the script takes them."""
    score, now = float(record["score"]), time.time()
    if 0 <= score < now + _RATHER_LONG:
        score = int(now) + _KEPT_SECONDS
    forgotten = score if now < score < now + 100 * _KEPT_SECONDS else 0
    yield from (str(record["id"]), f"{score:.17g}", int(forgotten))
    for part in ("fields", "result"):
        pairs = [(name, decoded(text)) for name, text in record[part].items()]
        yield 2 * len(pairs)
        for name, value in pairs:
            yield from (name, value)
