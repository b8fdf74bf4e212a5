# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every kind."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import COMMON
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS

# Options without which a check of that kind cannot be.
LEAST: dict[str, dict[str, object]] = {
    "disk": {"path": "/"},
    "file_age": {"path": "/etc/passwd"},
    "http": {"url": "http://localhost/"},
    "process": {"pattern": "x"},
    "queue": {"queue_kind": "redis_list", "queue": "orders"},
    "tcp": {"port": 80},
}
# These prove health by their probe alone: a connection, a login, a file that is there.
PROBE_IS_PROOF = {"file_age", "postgres", "queue", "tcp"}
BARE = ["disk", "file_age", "load", "memory", "process", "tcp"]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_complete(name: str) -> None:
    kind = KINDS[name]()
    options = (COMMON + kind.SPEC).validate({"name": "it", "kind": name, **LEAST.get(name, {})}, name)
    assert kind.conditions(options) or name in PROBE_IS_PROOF


@pytest.mark.parametrize("name", BARE)
def test_a_kind_of_the_standard_library_imports_nothing_dear(name: str) -> None:
    dear = "{'requests', 'redis', 'psycopg', 'ssl', 'urllib3', 'http.client'}"
    code = (
        "import sys; from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS; "
        f"kind = KINDS[{name!r}](); assert not kind.LIBRARIES; print(sorted({dear} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout == "[]\n"


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(filter(None, sys.path))}
