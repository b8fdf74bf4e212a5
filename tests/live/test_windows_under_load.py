# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole windows and changes while orders go in, on each runtime: the figures' own rows, which hold or say why not."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.tests.figures.run import FULL, Run
from ansible_collections.day2.ops.tests.figures.windows.under_load import missing_on, rows_on
from ansible_collections.day2.ops.tests.lab.demo_on.kinds import PLACES


@pytest.mark.long
@pytest.mark.parametrize("kind", PLACES)
def test_each_order_is_processed_once_or_refused(kind: str) -> None:
    run = Run(FULL, print)
    reason = missing_on(kind, run)
    if reason:
        pytest.skip(reason)
    rows = list(rows_on(kind, run))
    assert rows
    for row in rows:
        assert row.holds, (row.work, row.value, row.made_of)
