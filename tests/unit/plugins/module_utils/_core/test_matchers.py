# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matchers of labels."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.matchers import all_match, matcher, parse_matcher

LABELS = {"code": "503", "path": "/a b", "odd": 'say "a\\b"\n'}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('code="503"', True),
        ("code=503", True),
        (' code = "50" ', False),
        ("code!=200", True),
        ('code=~"5.."', True),
        ("code=~5..", True),
        ("code=~5.", False),
        ("code!~4..", True),
        ('path="/a b"', True),
        ("path=/a b", True),
        ('odd="say \\"a\\\\b\\"\\n"', True),
        ("other=", True),
        ('other=""', True),
        ("other!=x", True),
        ("other=~.+", False),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert parse_matcher(text).matches(LABELS) is holds
    assert parse_matcher(matcher(text)) == parse_matcher(text)


def test_all_must_hold() -> None:
    assert all_match([], LABELS)
    assert not all_match([parse_matcher("code=503"), parse_matcher("path=x")], LABELS)


@pytest.mark.parametrize("text", ["", "code", "=x", 'code="x', 'code="a" b', "code=~(", "1a=b"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected name|regular expression"):
        matcher(text)
