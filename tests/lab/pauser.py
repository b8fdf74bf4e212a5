# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes any server slow: most of the time it and its children may not run.

    python -m ...lab.pauser PID START_TIME

SIGTERM ends it and leaves the server running.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

from . import process
from .state import ProcessFacts

STOPPED_SECONDS = 0.3
RUNNING_SECONDS = 0.02


def main() -> None:
    """Pause and resume until a signal ends it, or the server is gone."""
    pid, started = int(sys.argv[1]), int(sys.argv[2])
    server: ProcessFacts = {
        "pid": pid,
        "started": started,
        "argv": [],
        "log": "",
        "unprivileged": False,
        "stop_signal": signal.SIGTERM,
    }
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    try:
        while process.is_alive(server) and not ended.is_set():
            process.hang(server)
            ended.wait(STOPPED_SECONDS)
            process.resume(server)
            ended.wait(RUNNING_SECONDS)
    finally:
        process.resume(server)


if __name__ == "__main__":
    main()
