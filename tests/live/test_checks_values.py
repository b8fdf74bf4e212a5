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

PAGES = Path(__file__).parents[2] / "docs" / "checks"
# Kinds whose own tests look at their values, as they need a server of their own or have values by option.
KINDS = ("disk", "file_age", "http", "load", "memory", "process", "tcp")


def described(kind: str) -> set[str]:
    """Return the names in the table of a kind's values."""
    table = (PAGES / f"{kind}.md").read_text(encoding="utf-8").partition("| Value |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


@pytest.fixture
def examples(facts: Facts) -> dict[str, dict[str, Any]]:
    """A check of each kind that passes and returns all its values."""
    redis, bad_http = facts["redis"], facts["bad_http"]
    return {
        "disk": {"path": "/", "max_used_percent": 100},
        "file_age": {"path": "/etc/passwd"},
        "http": {"url": f"{bad_http['tls_url']}/ok", "ca_certs": bad_http["ca_certs"], "min_tls_days": 0},
        "load": {"max_per_cpu": 1000},
        "memory": {"max_used_percent": 100},
        "process": {"pattern": ".", "min_count": 0},
        "tcp": {"port": redis["port"]},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_described_and_json(kind: str, examples: dict[str, dict[str, Any]]) -> None:
    outcome = attempt(kind, **examples[kind])
    assert outcome.status == "pass", outcome.reason
    assert set(outcome.values) == described(kind) - ({"banner"} if kind == "tcp" else set())
    assert json.loads(json.dumps(outcome.values)) == outcome.values
