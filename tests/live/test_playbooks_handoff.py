# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The handoff of a shift on the demo service, with Prometheus and Alertmanager, and without them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of
from ansible_collections.day2.ops.tests.live.reports import report_of, section_of, titles_of

FIGURES = "Requests, errors and uptime"
EVERY = {
    "Shift",
    "Notes for the next shift",
    "Alerts still pending",
    "Maintenance windows",
    "The last daily checks",
    FIGURES,
    "Alerts triggered in the shift",
    "Incidents in the logs",
    "Backups and snapshots",
}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


@pytest.fixture
def prometheus(lab: Lab) -> str:
    """Prometheus, once it has seen the demo service twice: a rate needs two samples."""
    if "prometheus" not in lab.facts:
        pytest.skip(lab.facts["absent"]["prometheus"])
    url = lab.facts["prometheus"]["url"]

    def seen() -> bool:
        found = requests.get(
            f"{url}/api/v1/query", params={"query": "count_over_time(demo_orders_accepted_total[1h]) > 1"}, timeout=5
        )
        return bool(found.json()["data"]["result"])

    wait_for("two samples of the demo service", seen, 30)
    return url


def test_a_shift_is_handed_over(operator: Operator, prometheus: str) -> None:
    assert operator.run("daily_checks").status == 0
    done = operator.run(
        "handoff", "-vvv", handoff_notes="watch the disk", handoff_outgoing="ada", handoff_incoming="bob"
    )
    assert done.status == 0, done.output
    found = report_of(operator, "handoff")
    assert set(titles_of(found)) == EVERY
    assert section_of(found, "Shift")["rows"][:3] == [["service", "demo"], ["from", "ada"], ["to", "bob"]]
    assert section_of(found, "Notes for the next shift")["text"] == "watch the disk"
    figures = {row[0]: row for row in section_of(found, FIGURES)["rows"] if "node" not in row[1]}
    assert figures["orders accepted"][1] == "job demo"
    assert float(figures["orders accepted"][2]) >= 0
    assert 0 < float(figures["uptime"][2]) <= 100
    assert "1 of 1 hosts pass" in section_of(found, "The last daily checks")["text"]
    assert section_of(found, "Maintenance windows")["text"] == "none is open"
    assert sorted({path.suffix for path in operator.reports.glob("handoff-2*")}) == [".html", ".json", ".md"]
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []


def test_without_anything_that_answers_it_says_unknown_and_ends_well(operator: Operator, tmp_path: Path) -> None:
    nowhere = {"url": "http://127.0.0.1:9"}
    (operator.state / "demo").mkdir(parents=True)
    (operator.state / "demo" / "window.json").write_text("{", encoding="utf-8")
    done = operator.run("handoff", day2_prometheus=nowhere, day2_alertmanager=nowhere)
    assert done.status == 0, done.output
    found = report_of(operator, "handoff")
    assert set(titles_of(found)) == EVERY
    assert found["status"] in ("unknown", "failed")
    rows = section_of(found, FIGURES)["rows"]
    assert {row[2] for row in rows} == {"unknown"}
    assert all("Connection refused" in row[4] for row in rows)
    assert section_of(found, "Alerts still pending")["text"].startswith("unknown: ")
    assert section_of(found, "Alerts triggered in the shift")["text"].startswith("unknown: ")
    assert section_of(found, "The last daily checks")["text"].startswith("unknown: no report daily-checks")
    assert section_of(found, "Maintenance windows")["rows"][0][1] == "unknown"
    assert "Traceback" not in done.output


def test_an_alert_that_is_pending_is_handed_over(operator: Operator) -> None:
    if "alertmanager" not in operator.lab.facts:
        pytest.skip(operator.lab.facts["absent"]["alertmanager"])
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=2)
    url = f"{operator.lab.facts['alertmanager']['url']}/api/v2/alerts"
    labels = {"alertname": "HandedOver", "severity": "page"}
    assert requests.post(url, json=[{"labels": labels, "endsAt": soon.isoformat()}], timeout=5).status_code == 200
    try:
        done = operator.run("handoff", day2_prometheus={}, handoff_fail_on="failed")
    finally:
        past = datetime.datetime.now(datetime.UTC)
        requests.post(url, json=[{"labels": labels, "endsAt": past.isoformat()}], timeout=5)
    assert done.status == 2
    assert "alerts pending" in done.of_task("Fail where that was asked for")
    rows = section_of(report_of(operator, "handoff"), "Alerts still pending")["rows"]
    assert "HandedOver" in [row[0] for row in rows]


def test_failures_of_the_daily_checks_are_handed_over(operator: Operator) -> None:
    operator.lab.break_server("service", "worker-kill")
    assert operator.run("daily_checks").status != 0
    operator.lab.mend_all()
    done = operator.run("handoff", day2_prometheus={}, day2_alertmanager={})
    assert done.status == 0
    found = report_of(operator, "handoff")
    assert found["status"] == "failed"
    lines = [row[1] for row in section_of(found, "The last daily checks")["rows"]]
    assert any("orders queue: fail: consumers is 0" in line for line in lines)


def test_a_backup_of_the_inventory_is_in_it(operator: Operator, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    checks = [{"name": "dump", "kind": "file_age", "path": str(dump), "max_age": "1h"}]
    given: dict[str, Any] = {"day2_handoff_checks__mine": checks, "day2_prometheus": {}, "day2_alertmanager": {}}
    assert operator.run("handoff", **given).status == 0
    (row,) = section_of(report_of(operator, "handoff"), "Backups and snapshots")["rows"]
    assert row[1] == "dump"
    assert row[2] != "pass"


def test_errors_in_a_log_are_incidents_and_one_that_is_not_there_is_unknown(operator: Operator, tmp_path: Path) -> None:
    at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    log = tmp_path / "shop.log"
    log.write_text(f"{at} INFO shop: begun\n{at} ERROR shop: cannot bill order 4711\n", encoding="utf-8")
    logs = [{"name": "shop", "path": str(log)}, {"name": "other", "path": str(tmp_path / "no.log")}]
    given: dict[str, Any] = {"day2_logs__mine": logs, "day2_prometheus": {}, "day2_alertmanager": {}}
    done = operator.run("handoff", **given, day2_log_patterns=[{"name": "bills", "pattern": "bill"}])
    assert done.status == 0, done.output
    found = report_of(operator, "handoff")
    rows = {row[1]: row for row in section_of(found, "Incidents in the logs")["rows"]}
    assert rows["shop"][2:5] == ["ok", "2", "1"]
    assert rows["other"][2:5] == ["unknown", "unknown", "unknown"]
    assert "cannot bill order" in str(section_of(found, "Most frequent messages in the logs"))
    assert section_of(found, "Patterns in the logs")["rows"][0][2:4] == ["bills", "1"]
    assert "1 errors in the logs; logs not read: other" in found["summary"]


def test_check_mode_hands_over_and_writes_nothing(operator: Operator) -> None:
    done = operator.run("handoff", "--check")
    assert done.status == 0, done.output
    assert "report would be written" in done.text
    assert operator.written() == []


def test_a_shift_that_is_no_length_is_one_line(operator: Operator) -> None:
    done = operator.run("handoff", day2_shift="soon")
    assert done.status != 0
    assert "the length of the shift is not understood: soon" in done.text
    assert "Traceback" not in done.output
