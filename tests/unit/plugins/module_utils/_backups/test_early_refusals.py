# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong options of a backup are told before its server is asked: nobody listens where these would connect to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_dump, redis_backup
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

Operation = Callable[[dict[str, Any], bool], Result]
OPERATIONS = {
    "postgres": (postgres_dump.SPEC, postgres_dump.operate),
    "redis": (redis_backup.SPEC, redis_backup.operate),
}
WRONG: dict[str, dict[str, Any]] = {
    "encryption": {"encryption": {"method": "age"}},
    "retention": {"retention": {"hourly": 3}},
    "rehearsal": {"rehearsal": {"nothing": 1}},
    "storage": {"storage": {"kind": "s3"}},
    "keep_local": {"keep_local": False},
}


@pytest.mark.parametrize("wrong", list(WRONG))
@pytest.mark.parametrize(("spec", "operate"), OPERATIONS.values(), ids=OPERATIONS)
def test_a_wrong_option_is_told_first(spec: ArgSpec, operate: Operation, wrong: str, tmp_path: Path) -> None:
    login = {"login_host": "127.0.0.1", "login_port": 1, "login_db": "shop"}
    given = {name: value for name, value in login.items() if name in spec.options}
    params = spec.validate({**given, "path": str(tmp_path), **WRONG[wrong]}, "test")
    with pytest.raises(InputError, match=wrong):
        operate(params, False)
    assert not list(tmp_path.iterdir())
