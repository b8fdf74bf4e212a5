# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options of es_snapshot ask for, and which are refused before the cluster is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._search.making import operate
from ansible_collections.day2.ops.plugins.module_utils._search.making_options import SPEC, Wanted, wanted

NOW = 1772330400.0  # 2026-03-01 02:00:00 UTC
NOBODY = "http://127.0.0.1:1"


def given(**options: Any) -> dict[str, Any]:
    return SPEC.validate({"url": [NOBODY], "repository": "backup", "name": "daily-{now/d}", **options}, "test")


def asked(**options: Any) -> Wanted:
    return wanted(given(**options), NOW)


def test_the_name_gets_its_date_and_has_a_family() -> None:
    found = asked()
    assert (found.place, found.dated, found.glob) == ("backup/daily-20260301", True, "daily-*")
    assert found.family.match("daily-20251231")
    assert not any(map(found.family.match, ("daily-2026", "daily-202512310", "hourly-20251231", "daily-20251231-a")))


def test_a_name_without_a_date_is_alike_to_those_that_differ_in_digits() -> None:
    found = asked(name="daily-20260301")
    assert (found.name, found.dated, found.glob) == ("daily-20260301", False, "daily-*")
    assert found.family.match("daily-20251231")
    assert not found.family.match("daily-2026")
    alone = asked(name="before.upgrade")
    assert alone.family.match("before.upgrade")
    assert not alone.family.match("before-upgrade")


def test_retention_has_the_words_of_backups() -> None:
    for word in ("last", "keep_last"):
        rules = asked(retention={word: 3, "max_age": "30d"}).rules
        assert rules is not None
        assert (rules.counts, rules.max_age) == ({"last": 3}, 30 * 86400.0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"repository": "a/b"}, "repository 'a/b' has '/'"),
        ({"repository": ""}, "repository '' is empty"),
        ({"name": "Daily"}, "name 'Daily' has upper case letters"),
        ({"name": "_all"}, "name '_all' begins with _"),
        ({"name": "a,b"}, "name 'a,b' has ','"),
        ({"name": "a*"}, "name 'a*' has '*'"),
        ({"name": "daily-{today}"}, "has a brace that is no date"),
        ({"name": "x" * 256}, "name is 256 bytes long"),
        ({"indices": ["Orders"]}, "indices: 'Orders' has upper case letters"),
        ({"indices": ["other:orders"]}, "is of another cluster"),
        ({"indices": ["a b"]}, "has ' '"),
        ({"wait_timeout": "soon"}, "wait_timeout: expected seconds"),
        ({"timeout": 0}, "timeout is 0"),
        ({"url": ["localhost:9200"]}, "not a usable URL"),
        ({"metadata": {"day2": 1}}, "metadata: day2 is where the counts"),
        ({"metadata": {"text": "x" * 1000}}, "metadata are too large"),
        ({"metadata": {"text": "x" * 1020}, "counts": False}, "metadata: 1031 bytes are too many"),
        ({"retention": {"daily": 0}}, "retention: these rules keep nothing"),
        ({"retention": {"daily": -1}}, "retention: expected numbers of 0 or more"),
        ({"retention": {"last": 1}, "name": "daily"}, "retention: the name 'daily' has no date"),
        ({"retention": {"last": 1}, "wait": False}, "retention: nothing is removed before"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_before_anybody_is_asked(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        operate(given(**options), check_mode=False)
    assert told in str(caught.value)
    assert str(caught.value).isprintable()
