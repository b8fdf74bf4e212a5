# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/queues.md and a page for each kind: each option is told, and the examples are right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._core import redis_connection
from ansible_collections.day2.ops.plugins.module_utils._queues import (
    archive_operation,
    information,
    operation,
    redrive_operation,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letter_options import described_queue
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.kinds import KINDS

DOCS = Path(__file__).parents[5] / "docs"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((DOCS / "queues").glob("*.md"))}
OTHERS = {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("queues", "dead_letters")}
SPECS = {
    "queue_depth": operation.SPEC,
    "dlq_info": information.SPEC,
    "dlq_reprocess": redrive_operation.SPEC,
    "dlq_archive": archive_operation.SPEC,
}


def options_in(page: str) -> set[str]:
    """Return the names in the first columns of all tables of options."""
    tables = [part.partition("\n\n")[0] for part in page.split("| Option |")[1:]]
    rows = [row for table in tables for row in table.splitlines()[2:]]
    return {name for row in rows for name in re.findall(r"`([\w.]+)`", row.split("|")[1])}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_option_of_a_kind_is_told_and_no_other(kind: str) -> None:
    spec = KINDS[kind]().SPEC.options
    shared = set(redis_connection.SPEC.options)
    own = set(spec) - shared if shared <= set(spec) else set(spec)
    nested = {inner for option in spec.values() for inner in option.get("options") or {}}
    told = {name for name in options_in(PAGES[kind]) if "." not in name}
    assert own - shared <= told <= own | shared | nested


def test_the_table_of_kinds_is_complete() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\(queues/(\w+)\.md\) \|", OTHERS["queues"], re.MULTILINE)
    assert rows == [(kind, kind) for kind in sorted(KINDS)]


def tasks_in(page: str) -> Iterator[dict[str, Any]]:
    for example in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        given = yaml.safe_load(example)
        yield from (one for one in given if isinstance(given, list) and any(key.startswith("day2.ops.") for key in one))


EXAMPLES = [(name, task) for name, page in {**PAGES, **OTHERS}.items() for task in tasks_in(page)]


@pytest.mark.parametrize(("page", "task"), EXAMPLES, ids=[f"{page}: {task['name']}" for page, task in EXAMPLES])
def test_each_example_is_right(page: str, task: dict[str, Any]) -> None:
    (module,) = (key.rpartition(".")[2] for key in task if key.startswith("day2.ops."))
    if module not in SPECS:
        return
    params = SPECS[module].validate(task[f"day2.ops.{module}"], page)
    if module == "queue_depth":
        defaults = {name: params[name] for name in redis_connection.SPEC.options}
        assert described(params["queues"], defaults) or params["discover"] or "{{" in str(task)
    else:
        assert described_queue(params).name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_an_example_of_a_redrive(kind: str) -> None:
    used = [
        task["day2.ops.dlq_reprocess"]["queue"]["kind"] for _page, task in EXAMPLES if "day2.ops.dlq_reprocess" in task
    ]
    assert kind in used
