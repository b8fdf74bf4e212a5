# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Prometheus, Alertmanager and node exporter: scraped, alerted, stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.http_ready import status_of
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.prometheus_server import reload
from ansible_collections.day2.ops.tests.lab.state import PrometheusFacts, UrlFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for


def _values(facts: PrometheusFacts, query: str) -> list[float]:
    answer = requests.get(f"{facts['url']}/api/v1/query", params={"query": query}, timeout=5).json()
    return [float(series["value"][1]) for series in answer["data"]["result"]]


def _alerts(facts: UrlFacts) -> list[str]:
    answer = requests.get(f"{facts['url']}/api/v2/alerts", params={"active": "true"}, timeout=5).json()
    return [alert["labels"]["alertname"] for alert in answer]


def test_prometheus_scrapes_the_demo_service_and_the_node_exporter(
    prometheus: PrometheusFacts, node_exporter: UrlFacts
) -> None:
    assert "node_load1" in requests.get(f"{node_exporter['url']}/metrics", timeout=5).text
    for job in ("demo", "node"):
        wait_for(f"a scrape of {job}", lambda job=job: _values(prometheus, f'up{{job="{job}"}}') == [1.0])  # type: ignore[misc]


def test_an_alert_fires_when_a_target_is_down(
    lab: Lab, prometheus: PrometheusFacts, alertmanager: UrlFacts, node_exporter: UrlFacts
) -> None:
    wait_for("a scrape", lambda: _values(prometheus, 'up{job="node"}') == [1.0])
    lab.break_server("node_exporter", "stop")
    wait_for("the alert", lambda: "TargetDown" in _alerts(alertmanager), seconds=30)
    lab.mend("node_exporter")
    wait_for("the alert's end in Prometheus", lambda: _values(prometheus, 'ALERTS{job="node"}') == [], seconds=30)


def test_rules_and_targets_of_a_test_are_read(prometheus: PrometheusFacts, node_exporter: UrlFacts) -> None:
    rule = {"alert": "Always", "expr": "vector(1)"}
    rules, targets = Path(prometheus["rules_dir"]) / "mine.yml", Path(prometheus["targets_dir"]) / "mine.json"
    try:
        rules.write_text(json.dumps({"groups": [{"name": "mine", "rules": [rule]}]}), encoding="utf-8")
        address = node_exporter["url"].removeprefix("http://")
        targets.write_text(json.dumps([{"targets": [address], "labels": {"mine": "yes"}}]), encoding="utf-8")
        reload(prometheus)
        wait_for("the rule", lambda: _values(prometheus, 'ALERTS{alertname="Always"}') == [1.0])
        wait_for("the target", lambda: _values(prometheus, 'up{mine="yes"}') == [1.0])
        rules.write_text("groups: nonsense", encoding="utf-8")
        with pytest.raises(LabError, match="Prometheus did not reload"):
            reload(prometheus)
    finally:
        rules.unlink(missing_ok=True)
        targets.unlink(missing_ok=True)
        reload(prometheus)


@pytest.mark.usefixtures("prometheus", "alertmanager", "node_exporter")
def test_they_come_up_alone_and_leave_nothing(lab_folder: Path) -> None:
    names = ["prometheus", "alertmanager", "node_exporter"]
    with Lab(lab_folder) as own:
        facts = own.up(names)
        known = [facts["processes"][name] for name in names]
        assert status_of(f"{facts['alertmanager']['url']}/-/ready") == 200
        wait_for("a scrape", lambda: _values(facts["prometheus"], "up") == [1.0])
    assert not any(process.is_alive(one) for one in known)
    assert not lab_folder.exists()
