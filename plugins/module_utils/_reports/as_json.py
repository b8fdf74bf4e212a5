# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report as JSON, for programs."""

from __future__ import annotations

import json

from .model import Report
from .text import harmless_value


def document(report: Report) -> str:
    """Return the report as one line of JSON in ASCII, so that no code in it can reach a terminal as such."""
    try:
        text = json.dumps(report, sort_keys=True, allow_nan=False)
    except ValueError:  # JSON has no NaN and no infinity
        text = json.dumps(harmless_value(report), sort_keys=True, allow_nan=False)
    return f"{text}\n"
