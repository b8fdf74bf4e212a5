# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module log_review_info, through Ansible, on logs of real programs: the lab's, Python's logging, a container's.

No web server with access logs can be had everywhere, so that log is written here, in nginx's format.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT

Answer = dict[str, Any]


def review(*arguments: str, **options: Any) -> tuple[bool, Answer]:
    """Run the module as a task of its own; returns whether it succeeded, and its result."""
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible"),
            "localhost",
            *("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"),
            *("-m", "day2.ops.log_review_info", "-a", json.dumps(options)),
            *arguments,
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
    )
    head, _sign, body = done.stdout.partition("=>")
    assert body, done.stdout + done.stderr
    answer: Answer = json.loads(body)
    return "FAILED" not in head, answer


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The log of a program that uses Python's logging."""
    path = tmp_path / "shop.log"
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    for number in range(40):
        logger.info("order %d handled, duration_ms=%d", number, 100 * number)
    for number in range(7):
        logger.error("cannot bill order %d with token=hunter2", number)
    try:
        raise MemoryError("no room")
    except MemoryError:
        logger.exception("gave up")
    handler.close()
    return path


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """An access log in nginx's combined format."""
    path = tmp_path / "access.log"
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    line = '{} - - [{}] "GET {} HTTP/1.1" {} 153 "-" "curl/8.1 ERROR"\n'
    requests = [("192.0.2.7", f"/admin/{number}", 403) for number in range(30)]
    requests += [("192.0.2.8", "/login?password=hunter2", 401)] * 2 + [("192.0.2.9", "/", 200)] * 100
    path.write_text("".join(line.format(client, stamp, target, status) for client, target, status in requests))
    return path


def test_a_day_of_logs(lab: Lab, shop: Path, web: Path, tmp_path: Path) -> None:
    processes = lab.facts["processes"]
    good, answer = review(
        sources=[
            {"name": "shop", "path": str(shop)},
            {"name": "web", "path": str(web)},
            {"name": "redis", "path": processes["redis"]["log"]},
            {"name": "postgres", "path": processes["postgres"]["log"]},
        ],
        patterns=[{"name": "memory", "pattern": "MemoryError"}, {"name": "ready", "pattern": "(?i)ready to accept"}],
    )
    assert good, answer
    seen = {source["name"]: source for source in answer["sources"]}
    assert [source["status"] for source in answer["sources"]] == ["ok"] * 4
    assert (seen["shop"]["levels"]["info"], seen["shop"]["levels"]["error"]) == (40, 8)
    assert [(one["message"], one["count"]) for one in seen["shop"]["messages"]] == [
        ("ERROR shop: cannot bill order <n> with token=***", 7),
        ("ERROR shop: gave up", 1),
    ]
    assert sum(hour["count"] for hour in seen["shop"]["errors_per_hour"]) == 8
    assert (seen["shop"]["slow"]["measured"], seen["shop"]["slow"]["count"]) == (40, 30)
    assert seen["shop"]["slow"]["slowest"][0]["seconds"] == 3.9
    assert seen["web"]["http"]["statuses"] == {"200": 100, "401": 2, "403": 30}
    assert [(one["client"], one["path"], one["count"]) for one in seen["web"]["http"]["denied"]] == [
        ("192.0.2.7", "/admin/<n>", 30),
        ("192.0.2.8", "/login", 2),
    ]
    assert seen["postgres"]["levels"]["info"] > 3
    assert answer["total"]["denied"] == 32
    assert answer["total"]["patterns"]["memory"] >= 1
    assert answer["total"]["patterns"]["ready"] >= 2
    assert "hunter2" not in json.dumps(answer["sources"])


def test_check_mode_is_the_same(shop: Path, tmp_path: Path) -> None:
    answers = [review(*mode, sources=[{"path": str(shop)}])[1] for mode in ([], ["--check"])]
    assert answers[0]["total"] == answers[1]["total"]
    assert answers[0]["total"]["levels"]["error"] == 8


def test_the_demo_service_has_a_worker_whose_log_has_no_times(lab: Lab, tmp_path: Path) -> None:
    """It says what it cannot do, one line each, and nothing of when: that is unknown, not quiet."""
    log = lab.facts["processes"]["worker-1"]["log"]
    lab.break_server("redis", "stop")
    wait_for("a line of the worker", lambda: os.path.getsize(log) > 0)
    good, answer = review(sources=[{"name": "worker", "path": log}])
    assert not good
    assert answer["msg"].startswith(f"worker: no line has a time that can be read: {log}; ")
    assert answer["sources"][0]["levels"] is None


@pytest.fixture
def engine(docker_server: DockerFacts) -> Iterator[str]:
    """A container that has said what services say: JSON, and JSON inside of a message."""
    inner = json.dumps({"level": "ERROR", "event": "convert", "duration_ms": 2500})
    lines = [json.dumps({"level": "info", "msg": "up"}), json.dumps({"level": None, "message": inner})]
    with connect(docker_server) as client:
        script = " && ".join(f"echo '{line}'" for line in lines)
        container = client.containers.run(
            docker_server["image"], ["sh", "-c", script], network_mode="none", detach=True
        )
        container.wait(timeout=20)
        yield str(container.name)
        container.remove(force=True)


def test_a_container(engine: str, docker_server: DockerFacts, tmp_path: Path) -> None:
    good, answer = review(sources=[{"container": engine, "docker_host": docker_server["url"]}])
    assert good, answer
    (seen,) = answer["sources"]
    assert (seen["name"], seen["lines"], seen["levels"]["error"]) == (engine, 2, 1)
    assert seen["slow"]["slowest"][0]["seconds"] == 2.5


def test_what_cannot_be_read_fails_after_the_others_are_told(shop: Path, tmp_path: Path) -> None:
    sources = [{"container": "x", "docker_host": f"unix://{tmp_path}/none.sock"}, {"path": str(shop)}]
    good, answer = review(sources=sources)
    assert not good
    assert answer["failures"][0].startswith("x: cannot talk to the daemon (No such file or directory)")
    assert answer["sources"][1]["levels"]["error"] == 8


def test_one_clear_line_for_what_is_wrong(tmp_path: Path) -> None:
    good, answer = review(sources=[{"name": "a", "path": "/a", "container": "b"}])
    assert not good
    assert answer["msg"] == ("sources[0] (a): parameters are mutually exclusive: path|glob|journal_unit|container")
