# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Windows of services that nobody holds and nobody ended: while all checks pass, their ingress may be closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.errors import one_line


def left_open(look: Mapping[str, Any], services: Sequence[str]) -> list[str]:
    """Return a line for each window of ``services`` that was left open, or of which that cannot be known.

    :param look: the result of ``maintenance_window_info``; one that failed says why in ``msg``.
    """
    if "open" not in look:
        return [f"whether a window was left open is not known: {one_line(str(look.get('msg', 'no answer')))}"]
    return list(_told(look["open"], services))


def _told(windows: Sequence[Mapping[str, Any]], services: Sequence[str]) -> Iterator[str]:
    for window in windows:
        if not {window["service"], window.get("within")} & set(services):
            continue
        if "id" not in window:
            yield f"whether a window on {window['service']} was left open is not known: {window['reason']}"
        elif window["abandoned"]:
            yield (
                f"window {window['id']} on {window['service']} ({window['purpose']}: {window['reason']}) was left by "
                f"{window['holder']} and is open for {window['open_for']}: the ingress may be closed; run again what "
                "it was opened for"
            )
