# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: make the figures of a suite, or show those that were made."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.signals import signals_as_errors

from . import rows
from .errors import FigureError
from .rows import Row
from .run import BUILD, FULL, SLICES, Run
from .suites import SUITES, Rows, chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 when each row holds, 1 when not."""
    options = _parser().parse_args(arguments)
    try:
        with signals_as_errors() as told:
            status: int = options.run(options)
            told.check()
            return status
    except FigureError as error:
        print(f"figures: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("figures: interrupted, cleaned up, nothing written", file=sys.stderr)
    return 1


def _make(options: argparse.Namespace) -> int:
    areas = chosen(options.suite, options.area)
    run = Run(options.slice, _say, options.work)
    made = [row for area, make in areas.items() for row in rows_of_area(area, make, run)]
    path: Path = options.dir / f"{options.suite}.json"
    rows.write(path, made)
    for line in ["", *rows.table(made), "", f"written to {path}"]:
        _say(line)
    return 0 if rows.all_hold(made) else 1


def rows_of_area(area: str, make: Rows, run: Run) -> list[Row]:
    """Return the area's rows; when it cannot go on, those it has made and one that says why."""
    made: list[Row] = []
    began = time.monotonic()
    try:
        for row in make(run):
            made.append(row)
            _say(f"{row.area}: {row.work}: {row.value:g} ({row.goal}{'' if row.holds else ': DOES NOT HOLD'})")
    except (FigureError, LabError) as error:
        made.append(Row.broken_off(area, str(error)))
        _say(f"{area}: broken off: {error}")
    _say(f"{area}: {len(made)} rows in {time.monotonic() - began:.0f} s")
    return made


def _table(options: argparse.Namespace) -> int:
    folder: Path = options.dir
    found = {suite: folder / f"{suite}.json" for suite in SUITES if (folder / f"{suite}.json").exists()}
    if not found:
        raise FigureError(f"no figures in {folder}; make some with: make {' '.join(SUITES)}")
    for suite, path in found.items():
        try:
            lines = rows.markdown(rows.read(path))
        except (OSError, ValueError, TypeError) as error:
            raise FigureError(f"cannot read {path} ({error}); make it anew with: make {suite}") from error
        for line in [f"## make {suite}", "", *lines, ""]:
            _say(line)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="figures", description="figures that a program can read, in build/*.json")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    texts = {
        "bench": "measure against peers",
        "chaos": "kill things in the middle, and account for what was in their hands",
        "faults": "break things, and see that the right check says so",
    }
    for suite, areas in SUITES.items():
        command = commands.add_parser(suite, help=texts[suite], description=texts[suite])
        command.add_argument("--area", default="", help=f"one of {', '.join(areas)} (default: all)")
        command.add_argument("--slice", choices=SLICES, default=FULL, help="how much (default: %(default)s)")
        command.add_argument("--work", default="", help="pattern of the rows' names (areas that cannot choose: all)")
        command.set_defaults(run=_make, suite=suite)
    shown = commands.add_parser("table", help="show what was made, as Markdown")
    shown.set_defaults(run=_table)
    for command in commands.choices.values():
        command.add_argument("--dir", type=Path, default=BUILD, help="where the files are (default: build)")
    return parser
