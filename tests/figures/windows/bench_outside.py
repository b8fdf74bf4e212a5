# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of a window from outside: when the last item was done, when that was noted, how long a step worked."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from ansible_collections.day2.ops.tests.lab.demo import names
from ansible_collections.day2.ops.tests.lab.demo.stores import open_redis

from .place import Place

_LOOK_EVERY = 0.005  # seconds, and how exact what is seen is
# A step that works for some seconds and leaves the times of its beginning and its end.
_WORK = """
import pathlib, sys, time
log, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
began = time.time()
time.sleep(seconds)
with log.open("a") as file:
    file.write(f"{began} {time.time()}\\n")
"""


def step_that_works(log: Path, seconds: float) -> dict[str, Any]:
    """Return a maintenance step; its program alone counts as the user's time."""
    return {"name": "work", "command": [sys.executable, "-c", _WORK, str(log), str(seconds)]}


def worked(log: Path) -> float:
    """Return for how long the steps worked that left their times there."""
    times = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    return sum(float(end) - float(begin) for begin, end in times)


class Outside:
    """Looks at the queue and the journal all the time; times are Unix times.

    last_item: when an item was last seen to wait or to be in a worker's hand.
    drained: when the journal noted that there is none.
    """

    def __init__(self, place: Place) -> None:
        self.last_item = 0.0
        self.drained = 0.0
        self._place = place
        self._client = open_redis(place.lab.facts["redis"], seconds=5)
        self._journal = place.folder / "state/demo/window.json"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Outside:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(10)
        self._client.connection_pool.disconnect()

    def _watch(self) -> None:
        workers = [
            str(key).removeprefix(names.HEARTBEAT) for key in self._client.scan_iter(match=f"{names.HEARTBEAT}*")
        ]
        # an item goes from the queue into a hand, so in this order none is overlooked
        keys = [names.QUEUE, *(f"{names.PROCESSING}{worker}" for worker in workers)]
        while not (self.drained or self._over.wait(_LOOK_EVERY)):
            if any(cast("int", self._client.llen(key)) for key in keys):
                self.last_item = time.time()
            self._look_at_the_journal()

    def _look_at_the_journal(self) -> None:
        if self._place.noted("drained", "done"):
            self.drained = self._journal.stat().st_mtime
