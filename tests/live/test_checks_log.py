# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind log on logs that real servers have written: Redis, Postgres, a container, the journal of a host."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts, Facts, SystemdHostFacts
from ansible_collections.day2.ops.tests.lab.systemd_host_server import run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.postgres_help import login_to

_SECONDS = 20


def log_of(facts: Facts, name: str) -> str:
    """Return the log of a process of the lab."""
    return facts["processes"][name]["log"]


def test_the_log_of_redis(facts: Facts) -> None:
    outcome = attempt(
        "log", path=log_of(facts, "redis"), since="1d", pattern="Ready to accept connections", min_matches=1
    )
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["lines"] > 3


Say = Callable[..., dict[str, Any]]


@pytest.fixture
def say(docker_server: DockerFacts) -> Iterator[Say]:
    """Let a container run a command line, wait for its end, and return the options that name its log."""
    started: list[Any] = []
    with connect(docker_server) as client:

        def start(command: str, **options: Any) -> dict[str, Any]:
            wanted = {"network_mode": "none", "detach": True, **options}
            started.append(client.containers.run(docker_server["image"], ["sh", "-c", command], **wanted))
            started[-1].wait(timeout=_SECONDS)
            return {"container": started[-1].name, "docker_host": docker_server["url"]}

        yield start
        for container in started:
            container.remove(force=True, v=True)


@pytest.mark.parametrize("tty", [False, True])
def test_what_a_container_has_written(say: Say, tty: bool) -> None:
    log = say(
        "echo INFO fine; echo 'ERROR password=hunter2' >&2; echo 'no time, no level'; printf 'ERROR last'", tty=tty
    )
    outcome = attempt("log", **log)
    assert (outcome.status, outcome.reason) == ("fail", "matches is 2, expected at most 0")
    assert (outcome.values["lines"], outcome.values["first"], outcome.values["last"]) == (
        4,
        "ERROR password=***",
        "ERROR last",
    )
    assert attempt("log", **log, pattern="no time", min_matches=1).status == "pass"


def test_a_flood_of_a_container_is_bounded(say: Say) -> None:
    log = say("yes 'INFO a line that says nothing' | head -c 3000000; head -c 100000 /dev/zero; echo; echo ERROR")
    outcome = attempt("log", **log, max_bytes="1M", timeout=30)
    assert outcome.status == "unknown"
    assert outcome.values["note"] == "max_bytes of 1048576 were read"
    whole = attempt("log", **log, timeout=60)
    assert (whole.status, whole.values["matches"]) == ("fail", 1)


def test_a_container_that_is_quiet_or_not_there(say: Say, docker_server: DockerFacts) -> None:
    assert attempt("log", **say("true")).status == "pass"
    gone = attempt("log", container="nowhere", docker_host=docker_server["url"])
    assert gone.status == "unknown"
    assert "No such container: nowhere" in gone.reason


def test_a_daemon_that_hangs(lab: Lab, say: Say) -> None:
    log = say("echo ERROR")
    lab.break_server("docker", "hang")
    try:
        outcome = attempt("log", **log, timeout=1)
    finally:
        lab.mend("docker")
    assert outcome.status == "fail"
    assert "no answer within 1 s" in outcome.reason


@pytest.fixture
def journal(systemd_host: SystemdHostFacts, tmp_path: Path) -> Callable[[], Path]:
    """Fetch the journal of the host to a folder here, as journald left it."""
    if shutil.which("journalctl") is None:
        pytest.skip("no journalctl on PATH")

    def fetch() -> Path:
        run_in(systemd_host, ["journalctl", "--sync"])
        client = docker.DockerClient(base_url=systemd_host["docker_url"])
        try:
            folder = (
                "/var/log/journal"
                if run_in(systemd_host, ["test", "-d", "/var/log/journal"])[0] == 0
                else "/run/log/journal"
            )
            run_in(systemd_host, ["cp", "-r", folder, "/var/journal-copy"])
            pieces, _status = client.containers.get(systemd_host["container"]).get_archive("/var/journal-copy")
            with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
                archive.extractall(tmp_path, filter="data")
            run_in(systemd_host, ["rm", "-r", "/var/journal-copy"])
        finally:
            client.close()
        return tmp_path / "journal-copy"

    return fetch


def test_the_journal_of_a_unit(systemd_host: SystemdHostFacts, journal: Callable[[], Path]) -> None:
    unit = f"log-{time.time_ns()}.service"
    line = json.dumps({"level": "error", "message": "JSON that fails"})
    said_so = r"echo fine; echo '<3>by its priority'; printf '\105RROR by its word\n'; printf 'by\033[31m bytes\n'"
    script = f"{said_so}; echo '{line}'"
    status, said = run_in(systemd_host, ["systemd-run", "--wait", "--collect", f"--unit={unit}", "sh", "-c", script])
    assert status == 0, said
    folder = str(journal())

    def check(**options: Any) -> Outcome:
        return attempt("log", **{"journal_unit": unit, "journal_directory": folder, **options})

    errors = check()
    assert (errors.status, errors.values["matches"]) == ("fail", 3)
    assert errors.values["first"] == "by its priority"
    assert errors.values["last"] == line
    bytes_too = check(pattern="by.* bytes", min_matches=1)
    assert bytes_too.status == "pass", bytes_too.reason
    assert bytes_too.values["last"].isprintable()
    unknown = check(journal_unit="nothing.service")
    assert unknown.status == "unknown"
    assert unknown.reason == "the journal has no line of the unit: nothing.service; check its name"
    few = check(max_bytes=100)
    assert (few.status, few.values["complete"]) == ("unknown", False)


def test_no_journal(tmp_path: Path) -> None:
    """On a machine without journalctl that is what is said; with it, that there is no journal."""
    outcome = attempt("log", journal_unit="x.service", journal_directory=str(tmp_path))
    assert outcome.status == "unknown"


def test_the_log_of_postgres(facts: Facts) -> None:
    outcome = attempt(
        "log", path=log_of(facts, "postgres"), since="1d", pattern="ready to accept connections", min_matches=1
    )
    assert outcome.status == "pass", outcome.reason


def test_a_refused_login_is_found_in_the_log_of_postgres(lab: Lab) -> None:
    path = log_of(lab.facts, "postgres")
    known = attempt("log", path=path, since="1d", level="critical", max_matches=10**6).values["matches"]
    attempt("postgres", **{**login_to(lab.facts["postgres"]), "login_password": "hunter2"})

    def refused() -> bool:
        return bool(
            attempt("log", path=path, since="1d", level="critical", max_matches=10**6).values["matches"] > known
        )

    wait_for("the refusal in the log", refused)
