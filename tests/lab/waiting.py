# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for a condition, bounded in time, and say what was seen last."""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import LabError


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 15.0, every: float = 0.05) -> None:
    """Return once `holds()` is true.

    `holds` may raise: that counts as not yet, except for a LabError, which says that waiting is useless.
    Raises LabError after `seconds`, with the last error seen.
    """
    deadline = time.monotonic() + seconds
    seen = ""
    while True:
        try:
            if holds():
                return
            seen = ""
        except LabError:
            raise
        except Exception as error:  # whatever a client library raises while its server is not there yet
            seen = f": {type(error).__name__}: {error}".split("\n", maxsplit=1)[0]
        if time.monotonic() >= deadline:
            raise LabError(f"{what} did not happen within {seconds:g} s{seen}")
        time.sleep(every)
