# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/checks.md: each option and each kind is there, and the examples are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._checks.base import COMMON
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import build_checks
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._queues.thresholds import SPEC as QUEUE_LIMITS

PAGE = (Path(__file__).parents[5] / "docs" / "checks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
# The options of a kind of queue are on a page of their own.
ON_THIS_PAGE = {"queue": ArgSpec(options={"queue": {}, "queue_kind": {}}) + QUEUE_LIMITS}


def options_in(section: str) -> set[str]:
    """Return the names in the first column of the first table."""
    table = section.partition("| Option |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_option_of_a_kind_is_told_and_no_other(kind: str) -> None:
    options = ON_THIS_PAGE.get(kind, KINDS[kind]().SPEC).options
    assert options_in(SECTIONS[kind]) == set(options) - set(COMMON.options)


def test_the_common_options_are_told() -> None:
    assert options_in(PAGE) == set(COMMON.options)


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL), ids=lambda text: text[8:30])
def test_each_example_is_right(example: str) -> None:
    given = yaml.safe_load(example)
    assert [check.name for check in build_checks(given, {})] == [one["name"] for one in given]
