# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIGTERM and SIGINT as an exception, so that a command that is told to end cleans up first."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Told:
    """Whether a signal came. An exception that a signal raises inside a finalizer is lost, so ask at each step."""

    def __init__(self) -> None:
        self.number = 0

    def hear(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal: the first one raises KeyboardInterrupt, more do not disturb the cleaning up."""
        first = not self.number
        self.number = number
        if first:
            raise KeyboardInterrupt(f"signal {number}")

    def check(self) -> None:
        """Raise KeyboardInterrupt when a signal came."""
        if self.number:
            raise KeyboardInterrupt(f"signal {self.number}")


@contextlib.contextmanager
def signals_as_errors() -> Iterator[Told]:
    """Turn SIGTERM and SIGINT into KeyboardInterrupt while in the block, in the main thread."""
    told = Told()
    if threading.current_thread() is not threading.main_thread():
        yield told  # only the main thread hears signals
        return
    before = {number: signal.signal(number, told.hear) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
