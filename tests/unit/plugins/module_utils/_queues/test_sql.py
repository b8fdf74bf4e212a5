# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind sql, as far as no server is needed."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues import sql_letters
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter

SELECT = "SELECT id FROM t WHERE dead"


def queue(**options: Any) -> Any:
    """Return a queue of rows."""
    (one,) = described([{"name": "rows", "kind": "sql", **options}], {})
    return one


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: ready, in_flight, delayed, dead, select"),
        ({"ready": "SELECT 1", "move": "UPDATE t"}, "missing parameter.s. required by 'move': select"),
        ({"select": SELECT, "park": "UPDATE t SET x = 1"}, "park: the statement does not say for which rows"),
    ],
)
def test_wrong_descriptions(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        queue(**options)


def test_what_it_is_able_to_do_depends_on_its_statements() -> None:
    plain = queue(select=SELECT)
    able = queue(select=SELECT, park="UPDATE %(ids)s", drop="DELETE %(ids)s", dead="SELECT 1", oldest_age="SELECT 1")
    added = able.TRAITS - plain.TRAITS
    assert added == {"parks", "drops"}
    assert (plain.capabilities, able.capabilities) == (frozenset(), frozenset({"dead", "oldest_age"}))
    assert able.dead_letters(Terms(run="r", dry=True)).parking() == "rows as the option park leaves them"


def test_what_is_missing_for_a_redrive_is_said_before_anything_is_sent() -> None:
    with pytest.raises(InputError, match="does not say where its dead letters are"):
        queue(dead="SELECT 1").dead_letters(Terms(run="r"))
    with pytest.raises(InputError, match="does not say how dead letters are put back"):
        queue(select=SELECT).dead_letters(Terms(run="r"))


def test_an_array_as_postgres_writes_it() -> None:
    assert sql_letters.array_literal(["a", 'b"c', "d\\e", "f,g"]) == '{"a","b\\"c","d\\\\e","f,g"}'
    assert sql_letters.array_literal([]) == "{}"


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (None, None),
        (b"raw", b"raw"),
        (memoryview(b"raw"), b"raw"),
        ("text", b"text"),
        ({"a": [1]}, b'{"a": [1]}'),
    ],
)
def test_the_payload_of_a_letter(payload: Any, body: bytes | None) -> None:
    letter = Letter(id="1")
    sql_letters._fill_in_payload(letter, payload)
    assert letter.body == body


def test_a_row_as_json() -> None:
    letter = Letter(id="1")
    name = uuid.UUID(int=7)
    when = datetime.datetime(2026, 3, 1, 2, 0, tzinfo=datetime.timezone.utc)
    sql_letters._fill_in_payload(letter, {"id": name, "at": when, "sum": decimal.Decimal("1.5"), "raw": b"\xff"})
    assert json.loads(letter.body or b"") == {
        "id": str(name),
        "at": "2026-03-01T02:00:00+00:00",
        "sum": 1.5,
        "raw": "ff",
    }
