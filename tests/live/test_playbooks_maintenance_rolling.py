# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of a rolling window: host by host, each in a window of its own; the first that fails ends it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT, Operator

from .queue_help import connection

EXAMPLE = CHECKOUT / "docs/examples/rolling/rolling.yml"
HOSTS = ("one", "two", "three")
TOLD = "Tell which hosts failed, which were lost, and which were left alone"


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[str]:
    """What clients meet: a host takes work while its file is there. Returns the URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if (tmp_path / f"{self.path.strip('/')}.open").exists() else 503)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def switch_of(folder: Path, balancer: str) -> dict[str, Any]:
    """Return the switch of a host."""
    return {
        "kind": "command",
        "open": ["touch", f"{folder}/{{{{ inventory_hostname }}}}.open"],
        "close": ["rm", "-f", f"{folder}/{{{{ inventory_hostname }}}}.open"],
        "is_closed": ["test", "!", "-e", f"{folder}/{{{{ inventory_hostname }}}}.open"],
        "outside": {"url": f"{balancer}/{{{{ inventory_hostname }}}}", "open_status": [200], "closed_status": [503]},
    }


def inventory(folder: Path, redis: RedisFacts, balancer: str) -> Path:
    """Write an inventory of three hosts, each with a balancer's switch: a file that is there while it takes work."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    switch = switch_of(folder, balancer)
    step = {
        "name": "work",
        "command": ["sh", "-c", f"ls {folder} | grep -c open >> {folder}/log; test ! -e {folder}/bad"],
    }
    variables: dict[str, Any] = {
        "shop_switch_of_this_host": switch,
        "shop_queues_of_this_host": [{"name": "rolled", "kind": "redis_list", "missing": "empty"}],
        "shop_redis": connection(redis),
        "shop_checks": [],
        "shop_steps": [step],
        "maintenance_window_state_dir": str(folder / "state"),
        "maintenance_window_report_dir": str(folder / "reports"),
        "maintenance_window_drain_settle": 0,
        "maintenance_window_bootstrap": False,
    }
    file = folder / "hosts.yml"
    file.write_text(json.dumps({"app": {"hosts": dict.fromkeys(HOSTS, here), "vars": variables}}), encoding="utf-8")
    return file


def roll(file: Path) -> tuple[int, str]:
    """Run the example; return its exit status and what it said."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(file), str(EXAMPLE)],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.long
@pytest.mark.usefixtures("redis_server")
def test_one_host_after_the_other(redis_facts: RedisFacts, balancer: str, tmp_path: Path) -> None:
    for host in HOSTS:
        (tmp_path / f"{host}.open").touch()
    file = inventory(tmp_path, redis_facts, balancer)
    status, said = roll(file)
    assert status == 0, said
    assert (tmp_path / "log").read_text(encoding="utf-8") == "2\n" * 3  # of three, two take work at each moment
    assert sorted(path.parent.name for path in tmp_path.glob("state/*/window.json")) == sorted(
        f"shop-{host}" for host in HOSTS
    )
    (tmp_path / "bad").touch()
    status, said = roll(file)
    assert status != 0
    assert "step: work: Run the command: " in said and "(the ingress is open again)" in said
    assert (tmp_path / "log").read_text(encoding="utf-8") == "2\n" * 4  # the hosts after it are left alone
    assert all((tmp_path / f"{host}.open").exists() for host in HOSTS)


def service_of_three(folder: Path, redis: RedisFacts, balancer: str) -> Path:
    """Write an inventory of a service with three hosts, of which two come after the third."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    mine = f"{folder}/{{{{ inventory_hostname }}}}"
    step = {
        "name": "work",
        "command": ["sh", "-c", f"echo {{{{ inventory_hostname }}}} >> {folder}/log; test ! -e {mine}.bad"],
        "undo": {"command": ["sh", "-c", f"echo undone {{{{ inventory_hostname }}}} >> {folder}/log"]},
    }
    variables = {
        "day2_service": "shop",
        "day2_ingress": switch_of(folder, balancer),
        "day2_queues": [{"name": "rolled", "kind": "redis_list", "missing": "empty"}],
        "day2_redis": connection(redis),
        "day2_maintenance_steps": [step],
    }
    groups = {
        "api": {"hosts": dict.fromkeys(HOSTS[:2], here), "vars": {"day2_after": ["store"]}},
        "store": {"hosts": {HOSTS[2]: here}},
    }
    file = folder / "hosts.yml"
    file.write_text(json.dumps({"all": {"children": groups, "vars": variables}}), encoding="utf-8")
    return file


@pytest.mark.long
@pytest.mark.usefixtures("redis_server")
def test_the_playbook_does_so_in_order_of_dependency(
    lab: Lab, redis_facts: RedisFacts, balancer: str, tmp_path: Path
) -> None:
    """Who is needed comes first; the first that fails is undone, those after it are left alone."""
    file = service_of_three(tmp_path, redis_facts, balancer)
    for host in HOSTS:
        (tmp_path / f"{host}.open").touch()
    (tmp_path / "one.bad").touch()
    operator = Operator(lab, tmp_path)
    done = operator.run("maintenance", inventory=str(file), at_once=1)
    assert done.status != 0
    told = done.of_task("Tell how the window ended")
    assert "step: work: Run the command: " in told and "(undone: work; the ingress is open again)" in told, done.output
    log = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert log == ["three", "one", "undone one"]
    assert all((tmp_path / f"{host}.open").exists() for host in HOSTS)
    outcomes = [operator.journal(f"shop-{host}").get("outcome") for host in ("three", "one", "two")]
    assert outcomes == ["done", "failed", None]
    whole = tmp_path / "state/shop"
    whole.mkdir(exist_ok=True)
    shutil.copy(tmp_path / "state/shop-one/window.json", whole)
    record = operator.journal("shop")
    (whole / "window.json").write_text(json.dumps({**record, "service": "shop", "state": "open"}), encoding="utf-8")
    done = operator.run("maintenance", inventory=str(file), at_once=1)
    assert done.status != 0 and "a window on the service that this is a part of is open: shop, held by " in done.text
    shutil.rmtree(whole)
    part = tmp_path / "state/shop-one/window.json"
    part.write_text(json.dumps({**operator.journal("shop-one"), "state": "open"}), encoding="utf-8")
    done = operator.run("maintenance", inventory=str(file))
    assert done.status != 0 and "a window on a part of it is open: shop-one, held by " in done.text, done.output
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines() == log


@pytest.mark.long
@pytest.mark.usefixtures("redis_server")
def test_so_many_hosts_may_fail(lab: Lab, redis_facts: RedisFacts, balancer: str, tmp_path: Path) -> None:
    for host in HOSTS:
        (tmp_path / f"{host}.open").touch()
    file = service_of_three(tmp_path, redis_facts, balancer)
    operator = Operator(lab, tmp_path)
    (tmp_path / "three.bad").touch()
    done = operator.run("maintenance", inventory=str(file), at_once=1, max_failed_hosts=1)
    assert done.status != 0
    told = done.of_task(TOLD)
    assert "three: step: work: Run the command: " in told and "(undone: work; the ingress is open again)" in told
    assert "was left alone" not in told
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines() == ["three", "undone three", "one", "two"]
    assert [operator.journal(f"shop-{host}")["outcome"] for host in HOSTS] == ["done", "done", "failed"]
    (tmp_path / "one.bad").touch()
    (tmp_path / "log").unlink()
    done = operator.run("maintenance", inventory=str(file), at_once=1, max_failed_hosts=1)
    assert done.status != 0
    told = done.of_task(TOLD)
    assert "three: step: work: " in told and "one: step: work: " in told and "; two was left alone" in told, done.output
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines() == ["three", "undone three", "one", "undone one"]
    assert all((tmp_path / f"{host}.open").exists() for host in HOSTS)


@pytest.mark.long
@pytest.mark.usefixtures("redis_server")
def test_no_host_is_taken_out_beside_one_that_was_lost(
    lab: Lab, redis_facts: RedisFacts, balancer: str, tmp_path: Path
) -> None:
    for host in HOSTS:
        (tmp_path / f"{host}.open").touch()
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    lost = [
        {"name": "Lose it", "ansible.builtin.set_fact": away, "when": "inventory_hostname == 'one'"},
        {"name": "Work", "ansible.builtin.ping": {}},
    ]
    (tmp_path / "lost.yml").write_text(json.dumps(lost), encoding="utf-8")
    steps = [{"name": "work", "tasks": str(tmp_path / "lost.yml")}]
    operator = Operator(lab, tmp_path)
    given = {"at_once": 1, "max_failed_hosts": 2, "day2_maintenance_steps": steps}
    done = operator.run("maintenance", inventory=str(service_of_three(tmp_path, redis_facts, balancer)), **given)
    assert done.status != 0
    words = "one was lost in its window: its ingress may be closed; run this again once it is back; two was left alone"
    assert words in done.of_task(TOLD), done.output
    assert [operator.journal(f"shop-{host}").get("state") for host in HOSTS] == ["open", None, "closed"]


@pytest.mark.usefixtures("redis_server")
def test_two_hosts_at_once_are_refused(lab: Lab, redis_facts: RedisFacts, balancer: str, tmp_path: Path) -> None:
    file = service_of_three(tmp_path, redis_facts, balancer)
    done = Operator(lab, tmp_path).run("maintenance", inventory=str(file), at_once=2)
    assert done.status != 0 and "hosts have their windows one at a time, at_once=1: several would" in done.text
    assert not (tmp_path / "log").exists() and not (tmp_path / "state").exists()
    done = Operator(lab, tmp_path).run("maintenance", inventory=str(file), at_once=1, max_failed_hosts=-1)
    assert done.status != 0 and "max_failed_hosts is -1, expected how many hosts may fail" in done.text
