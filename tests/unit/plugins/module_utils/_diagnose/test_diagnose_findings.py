# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runtimes tell a diagnosis of instances, and what results of checks come to."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.systemctl import parse_properties
from ansible_collections.day2.ops.plugins.module_utils._core.waiting import SYSTEM_CLOCK
from ansible_collections.day2.ops.plugins.module_utils._diagnose import (
    checks,
    host,
    memory,
    parts_compose,
    parts_systemd,
    processes,
)
from ansible_collections.day2.ops.plugins.module_utils._diagnose.findings import ADVICE, Finding, ranked
from ansible_collections.day2.ops.plugins.module_utils._diagnose.found import Found
from ansible_collections.day2.ops.plugins.module_utils._diagnose.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._diagnose.page import diagnosis
from ansible_collections.day2.ops.plugins.module_utils._diagnose.parts import Environment, Instance, judge, lacking
from ansible_collections.day2.ops.plugins.module_utils._diagnose.parts_kubernetes import Pods, instance_of
from ansible_collections.day2.ops.plugins.module_utils._diagnose.parts_process import environment_of
from ansible_collections.day2.ops.plugins.module_utils._diagnose.processes import Process
from ansible_collections.day2.ops.plugins.module_utils._runtimes.base import Part
from ansible_collections.day2.ops.plugins.module_utils._runtimes.compose import Compose

API = Part("api", "web", 60.0, None, None)


def told(instance: Instance) -> list[tuple[str, str]]:
    return [(one.about, one.what) for one in judge(instance)]


def test_how_an_instance_ended_is_told() -> None:
    ended = Instance("api", "shop-web-1", "exited", False, "stopped", exit_code=137, restarts=7, oom_killed=True)
    assert told(ended) == [
        ("out_of_memory", "api (shop-web-1) was killed for want of memory"),
        ("stopped", "api (shop-web-1) is exited, it ended with 137 (it was killed by SIGKILL)"),
        ("restarts", "api (shop-web-1) was started again 7 times"),
    ]
    taken = Instance("api", "api", "created", False, "stopped", message="bind: address already in use")
    assert told(taken)[0][0] == "port_taken"
    assert told(Instance("api", "api", "running", True, restarts=1)) == []


def test_a_secret_in_a_line_is_masked() -> None:
    one = Instance("api", "api", "x", False, message="DB_PASSWORD=hush-hush", lines=["--api-key hush-hush"])
    assert "hush" not in str(one.told())


def test_variables_that_are_missing_empty_or_not_known() -> None:
    seen = [
        Instance("api", "api-1", "running", True, environment=Environment(["A", "B"], ["B"])),
        Instance("worker", "w-1", "x", False, environment=Environment(unknown="run as root")),
    ]
    findings, unknown = lacking(seen, {"api": ["A", "B", "C"], "worker": ["A"], "cron": ["A"]})
    assert [one.what for one in findings] == ["api-1 lacks C and has an empty B"]
    assert unknown == [
        "variables of w-1: run as root",
        "variables of cron: no such part is described, or it cannot be told",
    ]


def test_of_a_process_only_names_are_kept(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/environ").write_bytes(b"TOKEN=hush\0EMPTY=\0")
    seen = environment_of(7, tmp_path)
    assert (seen.names, seen.empty) == (["TOKEN", "EMPTY"], ["EMPTY"]) and "hush" not in str(seen)
    assert "run as its user or root" in environment_of(8, tmp_path).unknown


def test_the_files_of_a_unit(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("# a comment\nTOKEN=hush\n\nEMPTY=\n", encoding="utf-8")
    seen = parts_systemd._described({"Environment": '"A=x y" B=', "EnvironmentFiles": f"{file} (ignore_errors=no)"})
    assert (seen.names, seen.empty) == (["A", "B", "TOKEN", "EMPTY"], ["B", "EMPTY"])
    (tmp_path / "more.env").write_text("MORE=1\n", encoding="utf-8")
    files = "".join(f"EnvironmentFiles={tmp_path}/{name}.env (ignore_errors=no)\n" for name in ("shop", "more"))
    assert parts_systemd._described(parse_properties(files)).names == ["TOKEN", "EMPTY", "MORE"]
    gone = parts_systemd._described({"EnvironmentFiles": f"{tmp_path}/no (ignore_errors=no)"})
    assert gone.names is None and "cannot be read" in gone.unknown
    assert parts_systemd._described({"EnvironmentFiles": f"{tmp_path}/no (ignore_errors=yes)"}).names == []


class Project(Compose):
    """A STAND-IN for docker: its files and containers are given."""

    def __init__(self, containers: list[dict[str, Any]]) -> None:
        self.given = containers

    def config(self) -> dict[str, Any]:
        environment = {"A": "1", "B": "", "C": None}
        ports = [
            {"published": "8000", "target": 80},
            {"published": "9000-9002"},
            {"published": "53", "protocol": "udp"},
        ]
        return {"name": "shop", "services": {"web": {"environment": environment, "ports": ports}}}

    def inspected(self, project: str, fields: Any) -> Any:
        assert project == "shop" and "Restarts" in fields
        return iter(self.given)

    def last_lines(self, container: str, count: int) -> list[str]:
        raise OpsError("the driver keeps no logs")


def container(**more: Any) -> dict[str, Any]:
    given = {"Name": "/shop-web-1", "Service": "web", "Status": "running", "Health": None, "ExitCode": 0, "Pid": 9}
    rest = {"OOMKilled": False, "Restarts": 0, "Error": "", "Id": "x", "Names": ["A", ""], "Empty": [""]}
    return {**given, **rest, **more}


def test_containers_of_a_project() -> None:
    (none,) = parts_compose.look(Project([]), [API], 5)
    assert (none.state, none.fault) == ("without a container", "stopped")
    assert (list(none.environment.names or ()), none.environment.empty) == (["A", "B"], ["B"])
    (sick,) = parts_compose.look(Project([container(Health="unhealthy")]), [API], 5)
    assert (sick.fault, sick.runs, sick.environment.names) == ("unhealthy", False, ["A"])
    assert sick.lines is None and "keeps no logs" in sick.lines_unknown
    (dead,) = parts_compose.look(Project([container(Status="exited", ExitCode=1, Pid=0)]), [API], 5)
    assert (dead.fault, dead.exit_code, dead.pids) == ("stopped", 1, [])
    (done,) = parts_compose.look(Project([container(Status="exited")]), [API], 5)
    assert done.fault == ""  # a job that has ended well
    assert parts_compose.published(Project([]), [API]) == [{"port": 8000, "part": "api"}]


def pod(state: dict[str, Any], more: dict[str, Any] | None = None, ready: bool = False) -> dict[str, Any]:
    status = {
        "phase": "Running",
        "containerStatuses": [{"name": "web", "ready": ready, "state": state, **(more or {})}],
    }
    return {"metadata": {"name": "shop-1"}, "status": status}


def test_pods() -> None:
    ended: dict[str, Any] = {"lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}, "restartCount": 4}
    looping = instance_of("api", pod({"waiting": {"reason": "CrashLoopBackOff"}}, ended), "web")
    assert (looping.state, looping.fault, looping.oom_killed, looping.restarts) == (
        "CrashLoopBackOff",
        "stopped",
        True,
        4,
    )
    pull = instance_of("api", pod({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}), "web")
    assert (pull.fault, pull.message) == ("image", "no such image")
    assert instance_of("api", pod({"running": {}}), "web").fault == "unhealthy"
    assert instance_of("api", pod({"running": {}}, ready=True), "web").fault == ""
    waits = {"conditions": [{"status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]}
    lost = instance_of("api", {"metadata": {"name": "x"}, "status": {"phase": "Pending", **waits}}, "web")
    assert (lost.fault, lost.message) == ("no_room", "0/3 nodes are available")


def test_secrets_of_kubernetes_are_not_read() -> None:
    pods = Pods({"namespace": "shop", "host": "http://127.0.0.1:1"})
    plain = pods._environment(
        {"env": [{"name": "A", "value": "x"}, {"name": "B"}, {"name": "C", "valueFrom": {"x": 1}}]}
    )
    assert (plain.names, plain.empty) == (["A", "B", "C"], ["B"])
    hidden = pods._environment({"envFrom": [{"secretRef": {"name": "db"}}]})
    assert hidden.names is None and "the Secret db, which is not read" in hidden.unknown


def check(name: str, kind: str, status: str = "fail", **more: Any) -> dict[str, Any]:
    given = {"severity": "critical", "reason": f"{name} is ill", "seen": {"value": 1}, "runbook": ""}
    return {"name": name, "kind": kind, "status": status, **given, **more}


def test_checks_become_findings() -> None:
    down: dict[str, Any] = {"reason": "no connection", "seen": {}}
    made = [
        check("db", "postgres", **down),
        check("diagnose locks", "postgres", severity="warning", **down),
        check("slow", "postgres", severity="warning"),
        check("api", "http", runbook="https://wiki/api"),
        check("orders", "queue", severity="warning"),
        check("jobs", "queue", seen={}),
        check("load", "load", severity="observe"),
        check("hidden", "disk", status="unknown"),
        check(
            "fine",
            "redis",
            status="pass",
            seen={
                "memory_percent": 95.0,
                "clients": [{"host": "10.0.0.9", "name": "", "user": "shop", "count": 1, "largest": 128 << 20}],
            },
        ),
    ]
    findings, unknown = checks.judge(made, {"diagnose locks": "locks", "slow": "statements"})
    told = [(one.about, one.severity, one.what) for one in findings]
    assert told == [
        ("dependency", "critical", "db: no connection"),
        ("statements", "", "slow: slow is ill"),
        ("answer", "critical", "api: api is ill"),
        ("queue", "warning", "orders: orders is ill"),
        ("dependency", "critical", "jobs: jobs is ill"),
        ("cpu", "note", "load: load is ill"),
        ("clients", "", "10.0.0.9 (shop) takes 128 MiB of Redis"),
        ("memory", "", "fine: 95 % of maxmemory is used"),
    ]
    assert findings[2].told()["next"] == "see https://wiki/api"
    assert unknown == [{"source": "check hidden", "why": "hidden is ill"}]


def test_causes_come_before_what_follows_and_worse_before_both() -> None:
    given = [Finding(about, about).told() for about in ("answer", "log", "stopped", "locks", "disk")]
    assert [one["about"] for one in ranked(given)] == ["disk", "stopped", "answer", "locks", "log"]
    assert all(Finding(about, "x").told()["next"] for about in ADVICE)


def test_the_page_tells_what_is_not_known() -> None:
    result = diagnosis({"gone": {"reachable": False}, "here": {"failed": {"the host": "MODULE FAILURE"}}}, {})
    assert result["status"] == "failed" and result["summary"].startswith("1 findings, 1 critical, 2 sources not known")
    assert result["findings"][0]["what"] == "gone cannot be reached"
    assert ["here", "the host", "MODULE FAILURE"] in result["sections"][1]["rows"]
    assert diagnosis({"here": {"failed": {"checks": "no answer"}}}, {})["status"] == "unknown"
    fine = diagnosis({"here": {"checks": {"checks": [check("fine", "http", "pass")]}}}, {})
    assert (fine["status"], fine["sections"][0]["text"]) == ("passed", "Nothing was found.")


class Quick:
    """A clock that does not wait."""

    monotonic = staticmethod(SYSTEM_CLOCK.monotonic)
    time = staticmethod(SYSTEM_CLOCK.time)

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


def look(**options: Any) -> dict[str, Any]:
    return operate(SPEC.validate(options, "test"), clock=Quick()).data


def test_one_source_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_arguments: Any) -> Any:
        raise RuntimeError("a fault")

    monkeypatch.setattr(memory, "look", broken)
    log = tmp_path / "app.log"
    log.write_text("first\npassword=hush-hush\n", encoding="utf-8")
    runtime = {"kind": "compose", "project_dir": str(tmp_path / "no"), "parts": [{"name": "api"}]}
    seen = look(runtime=runtime, disks=["/", "/no/such"], logs=[{"path": str(log)}, {"path": "/no/such.log"}])
    why = {one["source"]: one["why"] for one in seen["unknown"]}
    assert "unexpected RuntimeError: a fault; please report it" in why["memory"]
    assert {"the runtime", "disk /no/such", "last lines of /no/such.log"} <= set(why)
    assert seen["logs"] == [{"name": str(log), "lines": ["first", "password=***"]}]
    assert seen["memory"] is None and seen["processes"]["count"] and [one["path"] for one in seen["disks"]] == ["/"]


def test_the_last_lines_of_several_files_are_the_newest(tmp_path: Path) -> None:
    began = datetime.now(timezone.utc) - timedelta(seconds=600)
    for name, first in (("app-1", 0), ("app-2", 300)):
        lines = [
            f"{began + timedelta(seconds=first + number):%Y-%m-%dT%H:%M:%SZ} line {number}" for number in range(300)
        ]
        (tmp_path / f"{name}.log").write_text("\n".join([*lines, f"{lines[-1]} of {name}", ""]), encoding="utf-8")
    (seen,) = look(logs=[{"name": "app", "glob": f"{tmp_path}/app-*.log"}], lines=2)["logs"]
    assert [line.partition(" ")[2] for line in seen["lines"]] == ["line 299", "line 299 of app-2"]


def test_all_processes_count_for_the_use_of_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [
        {pid: Process(pid, 1, 0, ("worker",), "worker", 1, used) for pid in range(10, 42)} for used in (0.0, 0.4, 0.49)
    ]
    monkeypatch.setattr("os.cpu_count", lambda: 32)
    for now, told in ((looks[1], []), (looks[2], ["all 32 CPUs are used, most by worker (pid 10): 98 %"])):
        monkeypatch.setattr(processes, "look", lambda now=now: now)
        found = Found()
        host.second_look(found, looks[0], 0.5, 10)
        assert [finding.what for finding in found.findings] == told


def test_what_a_group_says_of_parts_is_for_hosts_that_have_them() -> None:
    seen = look(ports=[{"port": 1, "part": "api"}, {"port": 2}], environment={"api": ["A"]}, disks=[])
    assert [one["port"] for one in seen["ports"]] == [2]
    assert not [one for one in seen["unknown"] if "variables" in one["source"]]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"top": 0}, "top is out of range"),
        ({"ports": [{"port": 99999, "part": ""}]}, "ports: no port of TCP"),
        ({"environment": {"api": "A"}}, "environment: api has no list of names"),
        (
            {"ports": [{"port": 1, "part": "x"}], "runtime": {"kind": "systemd", "parts": [{"name": "api"}]}},
            "no part x is",
        ),
        ({"logs": [{"path": "/x", "glob": "/y"}]}, r"logs\[0\]"),
        ({"runtime": {"kind": "miracle", "parts": []}}, "unknown kind"),
    ],
)
def test_what_is_described_wrongly_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        look(**wrong)
