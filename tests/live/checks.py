# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way for the live tests to make a check as the gate does: validate, probe once, compare."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import Attempts, build_checks


def attempt(kind: str, **options: Any) -> Outcome:
    """Make one attempt of a check; raises InputError for options that are wrong."""
    (check,) = build_checks([{"name": "it", "kind": kind, **options}], {})
    return Attempts({}).attempt(check)
