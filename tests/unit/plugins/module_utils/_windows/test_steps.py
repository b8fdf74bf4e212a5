# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with steps is said before anything is touched, all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._windows.steps import problems

GROUPS = {"app", "worker"}
WELL: dict[str, Any] = {"name": "well", "command": ["true"]}


def test_steps_that_can_be_done(tmp_path: Path) -> None:
    file = tmp_path / "tasks.yml"
    file.touch()
    steps: list[dict[str, Any]] = [
        {**WELL, "hosts": "app", "verify": {"checks": [{"name": "a"}]}, "undo": {"role": "back", "timeout": "1m"}},
        {"name": "by tasks", "tasks": str(file), "timeout": "10m", "takes": 30, "undo": {}, "verify": None},
    ]
    assert problems(steps, GROUPS) == []
    assert problems(steps, GROUPS, "by tasks") == []
    assert problems([], GROUPS) == []


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([WELL, WELL], "two maintenance steps have one name, among well, well; the journal tells steps apart by it"),
        ([{"name": "idle"}], "maintenance step idle has nothing to do; expected one of tasks, role, command"),
        (
            [{**WELL, "role": "x"}],
            "maintenance step well has role and command; expected one of tasks, role, command",
        ),
        ([{"name": "a", "tasks": "/no.yml"}], "maintenance step a: no file /no.yml on the controller"),
        ([{**WELL, "hosts": "moon"}], "maintenance step well: no group moon in the inventory"),
        (
            [{**WELL, "verify": {"checks": [1], "role": "x"}}],
            "maintenance step well: verify has role and checks; expected one of tasks, role, command, checks",
        ),
        (
            [{**WELL, "undo": {"checks": [1]}}],
            "maintenance step well: undo has nothing to do; expected one of tasks, role, command",
        ),
        ([{**WELL, "tasks_from": "x"}], "maintenance step well has tasks_from, which is a role's"),
        ([{**WELL, "undo": {"tasks": "/no.yml"}}], "maintenance step well: undo: no file /no.yml on the controller"),
    ],
)
def test_what_is_wrong_with_a_step(steps: list[dict[str, Any]], line: str) -> None:
    assert problems(steps, GROUPS) == [line]


@pytest.mark.parametrize(
    ("step", "beginning"),
    [
        ({**WELL, "takes": "soon"}, "maintenance step well: takes: expected seconds"),
        ({**WELL, "timeout": True}, "maintenance step well: timeout: expected seconds"),
        ({**WELL, "undo": {"role": "x", "timeout": "x"}}, "maintenance step well: undo: timeout: expected seconds"),
    ],
)
def test_a_length_that_is_none(step: dict[str, Any], beginning: str) -> None:
    (line,) = problems([step], GROUPS)
    assert line.startswith(beginning)


def test_a_step_alone_that_is_not_there() -> None:
    assert problems([WELL], GROUPS, "wel") == ["window_only: no maintenance step wel; described are: well"]
    assert problems([], GROUPS, "x") == ["window_only: no maintenance step x; described are: none"]
