# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that servers refuse, and dates in names."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._search.names import (
    check_index,
    check_indices,
    check_repository,
    check_snapshot,
    family,
    resolved,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc).timestamp()  # a Wednesday


@pytest.mark.parametrize(
    "name", ["backup", "Backup", "_backup", "a-b_c.d", "a:b", "ä", "x" * 255, "...", "day#".strip("#")]
)
def test_repositories(name: str) -> None:
    assert check_repository(name) == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a/b", "a\\b", "a*", "a?", 'a"', "<a", "a>", "a|b", "a,b", "a#", "a\tb", "a\x00"]
)
def test_no_names_of_repositories_and_snapshots(name: str) -> None:
    with pytest.raises(InputError, match=r"^repository "):
        check_repository(name)
    with pytest.raises(InputError, match=r"^name "):
        check_snapshot(name)


@pytest.mark.parametrize("name", [".", "..", "x" * 256, "ä" * 128])
def test_no_names_of_anything(name: str) -> None:
    for check in (check_repository, check_snapshot, check_index):
        with pytest.raises(InputError) as caught:
            check(name)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["_all", "_status"])
def test_words_of_the_servers_are_no_repositories(name: str) -> None:
    with pytest.raises(InputError, match="is a word of the server's own"):
        check_repository(name)


@pytest.mark.parametrize(("name", "words"), [("Daily", "upper case"), ("_daily", "begins with _")])
def test_no_names_of_snapshots_and_indices(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_snapshot(name)
    with pytest.raises(InputError, match=words):
        check_index(name)


@pytest.mark.parametrize("name", ["-a", "+a", "a:b", "a*b", "a b", "a#b", ""])
def test_no_names_of_indices(name: str) -> None:
    with pytest.raises(InputError, match=r"^index "):
        check_index(name)


@pytest.mark.parametrize("name", ["a-b", ".hidden", "logs-2026.03.04", "a+b"])
def test_indices(name: str) -> None:
    assert check_index(name) == name


def test_patterns_of_indices() -> None:
    good = ["*", "logs-*", "-logs-old*", ".kibana*", "a"]
    assert check_indices(good) == good
    assert check_indices([]) == []
    for bad, words in (
        ("Logs", "upper case"),
        ("a:b", "of another cluster"),
        ("", "is empty"),
        ("-", "is empty"),
        ("a,b", "has ','"),
        ("..", "means a folder"),
    ):
        with pytest.raises(InputError, match=words):
            check_indices(["a", bad])


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("daily", "daily"),
        ("daily-{now/d}", "daily-20260304"),
        (
            "{now/y}-{now/M}-{now/w}-{now/h}-{now/m}-{now}",
            "2026-202603-20260302-2026030405-202603040506-20260304050607",
        ),
        ("daily-{now-1d/d}", "daily-20260303"),
        ("daily-{now-1d-5h/d}", "daily-20260303"),
        ("daily-{now-6h/d}", "daily-20260303"),
        ("a-{now+1M/M}", "a-202604"),
        ("a-{now-3M/M}", "a-202512"),
        ("a-{now-1y/y}", "a-2025"),
        ("a-{now/d{yyyy.MM.dd}}", "a-2026.03.04"),
        ("a-{now/d{yyyy--MM--dd}}", "a-2026--03--04"),
        ("a-{now/d{yyyyMMddHH|+02:00}}", "a-2026030400"),
        ("a-{now{HHmm|+0230}}", "a-0736"),
        ("a-{now{HHmm|UTC}}", "a-0506"),
        ("a-{now-6h{yyyyMMdd|-12:00}}", "a-20260303"),
        # the beginning of the unit, whatever the format shows
        ("a-{now/M{yyyy.MM.dd}}", "a-2026.03.01"),
        ("a-{now/y{yyyyMMddHHmmss}}", "a-20260101000000"),
        ("a-{now/w{yyyyMMddHH}}", "a-2026030200"),
        ("a-{now/h{HHmmss}}", "a-050000"),
        ("a-{now/m{HHmmss}}", "a-050600"),
        ("a-{now/w{xxxx-ww}}", "a-2026-10"),
        ("100%-{now/d{yyyy%MM}}", "100%-2026%03"),
        ("{now/d}{now/d}", "2026030420260304"),
    ],
)
def test_dates_in_names(pattern: str, name: str) -> None:
    assert resolved(pattern, NOW) == name
    assert family(pattern).match(name)
    assert family(pattern).match(resolved(pattern, NOW + 400 * 86400))


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a-{today}", "has a brace that is no date"),
        ("a-{now", "has a brace"),
        ("a-now}", "has a brace"),
        ("a-{now/q}", "has a brace"),
        ("a-{now/d{EEE}}", "EEE is not known in a date's format"),
        ("a-{now/d{yyyy|Europe/Berlin}}", "is no offset of a zone"),
        ("a-{now/d{yyyy|+2}}", "is no offset of a zone"),
        ("a-{now/d{yyyy|+99:00}}", "is no offset of a zone"),
        ("a-{now-9999y/d}", "is no date that there is"),
        ("a-{now+99999999999d/d}", "is no date that there is"),
        ("a-{now+9999999999999999999h/d}", "is no date that there is"),
    ],
)
def test_what_is_no_date(pattern: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        resolved(pattern, NOW)
    with pytest.raises(InputError):
        family(pattern)


@pytest.mark.parametrize(
    ("pattern", "others"),
    [
        (
            "daily-{now/d}",
            ["daily-2026030", "daily-202603045", "daily-x", "xdaily-20260304", "daily-20260304-1", "daily"],
        ),
        ("daily", ["daily-20260304", "dail", "dailyy", "daily\n"]),
        ("a.b-{now/y}", ["axb-2026"]),
        ("a-{now/d{yyyy.MM.dd}}", ["a-2026x03x04", "a-20260304"]),
    ],
)
def test_others_are_no_family(pattern: str, others: list[str]) -> None:
    assert not [name for name in others if family(pattern).match(name)]


def test_the_last_day_of_a_month() -> None:
    last = datetime(2026, 3, 31, tzinfo=timezone.utc).timestamp()
    assert resolved("{now-1M{yyyyMMdd}}", last) == "20260228"
    assert resolved("{now+1M{yyyyMMdd}}", last) == "20260430"
    leap = datetime(2024, 2, 29, tzinfo=timezone.utc).timestamp()
    assert resolved("{now-1y{yyyyMMdd}}", leap) == "20230228"
