# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of control groups, read from trees of files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.day2.ops.plugins.module_utils._core.cgroup import cpu_limit, memory_limit


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_version_2_takes_the_lowest_limit_of_the_group_and_those_above(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/memory.max": "max\n",
            "sys/fs/cgroup/a/b/memory.current": "100\n",
            "sys/fs/cgroup/a/memory.max": "1000\n",
            "sys/fs/cgroup/a/memory.current": "700\n",
            "sys/fs/cgroup/a/memory.stat": "anon 100\ninactive_file 200\n",
            "sys/fs/cgroup/a/b/cpu.max": "50000 100000\n",
            "sys/fs/cgroup/a/cpu.max": "max 100000\n",
        },
    )
    limit = memory_limit(root)
    assert limit is not None
    assert (limit.limit, limit.used) == (1000, 500)
    assert cpu_limit(root) == 0.5


def test_version_2_inside_a_container_looks_at_the_top(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/../host/path\n",
            "sys/fs/cgroup/memory.max": "2000\n",
            "sys/fs/cgroup/memory.current": "10\n",
            "sys/fs/cgroup/cpu.max": "200000 100000\n",
        },
    )
    limit = memory_limit(root)
    assert limit is not None
    assert limit.limit == 2000
    assert cpu_limit(root) == 2.0


def test_version_1(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/x\n3:cpu,cpuacct:/x\n",
            "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "5000\n",
            "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "3000\n",
            "sys/fs/cgroup/memory/x/memory.stat": "total_inactive_file 1000\n",
            "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "150000\n",
            "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    limit = memory_limit(root)
    assert limit is not None
    assert (limit.limit, limit.used) == (5000, 2000)
    assert cpu_limit(root) == 1.5


def test_no_groups_no_limits(tmp_path: Path) -> None:
    assert memory_limit(tmp_path) is None
    assert cpu_limit(tmp_path) is None
