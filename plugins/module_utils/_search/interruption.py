# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""An interruption becomes an exception, so that what was begun is taken back: a run that Ansible ends gets SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .._core.errors import OpsError

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Interrupted(BaseException):
    """Somebody ended the run. No error that a look may pass over; it has the parts of an :class:`OpsError`."""

    def __init__(self, failed: str) -> None:
        self.failed = failed
        self.on = self.advice = ""
        self.details: dict[str, Any] = {}
        super().__init__(failed)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` in the block when a signal asks to end; a second one is not heard.

    :raises OpsError: in its place, when the block lets it pass.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise Interrupted(f"interrupted by {signal.Signals(number).name}")

    before = {number: signal.signal(number, leave) for number in _SIGNALS}
    try:
        yield
    except Interrupted as error:
        raise OpsError(error.failed) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
