# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerts of an incident that gets worse: when it is closed none of them goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, answering, as_json
from ansible_collections.day2.ops.tests.live.own_plays import play


class Alerts:
    """A STAND-IN for Alertmanager, which knows an alert by its labels."""

    def __init__(self) -> None:
        self.lasting: dict[str, bool] = {}

    def __call__(self, question: Asked) -> Answer:
        for one in json.loads(question.body):
            self.lasting[one["labels"]["severity"]] = one["endsAt"] > one["startsAt"]
        return as_json({})


@pytest.mark.long
def test_a_closed_incident_leaves_no_alert(tmp_path: Path) -> None:
    alerts = Alerts()
    with answering(alerts) as url:
        base = {
            "incident_service": "shop",
            "incident_state_dir": str(tmp_path / "state"),
            "incident_report_dir": str(tmp_path / "reports"),
            "incident_announce": {"alertmanager_url": url},
            "incident_from": "controller",
        }

        def run(**variables: str) -> None:
            role: dict[str, Any] = {"ansible.builtin.include_role": {"name": "day2.ops.incident"}}
            tasks = [{**role, "vars": {**base, **variables}}]
            status, said = play(tmp_path, json.dumps([{"hosts": "good", "gather_facts": False, "tasks": tasks}]))
            assert status == 0, said

        run(incident_severity="P3")
        run(incident_severity="P1")
        assert alerts.lasting == {"P3": False, "P1": True}
        run(incident_do="close")
    assert alerts.lasting == {"P3": False, "P1": False}
