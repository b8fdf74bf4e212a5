# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of tasks in folders of a role name each other from the role's folder `tasks`.

Ansible looks for a bare name there, then beside the playbook, and only then beside the file that names it: a playbook
of the same name would be taken for it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROLES = Path(__file__).resolve().parents[2] / "roles"
INCLUDE = re.compile(r"(?:include|import)_tasks: ([\w./-]+\.yml)$", re.MULTILINE)


@pytest.mark.parametrize("file", sorted(ROLES.glob("*/tasks/*/*.yml")), ids=lambda file: str(file.relative_to(ROLES)))
def test_what_is_included_is_named_from_tasks(file: Path) -> None:
    tasks = file.parents[1]
    for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
        assert (tasks / name).is_file(), f"{name} is found beside a playbook of that name first"
