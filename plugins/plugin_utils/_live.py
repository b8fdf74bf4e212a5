# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that tell how long work goes, while it does: often in a terminal, rarely in a log."""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import Callable

from ansible.utils.display import Display

# Between two lines.
_TERMINAL_SECONDS = 4.0
_LOG_SECONDS = 30.0

# Set where a program gives Ansible a terminal that nobody sits at: AWX and its runner, CI.
_AUTOMATIC = ("AWX_ISOLATED_DATA_DIR", "CI")

# Workers have no terminal. They are copies of the process that loads the plugins, which has one.
IN_TERMINAL = sys.stdout.isatty() and not any(os.environ.get(name) for name in _AUTOMATIC)


class Live:
    """Shows whole lines, not too often."""

    def __init__(self, silent: bool, in_terminal: bool | None = None, clock: Callable[[], float] = monotonic) -> None:
        """Begin now.

        :param silent: show nothing at all, whatever comes. :param clock: seconds that never go back.
        """
        terminal = IN_TERMINAL if in_terminal is None else in_terminal
        self.shown = 0
        self._silent = silent
        self._seconds = _TERMINAL_SECONDS if terminal else _LOG_SECONDS
        self._clock = clock
        self._last = clock()

    def show(self, line: str) -> bool:
        """Show a line when it is time for one; tell whether it was shown."""
        if self._silent or self._clock() - self._last < self._seconds:
            return False
        self._last = self._clock()
        self.shown += 1
        Display().display(line)
        return True

    def end(self, line: str) -> None:
        """Show how it ended, when there were lines before."""
        if self.shown:
            Display().display(line)
