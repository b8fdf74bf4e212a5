# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of a suite gives to the files that make figures: a folder, a lab, and how much is to be done."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.lab import Lab

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build"

FULL, SHORT = "full", "short"
SLICES = (FULL, SHORT)


@dataclass(frozen=True)
class Run:
    """slice: full, or short for a look within minutes. say: takes progress lines. work: pattern of the rows' names."""

    slice: str
    say: Callable[[str], None]
    work: str = ""

    @property
    def short(self) -> bool:
        """Tell whether only a short slice is wanted."""
        return self.slice == SHORT

    def wants(self, work: str, short: bool) -> bool:
        """Tell whether a row is wanted: by its name where one was given, else those of the slice.

        short: whether the row is part of the short slice.
        """
        return bool(re.search(self.work, work)) if self.work else short or not self.short

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """Give a folder that only its owner can list, and remove it at the end."""
        with tempfile.TemporaryDirectory(prefix="day2-figures-", ignore_cleanup_errors=True) as name:
            Path(name).chmod(0o711)  # the lab's servers walk through it
            yield Path(name)

    @contextlib.contextmanager
    def lab(self, folder: Path, names: list[str]) -> Iterator[Lab]:
        """Start these servers of a lab (and what they need) in a folder of its own below, and bring them down."""
        with Lab(folder / "lab") as lab:
            self.say(f"lab: starting {', '.join(names)}")
            lab.up(names)
            yield lab
