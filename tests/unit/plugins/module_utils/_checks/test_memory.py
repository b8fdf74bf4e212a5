# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of this host, and of trees of files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.memory import measure
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, OpsError

if TYPE_CHECKING:
    from .conftest import Attempt

MEMINFO = """MemTotal:        1000 kB
MemFree:          100 kB
MemAvailable:     400 kB
SwapTotal:        200 kB
SwapFree:         150 kB
HugePages_Total:       0
"""


def host(root: Path, **files: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "proc/meminfo").write_text(files.pop("meminfo", MEMINFO))
    (root / "proc/self/cgroup").write_text("0::/\n")
    for name, text in files.items():
        (root / "sys/fs/cgroup" / name.replace("_", ".")).write_text(text)
    return root


def test_this_host(attempt: Attempt) -> None:
    outcome = attempt("memory", max_used_percent=100, min_available_bytes="1M")
    assert outcome.status == "pass", outcome.reason
    assert 0 < outcome.values["available_bytes"] <= outcome.values["total_bytes"]


def test_each_limit_is_held(attempt: Attempt) -> None:
    outcome = attempt("memory", max_used_percent=0, min_available_bytes="1024P")
    assert outcome.status == "fail"
    assert "used_percent is" in outcome.reason
    assert "available_bytes is" in outcome.reason


def test_what_is_available_counts_not_what_is_free(tmp_path: Path) -> None:
    seen = measure(host(tmp_path))
    assert (seen["source"], seen["used_percent"], seen["swap_percent"]) == ("host", 60.0, 25.0)
    assert seen["available_bytes"] == 400 * 1024


def test_a_lower_limit_of_the_control_group_counts(tmp_path: Path) -> None:
    seen = measure(host(tmp_path, memory_max="100000\n", memory_current="90000\n"))
    assert (seen["source"], seen["total_bytes"], seen["used_percent"]) == ("cgroup", 100000, 90.0)


def test_a_higher_limit_does_not(tmp_path: Path) -> None:
    assert measure(host(tmp_path, memory_max="99000000\n", memory_current="1\n"))["source"] == "host"


def test_no_swap(tmp_path: Path) -> None:
    assert measure(host(tmp_path, meminfo="MemTotal: 10 kB\nMemAvailable: 5 kB\n"))["swap_percent"] == 0.0


def test_a_page_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="MemTotal or MemAvailable is missing"):
        measure(host(tmp_path, meminfo="MemTotal: 10 kB\n"))
    with pytest.raises(AccessDenied, match="cannot read the file"):
        measure(tmp_path / "nowhere")
