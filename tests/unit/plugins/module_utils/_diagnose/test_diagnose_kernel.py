# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel tells a diagnosis: processes, sockets, memory; from folders that look like /proc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, NotThere
from ansible_collections.day2.ops.plugins.module_utils._diagnose import connections, memory, ports, processes, sockets
from ansible_collections.day2.ops.plugins.module_utils._diagnose.processes import Process, program
from ansible_collections.day2.ops.plugins.module_utils._diagnose.sockets import Socket


def process(pid: int, parent: int = 1, argv: tuple[str, ...] = ("/usr/bin/shop",), **more: Any) -> Process:
    given: dict[str, Any] = {"user": os.getuid(), "name": "shop", "rss": 1 << 20, "cpu_seconds": 1.0, **more}
    return Process(pid, parent, argv=argv, **given)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["/usr/bin/redis-cli", "-a", "hush-hush"], "redis-cli"),
        (["/usr/bin/python3.11", "-W", "ignore", "-m", "shop.worker", "--token", "x"], "python3.11 -m shop.worker"),
        (["python", "/srv/shop/api.py", "--password=x"], "python api.py"),
        (["bash", "-c", "export TOKEN=hush"], "bash -c"),
        (["java", "-cp", "/srv/lib/*", "-Xmx1g", "shop.Main"], "java shop.Main"),
        (["java", "-jar", "/srv/shop.jar"], "java -jar shop.jar"),
        (["postgres: shop shop [local] idle"], "postgres:"),
        ([""], ""),
    ],
)
def test_a_command_line_is_told_without_its_arguments(argv: list[str], told: str) -> None:
    assert program(argv) == told


def test_processes_are_read_ranked_and_related(tmp_path: Path) -> None:
    for pid, parent, state, ticks in ((7, 1, "S", 300), (8, 7, "R", 50), (9, 1, "Z", 0), (10, 2, "S", 0)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        before = f"{pid} (a (b) c) {state} {parent} " + " ".join("0" for _number in range(9))
        (folder / "stat").write_text(f"{before} {ticks} 0 0 0 0 0 1 0 5 0 {pid}\n", encoding="ascii")
        (folder / "status").write_text("Name:\tx\nUid:\t65534\t0\t0\t0\n", encoding="ascii")
        (folder / "cmdline").write_bytes(b"/bin/prog\0--secret\0hush\0")
    seen = processes.look(tmp_path)
    assert set(seen) == {7, 8}  # neither the zombie nor the kernel's
    assert processes.family(seen, [7]) == {7, 8}
    slow = {7: process(7, cpu_seconds=seen[7].cpu_seconds - 0.5), 8: process(8, cpu_seconds=99.0)}
    told = processes.top(slow, seen, 1.0, 5)
    assert told["count"] == 2 and told["by_memory"][0]["pid"] == 8
    assert [(row["pid"], row["cpu_percent"]) for row in told["by_cpu"]] == [(7, 50.0)]  # 8 is another process now
    assert processes.look(tmp_path)[7].told.startswith("prog (pid 7, user ")


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:1F90 0200007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 112 1 0 100 0 0 10 0
   2: 0100007F:C001 0300007F:1538 02 00000000:00000000 00:00000000 00000000  1000        0 113 1 0 100 0 0 10 0
"""
TCP6 = """  sl  local_address
   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200007F:C003 08 0:0 00:0 0 0 0 114 1
"""


def test_sockets_are_read_and_grouped(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        sockets.look(tmp_path)
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TCP, encoding="ascii")
    (tmp_path / "net/tcp6").write_text(TCP6, encoding="ascii")
    seen = sockets.look(tmp_path)
    assert [one.state for one in seen] == ["listen", "established", "syn_sent", "close_wait"]
    assert (seen[0].local, seen[0].port, seen[3].peer) == ("127.0.0.1", 8080, "127.0.0.2")
    lines = {sockets.line_of(row): row["state"] for row in sockets.grouped(seen, 9)}
    assert lines["to 127.0.0.3:5432"] == "syn_sent"
    fd = tmp_path / "42/fd"
    fd.mkdir(parents=True)
    (fd / "3").symlink_to("socket:[111]")
    assert sockets.holders(seen[:1], tmp_path) == {"111": 42}
    assert sockets.port_range(tmp_path) is None


def listening(port: int = 8000, inode: str = "1", uid: int = 0) -> Socket:
    return Socket("127.0.0.1", port, "0.0.0.0", 0, "listen", uid, inode)


def judged(ours: dict[str, set[int]], holder: dict[str, int], pattern: str = "", listen: bool = True) -> Any:
    known = {5: process(5, argv=("/usr/sbin/nginx",)), 6: process(6, 5, ("/usr/bin/docker-proxy",))}
    wanted = [{"port": 8000, "part": "api"}]
    seen = ports.look(wanted, [listening()] if listen else [], holder, known)
    findings, unknown = ports.judge(seen, {8000: pattern} if pattern else {}, ours, known)
    return [(one.about, one.what) for one in findings], unknown


def test_who_has_a_port() -> None:
    taken = [("port_taken", f"port 8000 of api is taken by nginx (pid 5, user {processes.user_name(0)})")]
    assert judged({"api": set()}, {"1": 5}) == (taken, [])
    assert judged({"api": {9}}, {"1": 5}) == (taken, [])
    assert judged({"api": {5}}, {"1": 5}) == ([], [])
    assert judged({"api": {9}}, {"1": 6}) == ([], [])  # docker's own, while a container runs
    assert judged({}, {"1": 5}, "nginx$") == ([], [])
    assert judged({"api": set()}, {}, listen=False) == ([("port_silent", "nobody listens on port 8000 of api")], [])
    findings, unknown = judged({"api": set()}, {})
    assert "taken by a process of " in findings[0][1] and not unknown
    findings, unknown = judged({"api": {9}}, {})
    assert not findings and "run as root" in unknown[0]
    assert "whether the right one listens" in judged({}, {"1": 5})[1][0]


def test_connections_that_pile_up() -> None:
    waiting = Socket("127.0.0.1", 40000, "10.0.0.9", 5432, "syn_sent", 0, "1")
    one = {"direction": "out", "peer": "10.0.0.8", "port": 6379, "state": "close_wait", "count": 80}
    found = connections.judge([one], [waiting], [waiting], 100)
    assert [finding.what for finding in found] == [
        "80 connections to 10.0.0.8:6379 were closed there, and are not closed here",
        "a connection to 10.0.0.9:5432 gets no answer",
        "80 connections to 10.0.0.8:6379, of 100 that there can be",
    ]
    assert connections.judge([{**one, "count": 3}], [], [waiting], None) == []


KMSG = (
    "3,100,5000000,-;Memory cgroup out of memory: Killed process 77 (worker) total-vm:1kB\n"
    "6,101,6000000,-;eth0: link up\n"
)


def host(root: Path, kmsg: str | None = KMSG, kills: int = 1) -> Path:
    for name in ("proc/self", "dev", "sys/fs/cgroup/shop", "proc/9"):
        (root / name).mkdir(parents=True)
    (root / "proc/meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n", encoding="ascii")
    (root / "proc/uptime").write_text("65.0 1.0\n", encoding="ascii")
    (root / "proc/vmstat").write_text(f"pgfault 5\noom_kill {kills}\n", encoding="ascii")
    (root / "proc/9/cgroup").write_text("0::/shop\n", encoding="ascii")
    (root / "sys/fs/cgroup/shop/memory.events").write_text("low 0\noom 2\noom_kill 2\n", encoding="ascii")
    if kmsg is not None:
        (root / "dev/kmsg").write_text(kmsg, encoding="ascii")
    return root


def test_what_the_kernel_killed(tmp_path: Path) -> None:
    seen, unknown = memory.look(host(tmp_path))
    assert seen["killed"] == [{"pid": 77, "name": "worker", "age": 60}] and not unknown
    found = memory.judge(seen, {1: process(1, rss=600_000 << 10)})
    assert [one.what for one in found] == [
        "the kernel killed worker (pid 77) 1 min ago, as memory ran out",
        "95 % of the memory of the host is used",
        f"shop (pid 1, user {processes.user_name(os.getuid())}) has 585 MiB, over half of the memory",
    ]
    assert memory.group_kills(9, tmp_path) == 2 and memory.group_kills(10, tmp_path) is None


def test_a_log_that_cannot_be_read_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, unknown = memory.look(host(tmp_path, None, kills=3))
    assert seen["killed"] is None and "there is no kernel's log here" in unknown
    (found, *_memory) = memory.judge(seen, {})
    assert found.what.startswith("3 processes of the machine were killed") and found.severity == "warning"

    def refused(*_arguments: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(AccessDenied, match="run as root"):
        memory.kernel_kills(tmp_path)
