# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import COMMON
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS

if TYPE_CHECKING:
    from .conftest import Attempt

# Options without which a check of that kind cannot be.
LEAST: dict[str, dict[str, Any]] = {
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
    given = {"name": "it", "kind": name, **LEAST.get(name, {})}
    options = (COMMON + kind.SPEC.for_options(given)).validate(given, name)
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


@pytest.mark.parametrize(
    ("kind", "library", "package"),
    [
        ("http", "requests", "requests"),
        ("redis", "redis", "redis"),
        ("queue", "redis", "redis"),
        ("postgres", "psycopg", "psycopg[binary]"),
    ],
)
def test_a_missing_library_is_named_and_the_check_unknown(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, library: str, package: str
) -> None:
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    monkeypatch.setitem(sys.modules, library, None)
    outcome = attempt(kind, **LEAST.get(kind, {}))
    assert (outcome.status, outcome.missing_libraries) == ("unknown", (package,))
    assert outcome.reason.startswith(f"the Python library {package} is missing: {sys.executable}; install")


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(filter(None, sys.path))}
