# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements as people may see them, and values of a database as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.postgres_statements import statement_text
from ansible_collections.day2.ops.plugins.module_utils._checks.sql_values import json_safe, unique
from ansible_collections.day2.ops.plugins.module_utils._core.errors import WrongType


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT *\n  FROM t WHERE id = $1", "SELECT * FROM t WHERE id = $1"),
        ("/* user=hunter2 */ select 1 -- hunter2\n + $1", "select 1 + $1"),
        ("SELECT 'hunter2', 'it''s', $1", "SELECT '?', '?', $1"),
        ("SELECT $1, E'it\\'s', 'hunter2'", "SELECT $1, E'?' ..."),
        ("SELECT '/*' /* c */, 'hunter2'", "SELECT '?' , '?'"),
        ("SELECT \"it's\", 'hunter2'", "SELECT \"it's\", '?'"),
        ("SELECT $$hunter2$$, $a$hunter2$a$, $1 + $2", "SELECT '?', '?', $1 + $2"),
        ("SELECT 'hunter2", "SELECT '?'"),
        ("(SELECT $1) UNION SELECT $2", "(SELECT $1) UNION SELECT $2"),
        ("ALTER ROLE app PASSWORD 'hunter2'", "ALTER ROLE ..."),
        ("DO $$ BEGIN PERFORM 'hunter2'; END $$", "DO '?' ..."),
        ("<insufficient privilege>", "<insufficient privilege>"),
        (None, "..."),
    ],
)
def test_a_statement_shows_nothing_that_a_client_sent(query: str | None, shown: str) -> None:
    assert statement_text(query) == shown


def test_a_long_statement_is_cut() -> None:
    assert len(statement_text("SELECT " + "x, " * 1000)) == 200


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        (Decimal(2), 2),
        (Decimal("2.5"), 2.5),
        (Decimal("NaN"), "NaN"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02T00:00:00+00:00"),
        (timedelta(minutes=2), 120.0),
        ([Decimal(1), None, ["x\ny"]], [1, None, ["x y"]]),
        ({"a": Decimal(1)}, {"a": 1}),
        (list(range(100)), list(range(50))),
        ("\x1b[31mred", "[31mred"),
    ],
)
def test_a_value_is_fit_for_json(value: Any, safe: Any) -> None:
    assert json_safe("it", value) == safe


@pytest.mark.parametrize("value", [b"raw", memoryview(b"raw"), [b"raw"]])
def test_bytes_are_refused_by_the_name_of_their_column(value: Any) -> None:
    with pytest.raises(WrongType, match="the column photo holds 3 bytes; let the query return"):
        json_safe("photo", value)


def test_columns_of_one_name_are_told_apart() -> None:
    assert unique(["a", "b", "a", "a", "a_2"]) == ["a", "b", "a_2", "a_3", "a_2_2"]
