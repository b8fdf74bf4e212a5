# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``dlq_archive`` does: take dead letters out into a file, and put them back."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, cast

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.files import fsync_folder
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import letter_filter
from .archive_file import Archive, read_archive, records_of, write_archive, write_checksum
from .dead_letter_options import QUEUE, described_queue, need
from .dead_letters import DROP, DROPS, KEEP, OLDEST, RESTORES, DeadLetters, Redrivable, Restorable, Terms
from .letter_filter import Filter
from .letters import Letter

EXPORT, IMPORT = "export", "import"

SPEC = QUEUE + ArgSpec(
    options={
        "action": {"type": "str", "default": EXPORT, "choices": [EXPORT, IMPORT]},
        "path": {"type": "path", "required": True},
        "filter": {"type": "dict", "options": letter_filter.SPEC.options},
        "limit": {"type": "int", "default": 100_000},
        "remove": {"type": "bool", "default": True},
    }
)

_BATCH = 200
# Times that the head of the queue may be found changed before we give up.
_MOST_CHANGES = 200


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, a damaged archive, before anything is changed.
    """
    if params["limit"] < 1:
        raise InputError("limit must be at least 1", on=str(params["limit"]))
    queue = described_queue(params)
    need(queue, RESTORES, "dlq_archive")
    path = Path(params["path"])
    if not path.parent.is_dir():
        raise InputError("the folder of the archive does not exist", on=str(path.parent), advice="make it first")
    return {EXPORT: _export, IMPORT: _import}[params["action"]](params, queue, path, check_mode, clock)


def _export(params: Mapping[str, Any], queue: Redrivable, path: Path, check_mode: bool, clock: Clock) -> Result:
    remove = bool(params["remove"])
    if remove:
        need(queue, DROPS, "remove")
    # An archive whose letters are not removed yet has a name of its own, by which an interrupted run is picked up.
    pending = path.with_name(f"{path.name}.unremoved") if remove else path
    meant = _Meant(queue, Filter(params["filter"]), params["limit"], clock)
    archive = _interrupted(pending, queue) if remove else None
    if check_mode:
        return _exported(queue, path, "", archive.records if archive else meant.count(), 0, remove, check_mode)
    if archive is None:
        if path.exists() and meant.count():
            raise InputError("a file of that name is there already", on=str(path), advice="give another path")
        archive = None if path.exists() else _written(pending, queue, meant)
    if archive is None:
        return _exported(queue, path, "", 0, 0, remove, check_mode)
    removed = _removed(queue, pending) if remove else 0
    if remove:
        _named(pending, path)
    return _exported(queue, path, write_checksum(path), archive.records, removed, remove, check_mode)


def _interrupted(pending: Path, queue: Redrivable) -> Archive | None:
    """Return the archive of a run that ended before its letters were removed."""
    if not pending.exists():
        return None
    archive = read_archive(pending)
    _refuse_other(archive, queue, pending)
    return archive


class _Meant:
    """The letters that are to be exported."""

    def __init__(self, queue: Redrivable, meant: Filter, limit: int, clock: Clock) -> None:
        self._queue = queue
        self._filter = meant
        self._limit = limit
        self._clock = clock

    def letters(self, source: DeadLetters) -> Iterator[Letter]:
        source.begin()
        left = self._limit
        while left > 0:
            batch = source.take(_BATCH)
            if not batch:
                return
            now = self._clock.time()
            for letter in batch:
                if left > 0 and not self._filter.refuses(letter, now):
                    left -= 1
                    yield letter

    def open(self) -> Restorable:
        return cast("Restorable", self._queue.dead_letters(Terms(run="look", order=OLDEST, dry=True)))

    def count(self) -> int:
        with closing(self.open()) as source:
            return sum(1 for _letter in self.letters(source))


def _written(path: Path, queue: Redrivable, meant: _Meant) -> Archive | None:
    """Write the archive, unless there is nothing to write."""
    with closing(meant.open()) as source:
        letters = meant.letters(source)
        first = next(letters, None)
        if first is None:
            return None

        def records() -> Iterator[dict[str, Any]]:
            yield source.record(first)
            for letter in letters:
                yield source.record(letter)

        return write_archive(path, queue.name, queue.kind, records())


def _removed(queue: Redrivable, path: Path) -> int:
    """Remove what the archive holds from the dead letters: each letter as often as it is in there, and no other."""
    held = Counter(_print(record) for record in records_of(path))
    removed = changes = kept = 0
    with closing(cast("Restorable", queue.dead_letters(Terms(run=uuid.uuid4().hex)))) as letters:
        letters.begin()
        # Where letters were kept the pass goes on to its end, as only then they are in their old order.
        while (kept or sum(held.values())) and changes < _MOST_CHANGES:
            batch = letters.take(_BATCH)
            if not batch:
                break
            prints = [_print(letters.record(letter)) for letter in batch]
            verdicts = [_verdict(held, one) for one in prints]
            done = letters.settle(batch, verdicts)
            if done.changed:
                held.update(one for one, verdict in zip(prints, verdicts) if verdict == DROP)
            changes = changes + 1 if done.changed else 0
            removed += done.dropped
            kept += done.kept
    if changes:
        raise OpsError("somebody else keeps changing the dead letters", on=queue.name, advice="run it again")
    return removed


def _verdict(held: Counter[bytes], one: bytes) -> str:
    if held[one] <= 0:
        return KEEP
    held[one] -= 1
    return DROP


def _print(record: Mapping[str, Any]) -> bytes:
    """Return 16 bytes by which a record is known again."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()[:16]


def _named(pending: Path, path: Path) -> None:
    try:
        os.link(pending, path)
        pending.unlink()
        fsync_folder(path.parent)
    except OSError as error:
        raise OpsError(
            f"cannot give the archive its name ({error.strerror})", on=str(path), advice=f"it is at {pending}"
        ) from error


def _exported(
    queue: Redrivable, path: Path, checksum: str, exported: int, removed: int, remove: bool, check_mode: bool
) -> Result:
    would = "would be " if check_mode else ""
    removal = f", {exported if check_mode else removed} {would}removed" if remove else ""
    msg = f"{exported} dead letters {would}exported to {path}{removal}"
    data = {"exported": exported, "removed": removed, "restored": 0, "path": str(path), "checksum": checksum}
    left = f"dead letters: {exported} more than will be left\n" if remove else ""
    return Result(
        changed=bool(exported),
        msg=f"{queue.name}: {msg if exported else 'no dead letters are meant, nothing to export'}",
        data={"name": queue.name, "kind": queue.kind, **data},
        diff={"before": left, "after": f"{path}: {exported} dead letters\n"} if exported else None,
    )


def _import(params: Mapping[str, Any], queue: Redrivable, path: Path, check_mode: bool, _clock: Clock) -> Result:
    archive = read_archive(path)
    _refuse_other(archive, queue, path)
    restored = 0
    if not check_mode:
        with closing(cast("Restorable", queue.dead_letters(Terms(run=uuid.uuid4().hex)))) as letters:
            letters.begin()
            for number, batch in enumerate(_batches(records_of(path))):
                restored += letters.restore(batch, f"{archive.name}:{number}")
    would = f"{archive.records} dead letters would be put back, less those that are there"
    done = f"{restored} dead letters put back, {archive.records - restored} were there or had been put back before"
    data = {"exported": 0, "removed": 0, "restored": restored, "path": str(path), "checksum": ""}
    changed = bool(archive.records if check_mode else restored)
    return Result(
        changed=changed,
        msg=f"{queue.name}: {would if check_mode else done}",
        data={"name": queue.name, "kind": queue.kind, **data},
        diff={"before": "", "after": f"dead letters put back: {archive.records if check_mode else restored}\n"}
        if changed
        else None,
    )


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    while True:
        batch = list(islice(records, _BATCH))
        if not batch:
            return
        yield batch


def _refuse_other(archive: Archive, queue: Redrivable, path: Path) -> None:
    if archive.kind != queue.kind:
        raise InputError(f"the archive holds letters of the kind {archive.kind}, not {queue.kind}", on=str(path))
