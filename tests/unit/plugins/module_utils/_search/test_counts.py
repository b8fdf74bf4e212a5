# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What metadata record of documents, and how what was restored is held against it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._search.counts import (
    MAX_BYTES,
    NAME,
    Compared,
    checksum,
    compare,
    record,
    recorded,
    room_for_users,
)


def many(number: int, random: bool = False) -> dict[str, int]:
    """Return counts of so many indices; random names cannot be packed well."""
    tails = (checksum({str(one): one}) if random else f"{one:05}" for one in range(number))
    return {f"logs-{tail}": one * 7 for one, tail in enumerate(tails)}


@pytest.mark.parametrize(
    ("counts", "form"),
    [
        ({}, "counts"),
        (many(3), "counts"),
        (many(30), "counts"),
        (many(150), "packed"),
        (many(100, random=True), None),
        (many(5000), None),
        ({**many(5000), ".tasks": 3}, "plain"),
    ],
)
def test_counts_in_as_much_detail_as_fits(counts: dict[str, int], form: str | None) -> None:
    metadata = record(counts, {"taken_by": "me"})
    assert metadata["taken_by"] == "me"
    assert set(metadata[NAME]) == {"documents", "indices", "checksum", *([form] if form else [])}
    assert len(json.dumps(metadata, separators=(",", ":"))) <= MAX_BYTES
    known = recorded(json.loads(json.dumps(metadata)))
    assert known is not None
    assert (known.documents, known.indices, known.checksum) == (sum(counts.values()), len(counts), checksum(counts))
    assert known.counts == (counts if form in ("counts", "packed") else None)


def test_metadata_of_the_users_have_their_room() -> None:
    largest = {"x": "y" * (room_for_users() - len('{"x":""}'))}
    metadata = record(many(5000), largest)
    assert len(json.dumps(metadata, separators=(",", ":"))) <= MAX_BYTES
    with pytest.raises(InputError, match="metadata are too large; at most about"):
        record(many(3), {"x": "y" * MAX_BYTES})
    with pytest.raises(InputError, match="metadata: day2 is where the counts"):
        record({}, {NAME: 1})


def packed(text: bytes) -> str:
    return base64.b85encode(zlib.compress(text)).decode()


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {NAME: None},
        {NAME: "text"},
        {NAME: {}},
        {NAME: {"documents": "many", "indices": 1, "checksum": "c"}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "counts": [1]}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "plain": 7}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "counts": {"a": None}}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "packed": "not base85 \x00"}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "packed": base64.b85encode(b"no zlib").decode()}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "packed": packed(b"no json")}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "packed": packed(b"[1]")}},
        {NAME: {"documents": 1, "indices": 1, "checksum": "c", "packed": packed(b"0" * (50 << 20))}},
    ],
)
def test_what_cannot_be_read_is_unknown(found: Any) -> None:
    assert recorded(found) is None


def test_checksums_do_not_depend_on_the_order() -> None:
    assert checksum({"a": 1, "b": 2}) == checksum({"b": 2, "a": 1}) != checksum({"a": 2, "b": 1})
    assert len(checksum({})) == 16


def told(counts: dict[str, int], made_of: dict[str, int], held: Collection[str] = ()) -> Compared:
    return compare(counts, recorded(record(made_of, {})), held or set(made_of))


def test_compared_by_index() -> None:
    assert told({"a": 1, "b": 2}, {"a": 1, "b": 2}).equal
    fewer = told({"a": 1, "b": 0}, {"a": 1, "b": 2})
    assert (fewer.equal, fewer.missing, fewer.more, fewer.recorded) == (False, {"b": 2}, {}, 3)
    more = told({"a": 4}, {"a": 1, "b": 2})
    assert (more.equal, more.missing, more.more, more.recorded) == (False, {}, {"a": 3}, 1)
    stranger = told({"a": 1, "c": 1}, {"a": 1, "b": 2})
    assert (stranger.unknown, stranger.equal, stranger.told()["equal"]) == (True, False, None)


def test_compared_by_the_sum() -> None:
    counts = many(5000)
    assert told(counts, counts).equal
    lost = {**counts, "logs-00009": 0}
    assert told(lost, counts).missing == {"*": 63}
    swapped = {**counts, "logs-00009": counts["logs-00010"], "logs-00010": counts["logs-00009"]}
    assert (told(swapped, counts).equal, told(swapped, counts).differs) == (False, True)
    assert (told(swapped, counts).more, told(swapped, counts).told()["equal"]) == ({}, None)
    grown = {**counts, "logs-00009": 64}
    assert (told(grown, counts).more, told(grown, counts).unknown) == ({"*": 1}, True)
    assert told(counts, counts, [*counts, "later"]).unknown
    assert told(dict(list(counts.items())[:-1]), counts).unknown


def test_compared_by_the_sum_of_those_without_a_dot() -> None:
    plain = many(5000)
    counts = {**plain, ".tasks": 3, ".kibana_1": 9}
    assert told(plain, counts).equal
    assert told(plain, counts).recorded == sum(plain.values())
    assert told(counts, counts).equal
    assert told({**plain, "logs-00009": 0}, counts).missing == {"*": 63}
    assert told({**plain, ".tasks": 3}, counts).unknown
    assert told(dict(list(plain.items())[:-1]), counts).unknown


def test_nothing_recorded_is_unknown() -> None:
    found = compare({"a": 1}, None, ["a"])
    assert (found.unknown, found.recorded, found.told()["equal"]) == (True, None, None)
