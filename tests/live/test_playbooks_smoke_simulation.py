# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smoke tests of the inventory of alarm-broker, as they stand there; only addresses are other ones.

The service is a STAND-IN: its simulation and what belongs to it, answering as release 0.1.0 was seen to. Postgres is
real.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, answering, as_json
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator

KEY = "key-of-an-administrator"
HERE: dict[str, Any] = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "ansible_become": False,
}
TABLE = """
CREATE TABLE alarm_notifications (
  id uuid PRIMARY KEY, alarm_id uuid NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  channel text NOT NULL, result text, error text
)
"""


def login_of(facts: PostgresFacts) -> dict[str, Any]:
    """Return what stands in day2_postgres for the lab's server."""
    given: dict[str, Any] = dict(facts)
    names = ("host", "port", "user", "password")
    return {**{f"login_{name}": given[name] for name in names}, "login_db": given["database"]}


class Broker:
    """API and worker in one; the worker looks for work whenever an alarm is asked for the second time."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self.database = database
        self.asked: list[str] = []
        self.simulates = True
        self.repeated = 1  # how often a phone is refused, as in the ten seconds after an alarm of it
        self.own_data = False  # whether the image has them
        self.tokens: set[str] = set()
        self.alarms: dict[str, dict[str, Any]] = {}

    def __call__(self, question: Asked) -> Answer:
        self.asked.append(f"{question.method} {question.path}")
        if question.path == "/v1/yealink/alarm":
            return self.alarm(question.fields.get("token", [""])[0])
        if question.headers.get("X-Admin-Key") != KEY:
            return as_json({"detail": "Invalid admin key"}, 401)
        if question.path.startswith("/v1/simulation/"):
            return self.simulation(f"{question.method} {question.path.removeprefix('/v1/simulation/')}")
        if question.path == "/v1/admin/seed":
            self.tokens |= {device["device_token"] for device in json.loads(question.body)["devices"]}
            return as_json({"ok": "true"})
        return self.known(question)

    def alarm(self, token: str) -> Answer:
        if token not in self.tokens:
            return as_json({"detail": "Unknown token"}, 404)
        if self.repeated:
            self.repeated -= 1
            return Answer(b"Internal Server Error", 500, "text/plain")
        alarm = {"id": str(uuid.uuid4()), "status": "triggered", "zammad_ticket_id": None}
        self.alarms[str(alarm["id"])] = alarm
        return as_json({"ok": True, "alarm_id": alarm["id"], "status": "triggered"})

    def simulation(self, wanted: str) -> Answer:
        """Answer; no notification is there, as it is the worker's process that has sent them."""
        if not self.simulates:
            return as_json({"detail": "Simulation endpoint not found"}, 404)
        if wanted == "POST seed" and not self.own_data:
            return as_json({"detail": "Simulation seed file not found"}, 500)
        channels = {"zammad": 0, "sms": 0, "signal": 0}
        answers: dict[str, dict[str, Any]] = {
            "GET status": {"simulation_enabled": True, "total_notifications": 0, "by_channel": channels},
            "GET notifications": {"simulation_enabled": True, "channel_filter": None, "total": 0, "notifications": []},
            "POST notifications/clear": {"status": "ok", "message": "All simulation notifications cleared"},
            "POST seed": {"status": "ok", "seed_file": "/srv/seed.yaml", "admin_seed_endpoint": "/v1/admin/seed"},
        }
        return as_json(answers[wanted])

    def known(self, question: Asked) -> Answer:
        item, _slash, what = question.path.removeprefix("/v1/alarms/").partition("/")
        alarm = self.alarms[item]
        if (question.method, what) == ("POST", "resolve"):
            alarm["status"] = "resolved"
            return Answer(b"", 204)
        shown = as_json(alarm)
        if alarm["zammad_ticket_id"] is None:
            alarm["zammad_ticket_id"] = 1001
            for channel in ("zammad", "signal", "sms"):
                self.tell(item, channel)
        return shown

    def tell(self, alarm: str, channel: str) -> None:
        row = "INSERT INTO alarm_notifications (id, alarm_id, channel, result) VALUES (%s, %s, %s, 'ok')"
        self.database.execute(row, [uuid.uuid4(), alarm, channel])


@pytest.fixture
def broker(postgres_facts: PostgresFacts) -> Iterator[Broker]:
    login = login_of(postgres_facts)
    given = {"dbname" if name == "login_db" else name.removeprefix("login_"): login[name] for name in login}
    with psycopg.connect(**given, autocommit=True) as database:
        database.execute(TABLE)
        try:
            yield Broker(database)
        finally:
            database.execute("DROP TABLE alarm_notifications")


@pytest.fixture
def operator(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("ALARM_ADMIN_KEY", KEY)
    return Operator(lab, tmp_path)


def smoke(operator: Operator, broker: Broker, *arguments: str, **variables: Any) -> Done:
    """Run the tests of the inventory against the stand-in."""
    login = login_of(operator.lab.facts["postgres"])
    with answering(broker) as url:
        return operator.run(
            "smoke_test",
            *arguments,
            inventory="inventories/alarm_broker",
            alarm_api=url,
            day2_postgres=login,
            **HERE,
            **variables,
        )


def test_data_are_sent_an_alarm_is_told_and_what_was_told_is_cleared(operator: Operator, broker: Broker) -> None:
    done = smoke(operator, broker, "-vv")
    assert done.status == 0, done.output
    shown = done.of_task("Show how it went")
    assert [f"simulation_{name}: item " in shown for name in ("seed", "alarm", "clear")] == [True] * 3
    (alarm,) = broker.alarms.values()
    assert f"simulation_alarm: item {alarm['id']} was processed" in shown
    assert alarm["status"] == "resolved"
    assert broker.asked.count("GET /v1/yealink/alarm") == 2  # the first was refused
    assert set(broker.asked) >= {
        "POST /v1/admin/seed",
        "POST /v1/simulation/seed",
        "GET /v1/simulation/notifications",
        "POST /v1/simulation/notifications/clear",
    }
    assert KEY not in done.output


@pytest.mark.long
def test_nothing_is_sent_to_a_service_that_does_not_simulate(operator: Operator, broker: Broker) -> None:
    broker.simulates = False
    done = smoke(operator, broker)
    assert done.status != 0
    told = done.of_task("Fail where something is wrong")
    assert told.count("nothing was sent: critical simulation is on: fail: status is 404") >= 3
    assert set(broker.asked) == {"GET /v1/simulation/status"}


@pytest.mark.long
def test_an_alarm_that_nobody_is_told_of_is_found(
    operator: Operator, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "tell", lambda alarm, channel: None)
    broker.own_data, broker.repeated, broker.tokens = True, 0, {"day2-smoke-test"}
    done = smoke(operator, broker, only="simulation_alarm")
    assert done.status != 0
    assert "is not processed after" in done.text and "it is told: fail: value is 0" in done.text
    assert [alarm["status"] for alarm in broker.alarms.values()] == ["resolved"]
