# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of errors: one line, bounded, with what failed, on what and what to do."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    MissingLibrary,
    OpsError,
    one_line,
    printable,
)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("cannot read",), "cannot read"),
        (("cannot read", "orders"), "cannot read: orders"),
        (("cannot read", "orders", "check the name"), "cannot read: orders; check the name"),
        (("cannot read", "", "check the name"), "cannot read; check the name"),
        (("two\nlines", "a\tb"), "two lines: a b"),
    ],
)
def test_an_error_is_one_line(given: tuple[str, ...], line: str) -> None:
    assert str(OpsError(*given)) == line


def test_a_long_text_is_cut() -> None:
    assert one_line("x" * 1000, 10) == "xxxxxxx..."
    assert one_line("x" * 10, 10) == "x" * 10


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert one_line("\x1b[31mred\x07\u202e \x9b2J\nend") == "[31mred 2J end"
    assert printable("a\x1bb\nc", keep="\n") == "a b\nc"


def test_a_missing_library_names_the_package_and_the_interpreter() -> None:
    error = MissingLibrary("redis", "/usr/bin/python3")
    assert "redis" in str(error)
    assert "/usr/bin/python3" in str(error)
    assert error.details == {"missing_libraries": ["redis"]}
