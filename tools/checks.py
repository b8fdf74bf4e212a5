# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make lint`, `sanity`, `units`, `live`, `integration` and `test` (all of them) run."""

from __future__ import annotations

import argparse
import signal
import sys

from ansible_collections.day2.ops.tools.paths import BIN, BUILD, PACKAGE, PYTHON
from ansible_collections.day2.ops.tools.steps import Step, run_steps


def program(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


def ansible_test(command: str) -> tuple[str, ...]:
    return (str(PYTHON), "-m", f"{PACKAGE}.tools.ansible_test", command)


LINT = (
    Step("ruff check", program("ruff", "check", ".")),
    Step("ruff format", program("ruff", "format", "--check", ".")),
    Step("mypy strict", program("mypy")),
    Step("yamllint", program("yamllint", "--strict", ".")),
    Step("ansible-lint", program("ansible-lint", "--profile", "production", "--offline")),
    Step("antsibull-docs", program("antsibull-docs", "lint-collection-docs", "--plugin-docs", ".")),
    Step("antsibull-changelog", program("antsibull-changelog", "lint")),
    Step("reuse", program("reuse", "lint", "--lines")),
    Step("galaxy build", program("ansible-galaxy", "collection", "build", "--force", "--output-path", str(BUILD))),
)
PYTEST = ("pytest", "-n", "2", "--dist", "loadfile", "--durations=30")
LIVE = program(*PYTEST, "tests/unit", "tests/live", "-m", "not long", "--cov", "--cov-report=term")
LONG = program(*PYTEST, "tests/live", "-m", "long")
# The step of pytest with real servers runs the same tests on the same Python, so `test` does without this one.
UNITS = Step("ansible-test units", ansible_test("units"))


GROUPS: dict[str, tuple[Step, ...]] = {
    "lint": LINT,
    "sanity": (Step("ansible-test sanity", ansible_test("sanity")),),
    "units": (
        UNITS,
        Step("ansible-test units on the oldest target Python", ansible_test("targets")),
    ),
    "live": (Step("pytest, real servers and coverage", LIVE),),
    "integration": (Step("ansible-test integration", ansible_test("integration")),),
}
# Too long for each change.
APART: dict[str, tuple[Step, ...]] = {"long": (Step("pytest, what takes minutes", LONG),)}


# What runs beside the tests with real servers, which wait often: none of these starts a server.
BESIDE = (
    (*LINT, *(step for step in GROUPS["units"] if step is not UNITS)),
    GROUPS["sanity"],
)


def run_group(group: str) -> int:
    if group != "test":
        return run_steps({**GROUPS, **APART}[group])
    return run_steps([*GROUPS["live"], *GROUPS["integration"]], BESIDE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", choices=[*GROUPS, *APART, "test"])
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    BUILD.mkdir(exist_ok=True)
    return run_group(parser.parse_args().group)


if __name__ == "__main__":
    sys.exit(main())
