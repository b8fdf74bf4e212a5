# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a stream, added anew to the stream they came from and deleted, in batches that are one step each.

Entries are passed by their ids. What dies again gets a new id behind those of the pass, so the pass ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._core.errors import InputError, NotThere, WrongType
from .archive_records import coded, decoded, reading_records
from .dead_letters import NEWEST, Settled, Terms
from .letters import Letter, Reader
from .redis_letters import RedisLetters, added_up, as_text, settled, signs
from .redis_payloads import Payloads
from .redis_stream_scripts import FIRST, MOST_TEXTS, RESTORE, SETTLE, SWEEP, TAKE, TOO_WIDE

if TYPE_CHECKING:
    from .redis_stream import RedisStream

_USUAL_FIELD = b"data"
_ALL_FIELDS = "*"
_MARK_SECONDS = 30 * 86400
_NEWEST_LOOKED_AT = 1000


@dataclass(frozen=True)
class Entry:
    """An entry of a stream.

    :param texts: its fields and values in turn. :param name: by what its redrives are counted.
    """

    id: str
    texts: Sequence[bytes]
    name: str = ""


class RedisStreamLetters(RedisLetters):
    """A pass through a stream of dead letters."""

    TYPE: ClassVar[str] = "stream"
    queue: RedisStream

    def __init__(self, queue: RedisStream, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._reader = Reader(queue.options.get("item"))
        self._payloads = Payloads(queue.options.get("payload_key"))
        self._field: str | None = queue.options.get("field")
        self._turned = terms.order == NEWEST
        self._until = ""  # the last entry that belongs to the pass
        self._reached = ""  # the last entry that was looked at
        self._over = False

    def begin(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        for key, kind in zip((self.dead, self.queue.key), self.ask(("TYPE", self.dead), ("TYPE", self.queue.key))):
            self._check(key, as_text(kind))
        position = self.terms.position
        if position:
            self._until, self._reached = _id_of(position, "until"), _id_of(position, "reached")
        else:
            self._until = as_text(self.ask(("EVAL", FIRST, 1, self.dead, "XREVRANGE", "+", "-"))[0])
        self._over = not self._until
        return None if position else self.count()

    def _check(self, key: str, kind: str) -> None:
        """Refuse what cannot be: letters in a stream that is not there, or that its group will not read, are lost."""
        if kind not in ("stream", "none"):
            raise WrongType(f"the key {key} holds a {kind}, a stream was expected", on=self.on)
        if key == self.dead:
            if kind == "none":
                self.note(f"the key {key} does not exist: no dead letters, or a misspelt name")
            return
        group: str | None = self.queue.options.get("group")
        if kind == "none":
            raise NotThere(f"the stream {key} does not exist, so nobody reads it", on=self.on, advice="check key")
        if group:
            (groups,) = self.ask(("XINFO GROUPS", key))
            if group not in [as_text(one[one.index(b"name") + 1]) for one in groups]:
                raise NotThere(f"the stream {key} has no group {group}", on=self.on, advice="check group")

    def count(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        (length,) = self.ask(("XLEN", self.dead))
        return int(length)

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = min(most, self.size.items)
        if wanted <= 0 or self._over:
            return []
        found = self.read(TAKE, [self.dead], *self._range(), wanted, self.size.bytes)
        letters = [self._letter(as_text(entry), texts) for entry, texts in found]
        self.size.learn(len(found), 0.0, sum(len(text) for _entry, texts in found for text in texts))
        self._over = not letters
        if self.terms.dry and letters:
            self._reached = letters[-1].handle.id
        return self.with_redrives(self._payloads.checked(letters, self.ask))

    def _range(self) -> tuple[str, str, str, str]:
        """Return the range command, its two ends, and the entry that it shall pass over."""
        if self._turned:
            return "XREVRANGE", self._reached or self._until, "-", self._reached
        return "XRANGE", self._reached or "-", self._until, self._reached

    def _letter(self, entry: str, texts: Sequence[bytes]) -> Letter:
        body, fault = body_of(texts, self._field)
        letter = self._reader.letter(body)
        letter.handle = Entry(entry, texts, letter.id)
        letter.fault = fault or letter.fault
        if not letter.named:
            letter.id = entry
        if letter.failed_at is None:
            letter.failed_at = int(entry.partition("-")[0]) / 1000
        return letter

    def redrives_name(self, letter: Letter) -> str:
        """See :class:`.redis_letters.RedisLetters`: the id that the body tells, or a hash of it."""
        entry: Entry = letter.handle
        return entry.name

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        entries: list[Entry] = [letter.handle for letter in letters]
        done = settled(
            self.call(
                SETTLE,
                self.settle_keys(self.queue.key, verdicts),
                signs(verdicts),
                *[entry.id for entry in entries],
                *([entry.name for entry in entries] if self.terms.count_redrives else []),
                items=len(letters),
            )
        )
        self._reached = entries[-1].id
        return done

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = min(most, self.size.items)
        if wanted <= 0 or self._over:
            return Settled()
        keys = [self.dead, self.queue.key]
        arguments = (*self._range(), wanted, self.size.bytes)
        answers = self.calls(SWEEP, keys, *arguments, items=wanted, most=most)
        batches = [settled(answer) for answer in answers]
        # A call that did nothing, as it found no note, tells no entry.
        self._reached = next((as_text(answer[1]) for answer in reversed(answers) if answer[1]), self._reached)
        self._over = not (batches[0].moved or batches[0].skipped)
        return added_up(batches)

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`. Only where ``item`` has a path to an id; the newest are looked at."""
        since = self._until or "-"
        found = self.read(TAKE, [self.dead], "XREVRANGE", "+", since, "", _NEWEST_LOOKED_AT, 100 * self.size.bytes)
        sent = set(ids)
        return sum(self._letter(as_text(entry), texts).id in sent for entry, texts in found)

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`."""
        return {"until": self._until, "reached": self._reached}

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        entry: Entry = letter.handle
        return {"id": entry.id, "fields": [coded(text) for text in entry.texts]}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. Entries get new ids, as a stream takes none that is in the past."""
        arguments: list[Any] = []
        for record in records:
            with reading_records("a stream", "fields"):
                texts = [decoded(text) for text in record["fields"]]
            if len(texts) > MOST_TEXTS:
                raise InputError("an entry of the archive cannot be put back", on=str(record["id"]), advice=TOO_WIDE)
            arguments += [len(texts), *texts]
        if not arguments:
            return 0
        mark = self.beside_dead(f"day2:restored:{batch}")
        return int(self.call(RESTORE, [self.dead, mark], _MARK_SECONDS, *arguments, items=len(records)))


def _id_of(position: Mapping[str, Any], name: str) -> str:
    """Return an id that :meth:`RedisStreamLetters.position` wrote; empty for none.

    :raises InputError: it is none.
    """
    value = str(position.get(name) or "")
    if value and not all(part.isdigit() for part in value.split("-", 1)):
        raise InputError("the position of the earlier run cannot be read", on=value)
    return value


def body_of(texts: Sequence[bytes], field: str | None) -> tuple[bytes, str]:
    """Return the body of an entry and why it cannot be read as meant; empty when it can.

    :param texts: fields and values in turn. :param field: the one that holds the body, ``*`` for all of them as one
        JSON object; None: the only one, ``data`` where there are more, else all of them.
    """
    fields = dict(zip(texts[::2], texts[1::2]))
    if field and field != _ALL_FIELDS:
        body = fields.get(field.encode())
        return (body, "") if body is not None else (_as_json(fields.items()), f"it has no field {field}")
    if field is None and len(fields) == 1:
        return texts[1], ""
    if field is None and _USUAL_FIELD in fields:
        return fields[_USUAL_FIELD], ""
    return _as_json(fields.items()), ""


def _as_json(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the fields as a JSON object; values that are JSON objects or arrays become parts of it."""
    return json.dumps({as_text(name): _value(value) for name, value in fields}, ensure_ascii=False).encode()


def _value(value: bytes) -> Any:
    if value[:1] in (b"{", b"["):
        try:
            return json.loads(value.decode())
        except (ValueError, RecursionError):
            pass
    return as_text(value)
