# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are nearly others."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.plugin_utils._misspelt import nearest

KNOWN = ["at_once", "count", "image", "part", "restore", "target", "window_do", "window_only"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("windowonly", "window_only"),
        ("window-only", "window_only"),
        ("Window_Only", "window_only"),
        ("windows_only", "window_only"),
        ("targt", "target"),
        ("tarrget", "target"),
        ("tagret", "target"),
        ("tarpet", "target"),
        ("windowdo", "window_do"),
        ("parts", "part"),
        ("counts", "count"),
    ],
)
def test_a_slip_is_seen(name: str, known: str) -> None:
    assert nearest(name, KNOWN) == known


@pytest.mark.parametrize("name", ["port", "path", "mount", "env", "to", "targ", "teragt", "window", "store", *KNOWN])
def test_another_name_is_another_name(name: str) -> None:
    assert nearest(name, KNOWN) is None
