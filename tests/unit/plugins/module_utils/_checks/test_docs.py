# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/checks.md and a page for each kind: each option is told, and the examples are right."""

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

DOCS = Path(__file__).parents[5] / "docs"
COMMON_PAGE = (DOCS / "checks.md").read_text(encoding="utf-8")
ON_THIS_PAGE = {"queue": ArgSpec(options={"queue": {}, "queue_kind": {}}) + QUEUE_LIMITS}


def page_of(kind: str) -> str:
    return (DOCS / "checks" / f"{kind}.md").read_text(encoding="utf-8")


def options_in(page: str) -> set[str]:
    """Return the names in the first column of the first table."""
    table = page.partition("| Option |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_option_of_a_kind_is_told_and_no_other(kind: str) -> None:
    options = ON_THIS_PAGE.get(kind, KINDS[kind]().SPEC).options
    assert options_in(page_of(kind)) == set(options) - set(COMMON.options)


def test_the_common_options_are_told() -> None:
    assert options_in(COMMON_PAGE) == set(COMMON.options)


def test_the_table_of_kinds_is_complete() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\(checks/(\w+)\.md\) \|", COMMON_PAGE, re.MULTILINE)
    assert rows == [(kind, kind) for kind in sorted(KINDS)]


EXAMPLES = [
    (name, example)
    for name, page in [("checks", COMMON_PAGE), *((kind, page_of(kind)) for kind in sorted(KINDS))]
    for example in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[name for name, _example in EXAMPLES])
def test_each_example_is_right(name: str, example: str) -> None:
    given = yaml.safe_load(example)
    assert [check.name for check in build_checks(given, {})] == [one["name"] for one in given], name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_an_example(kind: str) -> None:
    assert any(name == kind for name, _example in EXAMPLES)
