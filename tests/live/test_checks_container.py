# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds container and compose against a real daemon: healthy, and broken in each way.

Compose is what its labels say, so a container with those labels is one of a project's; tests with compose itself are in
test_checks_compose.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt

Run = Callable[..., Any]
_SECONDS = 20


@pytest.fixture
def run(docker_server: DockerFacts) -> Iterator[Run]:
    """Start a container with a command line; all that were started are removed after the test."""
    started: list[Any] = []
    with connect(docker_server) as client:

        def start(command: str, **options: Any) -> Any:
            wanted = {"network_mode": "none", "init": False, "detach": True, **options}
            started.append(client.containers.run(docker_server["image"], ["sh", "-c", command], **wanted))
            return started[-1]

        yield start
        for container in started:
            container.remove(force=True, v=True)


@pytest.fixture
def check(docker_server: DockerFacts) -> Callable[..., Outcome]:
    """Make one attempt of the kind container."""
    return lambda **options: attempt("container", docker_host=docker_server["url"], **options)


def until(container: Any, holds: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until what the daemon knows of a container holds."""

    def looks_so() -> bool:
        container.reload()
        return holds(container.attrs)

    wait_for(f"the container {container.name}", looks_so, _SECONDS)


def status(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda known: bool(known["State"]["Status"] == name)


def health(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda known: bool(known["State"]["Health"]["Status"] == name)


def health_check(command: str) -> dict[str, Any]:
    return {"test": ["CMD-SHELL", command], "interval": 10**9, "timeout": 10**9, "retries": 1}


def test_healthy(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("sleep 600", healthcheck=health_check("true"), mem_limit="64m", nano_cpus=500_000_000)
    until(container, health("healthy"))
    limits = {"max_memory_percent": 80, "max_memory": "64M", "max_cpu_percent": 40, "max_cpu_limit_percent": 80}
    outcome = check(container=container.name, health="healthy", max_restarts=0, min_uptime=0, **limits)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert (values["memory_limit"], values["cpu_limit"]) == (64 << 20, 0.5)
    assert 0 < values["memory"] < 64 << 20
    assert values["uptime"] < 600
    assert (values["status"], values["health"], values["exit_code"]) == ("running", "healthy", None)


def test_by_id_and_by_labels(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("sleep 600", labels={"part": "api", "service": "demo"})
    run("sleep 600", labels={"part": "worker", "service": "demo"})
    for named in ({"container": container.short_id}, {"labels": {"part": "api", "service": "demo"}}):
        assert check(**named).values["container"] == container.name
    several = check(labels={"service": "demo"})
    assert several.status == "unknown"
    assert several.reason.startswith("2 containers have the labels service=demo: ")
    assert check(labels={"service": "other"}).reason.startswith(
        "no container has the labels service=other: docker unix:"
    )


def test_stopped(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("sleep 600")
    container.kill()
    until(container, status("exited"))
    outcome = check(container=container.name, max_memory="1G", max_cpu_percent=50)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("status is 'exited', expected 'running'")
    assert "memory is null (it does not run" in outcome.reason
    assert outcome.values["exit_code"] == 137


def test_what_runs_once(run: Run, check: Callable[..., Outcome]) -> None:
    good, bad = run("exit 0"), run("exit 3")
    for container in (good, bad):
        until(container, status("exited"))
    assert check(container=good.name, state="exited").status == "pass"
    assert check(container=bad.name, state="exited").reason == "exit_code is 3, expected 0"
    assert check(container=bad.name, state="exited", exit_code=3).status == "pass"


def test_out_of_memory(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("exec tail /dev/zero", mem_limit="16m", memswap_limit="16m")
    until(container, status("exited"))
    outcome = check(container=container.name)
    assert outcome.status == "fail"
    assert "oom_killed is true, expected false" in outcome.reason


def test_unhealthy(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("sleep 600", healthcheck=health_check("false"))
    until(container, health("unhealthy"))
    outcome = check(container=container.name)
    assert (outcome.status, outcome.reason) == ("fail", "health is 'unhealthy', expected one of ['healthy']")
    assert check(container=container.name, health="ignore").status == "pass"


def test_a_health_check_that_is_not_there(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("sleep 600")
    assert check(container=container.name).status == "pass"
    outcome = check(container=container.name, health="healthy")
    assert (outcome.status, outcome.reason) == ("unknown", "health is null (the container has no health check)")


def test_restarting(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("exit 1", restart_policy={"Name": "always"})
    until(container, lambda known: bool(known["RestartCount"] >= 3 and known["State"]["Status"] == "restarting"))
    outcome = check(container=container.name, max_restarts=1)
    assert outcome.status == "fail"
    assert "restarts is " in outcome.reason
    assert ", expected at most 1" in outcome.reason


def test_limits_that_are_reached(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("while true; do true; done", nano_cpus=500_000_000)
    outcome = check(container=container.name, max_cpu_percent=5, max_cpu_limit_percent=20, max_memory=1, image="api:9")
    assert outcome.status == "fail"
    for words in ("cpu_percent is ", "cpu_limit_percent is ", "memory is ", "image is "):
        assert words in outcome.reason
    assert outcome.values["cpu_limit_percent"] == pytest.approx(2 * outcome.values["cpu_percent"], abs=0.02)


def test_a_share_of_a_limit_that_is_not_there_is_unknown(run: Run, check: Callable[..., Outcome]) -> None:
    container = run("sleep 600")
    outcome = check(container=container.name, max_memory_percent=80, max_cpu_limit_percent=80)
    assert outcome.status == "unknown"
    assert "memory_percent is null (the container has no memory limit)" in outcome.reason
    assert "cpu_limit_percent is null (the container has no CPU limit)" in outcome.reason


def test_no_such_container(check: Callable[..., Outcome], docker_server: DockerFacts) -> None:
    outcome = check(container="nowhere")
    assert outcome.status == "unknown"
    assert outcome.reason == (
        f"the daemon says 'No such container: nowhere' (status 404): docker {docker_server['url']}"
    )


@pytest.mark.parametrize("kind", ["container", "compose"])
def test_the_daemon_hangs(lab: Lab, docker_server: DockerFacts, kind: str) -> None:
    lab.break_server("docker", "hang")
    named = {"container": "api"} if kind == "container" else {"project": "shop"}
    outcome = attempt(kind, docker_host=docker_server["url"], timeout=0.5, **named)
    assert outcome.status == "fail"
    assert outcome.reason == f"no answer within 0.5 s: docker {docker_server['url']}"


def test_the_daemon_is_gone(lab: Lab, check: Callable[..., Outcome]) -> None:
    lab.break_server("docker", "stop")
    outcome = check(container="api")
    assert outcome.status in ("fail", "unknown")  # a daemon that ends well takes its socket with it
    assert outcome.reason.startswith(("no answer (Connection refused): ", "cannot talk to the daemon (No such file"))


_AS_ANOTHER = """
import json, os, sys, docker
from ansible_collections.day2.ops.tests.live.checks import attempt
check = lambda: attempt("container", docker_host=sys.argv[1], container="api")
check()  # imports all that is needed, which another user may not read
os.setgroups([]); os.setgid(65534); os.setuid(65534)
outcome = check()
print(json.dumps([outcome.status, outcome.reason]))
"""


def test_a_socket_that_this_user_may_not_open(docker_server: DockerFacts) -> None:
    environment = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-c", _AS_ANOTHER, docker_server["url"]]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    got, reason = json.loads(done.stdout)
    assert got == "unknown"
    assert reason == (
        f"cannot talk to the daemon (Permission denied): docker {docker_server['url']}; "
        "run the check as root or as a member of the group docker"
    )


LABELS = {"com.docker.compose.project": "shop", "com.docker.compose.oneoff": "False"}


def labelled(service: str, **more: str) -> dict[str, str]:
    return {**LABELS, "com.docker.compose.service": service, **more}


@pytest.fixture
def project(docker_server: DockerFacts) -> Callable[..., Outcome]:
    """Make one attempt of the kind compose."""
    return lambda **options: attempt("compose", docker_host=docker_server["url"], project="shop", **options)


def test_a_project_by_its_labels(run: Run, project: Callable[..., Outcome]) -> None:
    assert project().status == "unknown"
    assert project(services=["api"]).reason == "services.api.ready is 0, expected at least 1"
    run("sleep 600", labels=labelled("api"))
    worker = run("sleep 600", labels=labelled("worker"))
    once = run("exit 1", labels=labelled("worker", **{"com.docker.compose.oneoff": "True"}))
    until(once, status("exited"))
    outcome = project(services={"api": 1, "worker": 1}, allow_other=False)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["services"]["worker"] == {"containers": 1, "ready": 1, "completed": 0, "restarts": 0}
    assert project().status == "pass"
    worker.kill()
    until(worker, status("exited"))
    for options in ({}, {"services": {"api": 1, "worker": 1}}):
        stopped = project(**options)
        assert stopped.status == "fail"
        assert f"not_ready is ['{worker.name}: exited with 137'], expected []" in stopped.reason
