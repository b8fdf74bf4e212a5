# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind command with real plugins for Nagios, where the package monitoring-plugins is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.checks import attempt

_FOLDERS = (Path("/usr/lib/nagios/plugins"), Path("/usr/lib64/nagios/plugins"))


@pytest.fixture
def plugins() -> Path:
    found = [folder for folder in _FOLDERS if (folder / "check_dummy").exists()]
    if not found:
        pytest.skip("no plugins for Nagios on this machine")
    return found[0]


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        (0, "pass", ""),
        (1, "fail", "warning: WARNING: as told"),
        (2, "fail", "CRITICAL: as told"),
        (3, "unknown", "UNKNOWN: as told"),
    ],
)
def test_each_state(plugins: Path, state: int, status: str, reason: str) -> None:
    outcome = attempt("command", argv=[str(plugins / "check_dummy"), str(state), "as told"], nagios=True)
    assert (outcome.status, outcome.reason) == (status, reason)


@pytest.mark.parametrize(("limit", "status"), [("1%", "pass"), ("100%", "fail")])
def test_a_full_disk(plugins: Path, limit: str, status: str) -> None:
    argv = [str(plugins / "check_disk"), "-w", limit, "-c", limit, "-p", "/"]
    free: dict[str, Any] = {"path": 'perfdata."/"', "op": "gt", "value": 0}
    outcome = attempt("command", argv=argv, nagios=True, expect=[free])
    assert outcome.status == status, outcome.reason
    assert ("DISK" in outcome.reason) == (status == "fail")


def test_a_plugin_that_does_not_get_its_arguments(plugins: Path) -> None:
    outcome = attempt("command", argv=[str(plugins / "check_disk")], nagios=True)
    assert outcome.status == "unknown"
    assert "check_disk" in outcome.reason
