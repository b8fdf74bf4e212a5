# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way to make a check as the gate does: validated, probed once, held against what is expected."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import Attempts, build_checks


class Attempt(Protocol):
    """Makes one attempt of a check of ``kind`` with ``options``; raises InputError for options that are wrong."""

    def __call__(self, kind: str, **options: Any) -> Outcome: ...


@pytest.fixture
def attempt() -> Attempt:
    """Return what makes one attempt; attempts of a test share their clients."""
    attempts = Attempts({})

    def once(kind: str, **options: Any) -> Outcome:
        (check,) = build_checks([{"name": "it", "kind": kind, **options}], {})
        return attempts.attempt(check)

    return once
