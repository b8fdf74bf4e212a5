# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the reports that a playbook left."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.day2.ops.tests.live.playbooks import Operator


def report_of(operator: Operator, name: str) -> dict[str, Any]:
    """Return the newest report of a name."""
    newest = max(operator.reports.glob(f"{name}-2*.json"))
    found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return found


def section_of(report: dict[str, Any], title: str) -> dict[str, Any]:
    """Return the one section of that title."""
    (found,) = [section for section in report["sections"] if section["title"] == title]
    result: dict[str, Any] = found
    return result


def titles_of(report: dict[str, Any]) -> list[str]:
    """Return the titles of the report's sections."""
    return [section["title"] for section in report["sections"]]
