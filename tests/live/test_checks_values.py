# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that checks of real things return are those that docs/checks.md describes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.state import Facts
from ansible_collections.day2.ops.tests.live.checks import attempt

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def described(kind: str) -> set[str]:
    """Return the names in the table of a kind's values."""
    table = SECTIONS[kind].partition("| Value |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


@pytest.fixture
def examples(facts: Facts) -> dict[str, dict[str, Any]]:
    """A check of each kind that passes and returns all its values."""
    redis, postgres, bad_http = facts["redis"], facts["postgres"], facts["bad_http"]
    user_of_redis = {"login_user": redis["user"], "login_password": redis["password"]}
    user_of_postgres = {"login_user": postgres["user"], "login_password": postgres["password"]}
    return {
        "disk": {"path": "/", "max_used_percent": 100},
        "file_age": {"path": "/etc/passwd"},
        "http": {"url": f"{bad_http['tls_url']}/ok", "ca_certs": bad_http["ca_certs"], "min_tls_days": 0},
        "load": {"max_per_cpu": 1000},
        "memory": {"max_used_percent": 100},
        "postgres": {"login_port": postgres["port"], "login_db": postgres["database"], **user_of_postgres},
        "process": {"pattern": ".", "min_count": 0},
        "redis": {"login_port": redis["port"], **user_of_redis},
        "tcp": {"port": redis["port"]},
    }


@pytest.mark.parametrize("kind", sorted(set(SECTIONS) - {"queue"} - {"Options"}))
def test_values_are_described_and_json(kind: str, examples: dict[str, dict[str, Any]]) -> None:
    outcome = attempt(kind, **examples[kind])
    assert outcome.status == "pass", outcome.reason
    assert set(outcome.values) == described(kind) - ({"banner"} if kind == "tcp" else set())
    assert json.loads(json.dumps(outcome.values)) == outcome.values
