# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mechanism behind bench, chaos and faults: rows, their files and tables, the command line, the rounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.figures import cli, rounds, rows
from ansible_collections.day2.ops.tests.figures.errors import FigureError
from ansible_collections.day2.ops.tests.figures.rows import Goal, Row, at_least, at_most, told
from ansible_collections.day2.ops.tests.figures.run import SHORT, Run
from ansible_collections.day2.ops.tests.figures.suites import SUITES, chosen
from ansible_collections.day2.ops.tests.lab.errors import LabError

GOOD = Row.of("checks", "20 checks", at_most(1.5, "x ping"), 1.23456, ours=1.2, peer=1.0, tries=5)
BAD = Row.of("checks", "1 | 2", at_least(8, "x"), 7.9)


@pytest.mark.parametrize(
    ("goal", "text", "value", "holds"),
    [
        (at_most(1.5, "x"), "<= 1.5 x", 1.5, True),
        (at_most(1.5, "x"), "<= 1.5 x", 1.501, False),
        (at_least(8, "x"), ">= 8 x", 8.0, True),
        (at_least(8, "x"), ">= 8 x", 7.999, False),
        (told("s"), "told, s", 1e9, True),
    ],
)
def test_a_goal_is_held_against_the_value(goal: Goal, text: str, value: float, holds: bool) -> None:
    row = Row.of("checks", "work", goal, value)
    assert (row.goal, row.value, row.holds) == (text, value, holds)


def test_rows_are_written_for_programs(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bench.json"
    rows.write(path, [GOOD, BAD])
    first, second = json.loads(path.read_text())
    assert first == {
        "area": "checks",
        "work": "20 checks",
        "goal": "<= 1.5 x ping",
        "value": 1.235,
        "holds": True,
        "made_of": {"ours": 1.2, "peer": 1.0, "tries": 5},
    }
    assert second["holds"] is False
    assert rows.read(path) == [GOOD, BAD]
    assert [item.name for item in path.parent.iterdir()] == ["bench.json"]


def test_rows_that_cannot_be_written_leave_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    rows.write(path, [GOOD])
    with pytest.raises(TypeError):
        rows.write(path, [Row("checks", "work", "goal", 1, True, {"no JSON": object()})])
    assert rows.read(path) == [GOOD]
    assert [item.name for item in tmp_path.iterdir()] == ["bench.json"]


def test_the_table_is_aligned() -> None:
    head, first, second = rows.table([GOOD, BAD])
    assert head.split() == ["area", "work", "goal", "value", "holds"]
    assert first.index("yes") == second.index("NO") == head.index("holds")


def test_markdown_keeps_its_columns() -> None:
    assert rows.markdown([BAD])[-1] == r"| checks | 1 \| 2 | >= 8 x | 7.9 | NO |"


@pytest.mark.parametrize(("made", "holds"), [([GOOD], True), ([GOOD, BAD], False), ([], False)])
def test_all_hold_when_there_are_rows_and_each_holds(made: list[Row], holds: bool) -> None:
    assert rows.all_hold(made) is holds


@pytest.mark.parametrize("error", [LabError("redis: no program"), FigureError("redis: no program")])
def test_an_area_that_breaks_off_keeps_its_rows_and_says_why(error: Exception) -> None:
    def make(_run: Run) -> Iterator[Row]:
        yield GOOD
        raise error

    said: list[str] = []
    made = cli.rows_of_area("checks", make, Run(SHORT, said.append))
    assert made[0] == GOOD
    assert (made[1].holds, made[1].made_of) == (False, {"error": "redis: no program"})


@pytest.mark.parametrize("suite", list(SUITES))
def test_every_area_can_be_chosen(suite: str) -> None:
    assert list(chosen(suite, "")) == list(SUITES[suite])
    for area in SUITES[suite]:
        assert callable(chosen(suite, area)[area])


def test_an_unknown_area_gets_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["bench", "--area", "chekcs", "--dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("figures: bench has no area 'chekcs'; expected one of backups, ")
    assert not list(tmp_path.iterdir())


def test_the_table_of_what_was_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows.write(tmp_path / "bench.json", [GOOD])
    assert cli.main(["table", "--dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["## make bench", "", *rows.markdown([GOOD]), ""]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no figures in "),
        ("[{", "make it anew with: make chaos"),
        ('[{"area": 1}]', "make it anew with: make chaos"),
    ],
)
def test_no_table_without_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "chaos.json").write_text(content)
    assert cli.main(["table", "--dir", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_contestants_take_turns() -> None:
    order: list[str] = []

    def contestant(name: str, values: Iterator[float]) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return next(values)

        return measure

    measured = rounds.in_turn(
        3, {"ours": contestant("ours", iter([1.0, 9.0, 2.0])), "peer": contestant("peer", iter([4.0, 4.0, 6.0]))}
    )
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert (measured["ours"].median, measured["peer"].median) == (2.0, 4.0)
    facts = rounds.ratio_facts(measured["ours"], measured["peer"], "s")
    assert facts == {
        "ours": 2.0,
        "peer": 4.0,
        "unit": "s",
        "tries": 3,
        "ours_tries": [1.0, 9.0, 2.0],
        "peer_tries": [4.0, 4.0, 6.0],
        "spread": 4.0,
    }
