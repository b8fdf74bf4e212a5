# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A yes or no that comes as text, as `-e day2_bootstrap=false` gives it, is one to the conditions of all roles.

Ansible validates a role's options, and hands them on as they are: text alone is no condition, and ends the play.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"


def conditions(part: Any) -> Iterator[str]:
    """Yield all that stands under `when`, wherever in the tasks."""
    if isinstance(part, list):
        for inner in part:
            yield from conditions(inner)
    elif isinstance(part, dict):
        when = part.get("when", [])
        yield from (str(one) for one in (when if isinstance(when, list) else [when]))
        yield from (one for inner in part.values() for one in conditions(inner))


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir() if (path / "tasks").is_dir()))
def test_a_condition_takes_yes_or_no_as_text(role: str) -> None:
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    choices = {
        name
        for spec in specs.values()
        for name, option in (spec.get("options") or {}).items()
        if option["type"] == "bool"
    }
    for file in sorted((ROLES / role / "tasks").rglob("*.yml")):
        found = conditions(yaml.safe_load(file.read_text(encoding="utf-8")))
        bare = choices & {one.removeprefix("not ").strip("()") for one in found}
        assert not bare, f"{file.relative_to(ROLES)}: {', '.join(sorted(bare))}: expected | bool"
