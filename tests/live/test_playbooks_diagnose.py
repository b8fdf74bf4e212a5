# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagnoses of the demo service that is half down, in a lab of the test's own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of


@pytest.fixture
def own(lab_folder: Path, tmp_path: Path) -> Iterator[Operator]:
    with Lab(lab_folder) as lab:
        lab.up()
        yield Operator(lab, tmp_path)


def _binds(taker: socket.socket, port: int) -> bool:
    try:
        taker.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


@contextmanager
def half_down(lab: Lab) -> Iterator[int]:
    """Have the API dead with its port taken by this very process, and Redis dead; yield the port."""
    port = int(lab.facts["service"]["url"].rpartition(":")[2])
    lab.end_process("api", kill=True)
    lab.end_process("redis", kill=True)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_for("the port to be free", lambda: _binds(taker, port))  # what clients left there may linger
        taker.listen()
        yield port


def report_of(operator: Operator) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((operator.reports / "diagnose-demo-latest.json").read_text(encoding="utf-8"))
    return report


def rows(report: dict[str, Any], title: str) -> list[list[str]]:
    return next((section["rows"] for section in report["sections"] if section["title"] == title), [])


def test_what_is_down_is_found_and_ranked(own: Operator) -> None:
    with half_down(own.lab) as port:
        done = own.run("diagnose", "-vv")
    assert leaks(own, done, secrets_of(own.lab.facts)) == []
    assert done.status != 0 and "changed=0" in done.text and "Traceback" not in done.text, done.text
    found = [(severity, what) for severity, _host, what, *_advice in rows(report_of(own), "Findings")]
    severity, first = next(one for one in found if "is taken by" in one[1])
    assert severity == "critical" and first.startswith(f"port {port} of api is taken by python")
    (redis,) = [what for _severity, what in found if what.startswith("redis: ")]
    assert "no connection" in redis
    order = [what for _severity, what in found]
    stopped = next(what for what in order if what.startswith("api is not running"))
    assert order.index(first) < order.index(redis) < order.index(stopped)
    assert any("orders queue" in cell[1] for cell in rows(report_of(own), "Not known")) or "orders queue" in str(found)
    assert rows(report_of(own), "Processes by memory") and rows(report_of(own), "Connections")
    assert any(row[2:4] == ["api", "api"] or row[1:3] == ["api", "api"] for row in rows(report_of(own), "Parts"))
    assert (own.reports / "diagnose-demo-latest.md").exists()


@pytest.mark.long
def test_a_host_that_is_gone_stops_nothing(own: Operator) -> None:
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    more = own.folder / "more.json"
    more.write_text(json.dumps({"app": {"hosts": {"gone": gone}}}), encoding="utf-8")
    done = own.run("diagnose", "--check", "-i", str(more))
    assert done.status != 0 and "gone: critical: gone cannot be reached" in done.text, done.text
    assert "Processes by memory" in done.text and "changed=0" in done.text
    assert not list(own.reports.glob("*"))
