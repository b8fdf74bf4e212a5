# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a catalogue, and an account of what went wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.day2.ops.plugins.module_utils._backups import kinds, proofs
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import Backup, read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.cipher import Cipher
from ansible_collections.day2.ops.plugins.module_utils._backups.draft import PARTIAL
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

from ..rows import Goal, Row

AREA = "backups"
GOAL = Goal("= 0 broken ones accepted, good ones lost", lambda value: value == 0)
_TIMEOUT = 120.0


@dataclass
class Ledger:
    """An account over many faults.

    :param broken_accepted: backups that count and whose data are not whole. :param good_lost: those that were good and
        are gone or broken. :param problems: whatever else is not as it must be.
    """

    faults: int = 0
    broken_accepted: int = 0
    good_lost: int = 0
    problems: list[str] = field(default_factory=list)

    def expect(self, problem: str, holds: bool) -> None:
        """Note the problem unless it holds that there is none."""
        if not holds and len(self.problems) < 10:
            self.problems.append(problem)

    def row(self, work: str) -> Row:
        """Return the row of all that was seen."""
        bad = self.broken_accepted + self.good_lost
        made_of = {
            "faults": self.faults,
            "broken_accepted": self.broken_accepted,
            "good_lost": self.good_lost,
            "problems": self.problems,
        }
        return Row(AREA, f"{self.faults} x {work}", GOAL.text, bad, GOAL.holds(bad) and not self.problems, made_of)


class Shelf:
    """A catalogue whose backups are known."""

    def __init__(self, catalog: Path, bin_dir: Path, cipher: Cipher | None = None) -> None:
        self.catalog = catalog
        self._bin_dir = str(bin_dir)
        self._cipher = cipher
        self._good: set[str] = set()

    def found(self) -> dict[str, Backup]:
        """Return the backups that count, by name."""
        if not self.catalog.exists():
            return {}
        return {backup.folder.name: backup for backup in read_catalog(self.catalog).backups}

    def whole(self, backup: Backup) -> bool:
        """Tell whether all checksums are right and all data can be read."""
        opened = Opened(backup.folder, backup.manifest, self._cipher, _TIMEOUT, bin_dir=self._bin_dir)
        try:
            proofs.prove(opened, kinds.kind_named(backup.manifest.kind), "L2", {})
        except OpsError:
            return False
        return True

    def look(self, ledger: Ledger) -> None:
        """Compare what counts with what was good, and look at what is new."""
        found = self.found()
        ledger.good_lost += len(self._good - set(found))
        for name in set(found) - self._good:
            if self.whole(found[name]):
                self._good.add(name)
            else:
                ledger.broken_accepted += 1

    def look_at_all(self, ledger: Ledger) -> None:
        """Read all that was good once more."""
        backups = self.found()
        ledger.good_lost += sum(name not in backups or not self.whole(backups[name]) for name in self._good)

    def partial(self) -> list[str]:
        """Return what was begun and has no name yet."""
        return [path.name for path in self.catalog.glob(f"{PARTIAL}*")]
