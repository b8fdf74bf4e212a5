# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load of this host, and of trees of files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.load import measure
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError

if TYPE_CHECKING:
    from .conftest import Attempt


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "proc/loadavg").write_text("4.00 2.00 1.00 1/100 4242\n")
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    return tmp_path


@pytest.mark.parametrize(("window", "per_cpu"), [(1, 1.0), (5, 0.5), (15, 0.25)])
def test_each_window(root: Path, window: int, per_cpu: float) -> None:
    assert measure(window, 4, root)["per_cpu"] == per_cpu


def test_a_quota_makes_fewer_cpus(root: Path) -> None:
    (root / "sys/fs/cgroup/cpu.max").write_text("50000 100000\n")
    assert measure(5, 4, root) == {"load": 2.0, "window": 5, "cpus": 0.5, "per_cpu": 4.0}


def test_this_host(attempt: Attempt) -> None:
    assert attempt("load", max_per_cpu=100000).status == "pass"
    outcome = attempt("load", max_per_cpu=-1, window=1)
    assert outcome.status == "fail"
    assert "expected at most -1" in outcome.reason


def test_a_window_that_the_kernel_does_not_know(attempt: Attempt) -> None:
    with pytest.raises(InputError, match=r"value of window must be one of: 1, 5, 15"):
        attempt("load", window=10)


def test_no_proc(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match="cannot read the file"):
        measure(5, 1, tmp_path)
