# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that rows would fill, held against what a server of PostgreSQL 18 made of such rows."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._postgres.bloat import (
    Bloat,
    Column,
    data_width,
    index_pages,
    table_pages,
)

INT = Column(4, 0.0, 4, "i")
BIGINT = Column(8, 0.0, 8, "d")
TEXT = Column(41, 0.0, -1, "i")


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ([INT], 4),
        ([INT, BIGINT], 16),
        ([BIGINT, INT], 12),
        ([TEXT, BIGINT], 56),
        ([INT, TEXT], 45),
        ([Column(8, 0.5, 8, "d")], 4),
        ([Column(None, 0.0, 4, "i")], None),
        ([], 0),
    ],
)
def test_columns_are_aligned(columns: list[Column], width: int | None) -> None:
    assert data_width(columns) == width


def test_a_new_index_has_as_many_pages_as_the_server_makes() -> None:
    # CREATE INDEX on 20,000 and 1,000,000 unique ints: 57 and 2745 pages
    assert index_pages(20_000, [INT], 90, 8192) == pytest.approx(57, rel=0.02)
    assert index_pages(1_000_000, [INT], 90, 8192) == pytest.approx(2745, rel=0.01)
    assert index_pages(0, [INT], 90, 8192) == 1


def test_a_new_table_has_as_many_pages_as_the_server_makes() -> None:
    # 20,000 rows of int and 40 letters: 76 bytes with the line pointer, 107 a page
    assert table_pages(20_000, [INT, TEXT], 100, 8192) == 187
    assert table_pages(20_000, [INT, Column(None, 0.0, -1, "i")], 100, 8192) is None


def test_wasted_bytes() -> None:
    assert Bloat(25.0, "measured").spare(8192) == 2048
