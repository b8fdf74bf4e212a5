# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics pages, whole and broken, in both formats."""

from __future__ import annotations

import math

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.exposition import MOST_SERIES, Page, Wanted, read_page

WANTED: Wanted = dict.fromkeys(("a", "a_total", "m.x"), lambda _labels: True)


def read(text: str) -> Page:
    return read_page([text.encode()], WANTED)


@pytest.mark.parametrize(
    ("line", "metric", "labels", "value"),
    [
        ("a 1", "a", (), 1.0),
        ("a{} 1.5e3", "a", (), 1500.0),
        ('a{x="1"}4', "a", (("x", "1"),), 4.0),
        ('a { y = "2" , x = "1" , } +Inf 1700000000000', "a", (("x", "1"), ("y", "2")), math.inf),
        ('a{x="\\"quoted\\" \\\\ and\\nfolded, }{"} -0.5', "a", (("x", '"quoted" \\ and\nfolded, }{'),), -0.5),
        ('a_total{x="1"} 3 # {trace_id="abc"} 0.67 1700000000.5', "a_total", (("x", "1"),), 3.0),
        ("a_total 3 1700000000.1 # {} 1", "a_total", (), 3.0),
        ('{"m.x", "a.b"="1"} 2', "m.x", (("a.b", "1"),), 2.0),
        ("a\t7\r", "a", (), 7.0),
    ],
)
def test_each_way_to_write_a_sample(line: str, metric: str, labels: tuple[tuple[str, str], ...], value: float) -> None:
    page = read(line)
    assert (page.samples, page.broken, page.lines) == ({metric: {labels: value}}, 0, 1)


def test_no_number_is_a_value_too() -> None:
    assert math.isnan(read("a NaN").samples["a"][()])


@pytest.mark.parametrize(
    "line",
    [
        "a",
        "a one",
        "a 1_000",
        "a 1 2 3",
        "a1.5",
        'a{x="1} 1',
        "a{x=1} 1",
        'a{x="1"',
        'a{x="1" y="2"} 1',
        "<html>",
        "a 1 # exemplar",
        "é 1",
    ],
)
def test_a_broken_line_is_counted_and_named(line: str) -> None:
    page = read(f"# HELP a about\nother 1\n{line}\nother_too 2\n")
    assert (page.samples, page.broken, page.lines) == ({}, 1, 2)
    assert page.first_broken == f"line 3: {line}"
    assert page.broken_wanted == (line[0] == "a" and not line.startswith("a1"))


def test_a_line_that_is_not_utf8_and_one_that_is_there_twice() -> None:
    page = read_page([b'a{x="\xff"} 1\na{x="1",y="2"} 1\na{y="2",x="1"} 2\n'], WANTED)
    assert (page.broken, page.broken_wanted) == (2, 2)
    assert page.samples == {"a": {(("x", "1"), ("y", "2")): 1.0}}


def test_pieces_may_be_cut_anywhere() -> None:
    text = '# TYPE a counter\na{x="é\\n"} 1\n\nb 2\na{x="2"} 3\n# EOF\n'.encode()
    whole = read_page([text], WANTED)
    assert whole.lines == 3
    assert (whole.types, whole.ended) == ({"a": "counter"}, True)
    for size in range(1, len(text)):
        assert read_page([text[at : at + size] for at in range(0, len(text), size)], WANTED) == whole


@pytest.mark.parametrize(
    "line",
    [
        'a{x="y"' + " " * 200_000 + "!",
        "a " + "1" * 200_000 + "!",
        "a{" + 'x="y",' * 50_000 + "!",
        'a{x="' + "\\" * 200_001,
        "a 1" + " " * 200_000 + "# !",
    ],
    ids=["blanks", "digits", "labels", "backslashes", "exemplar"],
)
def test_lines_that_are_made_to_take_long_do_not(line: str) -> None:
    """A pattern that went back and forth would need hours for these."""
    page = read(line)
    assert (page.broken, len(page.first_broken) < 100) == (1, True)


def test_only_what_is_wanted_is_kept() -> None:
    page = read("".join(f'b{{x="{number}"}} 1\n' for number in range(1000)) + "a 1\n")
    assert (page.lines, page.samples) == (1001, {"a": {(): 1.0}})


def test_series_that_are_not_wanted_and_too_many_are_not_kept() -> None:
    text = "".join(f'a{{x="{number}"}} 1\n' for number in range(MOST_SERIES + 1)).encode()
    assert read_page([text], {"a": lambda labels: dict(labels)["x"] == "7"}).samples == {"a": {(("x", "7"),): 1.0}}
    page = read_page([text], WANTED)
    assert (len(page.samples["a"]), page.overflowing) == (MOST_SERIES, {"a"})
