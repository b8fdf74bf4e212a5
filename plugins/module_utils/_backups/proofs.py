# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The levels of proof: each one is tried after the one below it, and tells what it saw and how long that took.

L0 the program's exit status, L1 sizes and checksums read from disk, L2 all data read, L3 restored apart, L4 compared.
A full read alone misses flipped bits in data that zstd or lz4 packed, so L1 always comes before it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Callable

from .._core.errors import InputError, OpsError
from .base import Kind, Rehearsal
from .draft import read_back
from .manifest import LEVELS, Manifest, Proof
from .opened import Opened

Clock = Callable[[], float]


class Broken(OpsError):
    """A backup that does not hold what it should; ``level_failed`` in the details says which level found it."""


@dataclass(frozen=True)
class _Ladder:
    """What the steps share."""

    backup: Opened
    kind: Kind
    options: Mapping[str, Any]
    stack: ExitStack
    level: str
    rehearsal: list[Rehearsal]

    def ended_well(self) -> Mapping[str, Any]:
        return {}

    def same_bytes(self) -> Mapping[str, Any]:
        read_back(self.backup.folder, self.backup.manifest.files)
        return {"files": len(self.backup.manifest.files), "bytes": self.backup.manifest.size}

    def readable(self) -> Mapping[str, Any]:
        if self.level > "L2" and getattr(self.kind, "RESTORING_READS_ALL", False):
            self.restorable()
            return {"by": "what restored it"}
        programs = self.backup.bin_dir or self.options.get("bin_dir")
        return self.kind.read_in_full(replace(self.backup, bin_dir=programs))

    def restorable(self) -> Mapping[str, Any]:
        if not self.rehearsal:
            self.rehearsal.append(self.stack.enter_context(self.kind.rehearsed(self.backup, self.options)))
        return self.rehearsal[0].found

    def equal(self) -> Mapping[str, Any]:
        return self.rehearsal[0].compare()


def highest_here(backup: Opened) -> str:
    """Return the highest level that costs no scratch server: L2, or L1 where the data cannot be decrypted."""
    return "L2" if backup.readable() else "L1"


def prove(backup: Opened, kind: Kind, level: str, options: Mapping[str, Any], clock: Clock = time.time) -> Manifest:
    """Prove the backup level by level up to ``level``, and return its manifest with the proofs.

    :param options: of the rehearsal, validated by the kind's REHEARSAL.
    :raises InputError: a level above L1 of data that cannot be decrypted here. :raises Broken: a level failed.
    """
    if LEVELS.index(level) > LEVELS.index("L1") and not backup.readable():
        raise InputError(
            f"{level} needs what decrypts the backup", on=str(backup.folder), advice="give it, or verify to L1"
        )
    proofs = {proof.level: proof for proof in backup.manifest.proofs}
    with ExitStack() as stack:
        ladder = _Ladder(backup, kind, options, stack, level, [])
        steps = (ladder.ended_well, ladder.same_bytes, ladder.readable, ladder.restorable, ladder.equal)
        for name, step in zip(LEVELS[: LEVELS.index(level) + 1], steps):
            with trying(name):
                begin = clock()
                found = step()
                proofs[name] = Proof(name, clock(), round(clock() - begin, 3), found)
    reached = max(level, backup.manifest.level)  # L0 to L4 sort as text
    ordered = tuple(proofs[name] for name in LEVELS if name in proofs)
    return replace(backup.manifest, level=reached, verified_at=clock(), proofs=ordered)


@contextmanager
def trying(name: str) -> Iterator[None]:
    """Have what fails in the block be a failure of that level. :raises Broken: so."""
    try:
        yield
    except (InputError, Broken):
        raise
    except OpsError as error:
        raise Broken(
            f"{name} failed: {error.failed}", error.on, error.advice, **{**error.details, "level_failed": name}
        ) from error
