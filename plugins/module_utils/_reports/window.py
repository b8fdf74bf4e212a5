# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The record of a maintenance window, as far as a report shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def times_of(window: Mapping[str, Any]) -> str:
    """Return when a window was opened and closed."""
    closed = f", closed {window['closed_at']}" if window.get("closed_at") else ""
    return f"opened {window.get('opened_at', '')}{closed}"


def steps_of(window: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the steps of a window in the order in which they began."""
    return sorted(window.get("steps", {}).items(), key=lambda item: str(item[1].get("started_at", "")))
