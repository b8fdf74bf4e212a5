# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups that were damaged after they had been made: cut, bits flipped, with a manifest that is not theirs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import FILE_NAME, checksum

from ..rows import Row
from ..run import Run
from .database import DATABASE, Database
from .ledger import Ledger, Shelf

_FORMATS = ("directory", "custom")


@dataclass(frozen=True)
class _Bench:
    """A good backup of each format, and a copy of each to damage."""

    shelves: dict[str, Shelf]
    backups: dict[str, Path]
    random: Random

    def file(self) -> tuple[str, Path]:
        """Return a format, and a file of its backup; large ones are chosen more often."""
        form = self.random.choice(_FORMATS)
        files = sorted(path for path in self.backups[form].rglob("*") if path.is_file())
        return form, self.random.choices(files, [path.stat().st_size or 1 for path in files])[0]

    def damaged(self, form: str, path: Path, data: bytes, ledger: Ledger) -> None:
        """Write ``data`` to the file, see what is said of the backup, and put back what was there."""
        before = path.read_bytes()
        ledger.faults += 1
        path.write_bytes(data)
        ledger.broken_accepted += self.accepted(form)
        path.write_bytes(before)

    def accepted(self, form: str) -> bool:
        """Tell whether the only backup of the format counts and can be read."""
        shelf = self.shelves[form]
        return any(shelf.whole(backup) for backup in read_catalog(shelf.catalog).backups)


def rows(run: Run, here: Database) -> Iterator[Row]:
    """Yield a row for each sort of damage."""
    count = 15 if run.short else 200
    bench = _made(here, Random(6))
    for work, damage in (
        ("a file cut at a random place", _cut),
        ("a bit flipped at a random place", _flip),
    ):
        yield _each(bench, work, damage, count)
    yield _manifests(bench)


def _made(here: Database, random: Random) -> _Bench:
    shelves, backups = {}, {}
    for form in _FORMATS:
        made = here.backed_up(here.folder / "damaged" / form, format=form, compression="zstd:1")
        shelves[form] = Shelf(here.folder / "damaged" / form / DATABASE, here.bin_dir)
        backups[form] = Path(made.data["path"])
    return _Bench(shelves, backups, random)


def _each(bench: _Bench, work: str, damage: Callable[[bytes, Random], bytes], count: int) -> Row:
    ledger = Ledger()
    for _fault in range(count):
        form, path = bench.file()
        bench.damaged(form, path, damage(path.read_bytes(), bench.random), ledger)
    ledger.good_lost += sum(not bench.accepted(form) for form in _FORMATS)
    return ledger.row(work)


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def _flip(data: bytes, random: Random) -> bytes:
    at, bit = random.randrange(len(data)), 1 << random.randrange(8)
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def _manifests(bench: _Bench) -> Row:
    ledger = Ledger()
    for form, other in (_FORMATS, _FORMATS[::-1]):
        path = bench.backups[form] / FILE_NAME
        told = json.loads(path.read_bytes())
        theirs = (bench.backups[other] / FILE_NAME).read_bytes()
        smaller = {**told, "files": told["files"][1:]}
        for data in (
            b"",
            b"{}",
            b"not JSON",
            theirs,
            json.dumps({**told, "level": "L4"}).encode(),
            _signed({**told, "files": [{**told["files"][0], "path": "../../etc/passwd"}]}),
            _signed({**told, "files": [{**file, "sha256": "0" * 64} for file in told["files"]]}),
            _signed(smaller),
        ):
            bench.damaged(form, path, data, ledger)
        _without_manifest(bench, form, ledger)
    return ledger.row("a manifest that is gone, another's, altered or made up")


def _signed(fields: dict[str, object]) -> bytes:
    """Return a manifest whose own checksum is right."""
    return json.dumps({**fields, "sha256": checksum(fields)}).encode()


def _without_manifest(bench: _Bench, form: str, ledger: Ledger) -> None:
    path = bench.backups[form] / FILE_NAME
    aside = path.with_suffix(".aside")
    shutil.move(path, aside)
    ledger.faults += 1
    ledger.broken_accepted += bench.accepted(form)
    shutil.move(aside, path)
