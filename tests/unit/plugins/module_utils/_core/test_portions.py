# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Portions that fit, by size and by number."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.portions import portioned


@pytest.mark.parametrize(
    ("items", "size", "most", "expected"),
    [
        ([], 10, 3, []),
        (["aaa", "bbb", "ccc"], 6, 3, [["aaa", "bbb"], ["ccc"]]),
        (["a", "b", "c", "d"], 100, 3, [["a", "b", "c"], ["d"]]),
        (["a", "too large", "b", "c"], 2, 3, [["a"], ["too large"], ["b", "c"]]),
    ],
)
def test_portions_have_neither_too_much_nor_too_many(
    items: list[str], size: int, most: int, expected: list[list[str]]
) -> None:
    assert list(portioned(items, len, size, most)) == expected
