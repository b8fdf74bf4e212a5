# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as Ansible runs them: a program that reads arguments and prints one result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

MODULES = "ansible_collections.day2.ops.plugins.modules"
QUEUE = {"kind": "redis_list", "dead": "a", "login_password": "hunter2", "sentinel_password": 199812}
SECRETS = ("hunter2", "199812")


def run(module: str, **arguments: Any) -> dict[str, Any]:
    """Return what the module prints; it tells how it was called, as it does for all before ansible-core 2.20."""
    given = {**arguments, "_ansible_inject_invocation": True}
    program = subprocess.run(
        [sys.executable, "-m", f"{MODULES}.{module}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found: dict[str, Any] = json.loads(program.stdout)
    return found


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("dlq_info", {"queue": QUEUE, "limit": "abc"}),
        ("dlq_info", {"queue": QUEUE, "colour": "red"}),
        ("queue_depth", {"queues": [QUEUE], "timeout": "abc"}),
        ("queue_depth", {"queues": [QUEUE, "no queue"]}),
        (
            "health_gate",
            {"checks": [{"name": "api", "kind": "http", "headers": {"X-Api-Key": "hunter2"}}], "retries": "x"},
        ),
    ],
)
def test_an_ill_typed_option_shows_no_secret_of_another(module: str, arguments: dict[str, Any]) -> None:
    told = run(module, **arguments)
    assert told["failed"]
    assert "module_args" in told["invocation"]
    assert not [secret for secret in SECRETS if secret in json.dumps(told)]


_OURS = """
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
run(ArgSpec(), lambda _params, _check_mode: Result(data={"path": "/", "size": 123456}))
"""


def test_a_size_beside_a_path_is_the_one_that_was_returned() -> None:
    program = subprocess.run(
        [sys.executable, "-c", _OURS],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {}}),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = json.loads(program.stdout)
    assert (told["path"], told["size"], "mode" in told) == ("/", 123456, False)
