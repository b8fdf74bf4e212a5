# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the windows of these figures do: the demo's own step and two whose every move leaves a mark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_MOVE = """
import pathlib, sys, time
log, name, seconds = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
with log.open("a") as file:
    file.write(f"begins {name}\\n")
time.sleep(seconds)
with log.open("a") as file:
    file.write(f"ends {name}\\n")
"""
SECONDS = 0.3
STEPS = ("first", "second")


def variables(log: Path, fails: bool, alertmanager: str) -> dict[str, Any]:
    """Return what is given besides the demo's inventory.

    :param log: takes the marks. :param fails: whether the last step does. :param alertmanager: its URL; empty for none.
    """
    steps: list[dict[str, Any]] = [
        {
            "name": name,
            "command": _move(log, name),
            "verify": {"command": _move(log, f"verify {name}")},
            "undo": {"command": _move(log, f"undo {name}")},
            "takes": "1s",
            "timeout": "60s",
        }
        for name in STEPS
    ]
    failing = [{"name": "third", "command": ["false"]}] if fails else []
    silence = (
        {"day2_silence": {"matchers": ["service=orders"], "duration": "10m", "grace": "2s"}} if alertmanager else {}
    )
    return {
        "day2_window": {"duration": "2h", "reserve": "1m", "backups": "none"},
        "day2_gate_consecutive": 1,
        "day2_drain_settle": 0,
        "day2_maintenance_steps__more": [*steps, *failing],
        **silence,
    }


def _move(log: Path, name: str) -> list[str]:
    return [sys.executable, "-c", _MOVE, str(log), name, str(SECONDS)]
