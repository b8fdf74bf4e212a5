# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Silences at a real Alertmanager. Grafana is a STAND-IN: its path alone differs, by its documented interface."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._silences.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import UrlFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, always, answering, as_json

NOBODY = "http://127.0.0.1:1"


class Room:
    """An Alertmanager with alerts and silences of one test, told apart from others' by a label."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.run = uuid.uuid4().hex

    def silence(self, check_mode: bool = False, **options: Any) -> Result:
        """Do what the module does."""
        given = {"url": [self.url], "name": self.run, "matchers": [f"run={self.run}"], **options}
        return operate(
            SPEC.validate({key: value for key, value in given.items() if value is not None}, "test"), check_mode
        )

    def fire(self, name: str, seconds: float = 300, **labels: str) -> None:
        """Let an alert fire for that long."""
        ends = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        alert = {"labels": {"alertname": name, "run": self.run, **labels}, "endsAt": ends}
        requests.post(f"{self.url}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()

    def state_of(self, name: str) -> str | None:
        """Return what the server calls the alert's state; None when it knows of none."""
        query = {"filter": [f'alertname="{name}"', f'run="{self.run}"']}
        answer = requests.get(f"{self.url}/api/v2/alerts", params=query, timeout=5)
        return next((str(one["status"]["state"]) for one in answer.json()), None)

    def silences(self) -> list[dict[str, Any]]:
        """Return ours that have not ended."""
        found = requests.get(f"{self.url}/api/v2/silences", timeout=5).json()
        mine = [one for one in found if one["createdBy"] == f"day2.ops/{self.run}"]
        return [one for one in mine if one["status"]["state"] != "expired"]


@pytest.fixture
def room(alertmanager: UrlFacts) -> Iterator[Room]:
    """What is silenced in it ends with the test."""
    made = Room(alertmanager["url"])
    yield made
    made.silence(state="absent")


def test_an_alert_is_muted_and_heard_again(room: Room) -> None:
    room.fire("TooSlow")
    room.fire("TooFull", severity="critical")
    planned = room.silence(check_mode=True, duration="1h")
    assert planned.changed and planned.data["muted_count"] == 2
    assert not room.silences()
    made = room.silence(duration="1h", comment="new disks")
    assert made.changed and "until" in made.msg
    assert {one["labels"]["alertname"] for one in made.data["muted"]} == {"TooSlow", "TooFull"}
    wait_for("the silence to work", lambda: room.state_of("TooSlow") == "suppressed")
    room.fire("TooLate")
    wait_for("an alert of later to be muted too", lambda: room.state_of("TooLate") == "suppressed")
    ended = room.silence(state="absent")
    assert ended.changed and ended.data["silence"]["state"] == "expired"
    wait_for("the alert to be heard", lambda: room.state_of("TooSlow") == "active")
    assert not room.silence(state="absent").changed


def test_there_is_one_of_an_owner(room: Room) -> None:
    ends = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = room.silence(ends_at=ends)
    again = room.silence(ends_at=ends)
    assert not again.changed and again.data["silence"] == first.data["silence"]
    later = room.silence(duration="3h")
    assert later.changed and later.data["silence"]["id"] in [one["id"] for one in room.silences()]
    other = room.silence(duration="3h", matchers=[f"run={room.run}", 'severity!="critical"'])
    assert other.data["ended"] == [later.data["silence"]["id"]]
    (left,) = room.silences()
    assert left["id"] == other.data["silence"]["id"] and len(left["matchers"]) == 2
    assert room.silence(duration="3h", matchers=['severity!="critical"', f"run={room.run}"]).data["ended"] == []
    assert room.silence(check_mode=True, state="absent").changed and len(room.silences()) == 1


def test_one_to_come_is_moved(room: Room) -> None:
    now = datetime.now(UTC)
    begins = [(now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (1, 2)]
    first = room.silence(starts_at=begins[0], duration="1h")
    assert (first.data["silence"]["state"], first.data["silence"]["starts_at"]) == ("pending", begins[0])
    moved = room.silence(starts_at=begins[1], duration="1h")
    assert moved.data["silence"]["starts_at"] == begins[1] and len(room.silences()) == 1


def test_a_silence_ends_by_itself(room: Room) -> None:
    room.fire("TooSlow")
    room.silence(duration="2s")
    wait_for("the silence to work", lambda: room.state_of("TooSlow") == "suppressed")
    wait_for("the silence to end", lambda: room.state_of("TooSlow") == "active", 20)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"matchers": []}, "would mute every alert"),
        ({"matchers": ["service=~.*"]}, "would mute every alert"),
        ({"matchers": ["service"]}, "matchers: expected"),
        ({"matchers": ["service=~("]}, "no regular expression"),
        ({"duration": None}, "has no end"),
        ({"duration": "soon"}, "duration: expected"),
        ({"duration": None, "ends_at": "2001-01-01T00:00:00Z"}, "would have ended at 2001-01-01T00:00:00Z"),
        ({"duration": None, "ends_at": "tomorrow"}, "ends_at is no moment"),
        ({"duration": 0, "starts_at": "2100-01-01T00:00:00Z"}, "end before it begins"),
        ({"name": "two\nlines"}, "name: expected"),
        ({"url": []}, "url is empty"),
        ({"url": ["ftp://alerts"]}, "not a usable URL"),
    ],
)
def test_what_makes_no_silence_is_told(room: Room, given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        room.silence(**{"duration": "1h", **given})
    assert not room.silences()


def test_the_next_member_is_asked(room: Room) -> None:
    assert room.silence(url=[NOBODY, room.url], duration="1h").changed
    with pytest.raises(Unreachable, match="no answer"):
        room.silence(url=[NOBODY, NOBODY], duration="1h")


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (Answer(b"", 401), AccessDenied, "status is 401"),
        (Answer(b"", 404), NotThere, "no API v2"),
        (Answer(b"broken", 500), OpsError, "500 .broken"),
        (Answer(b"<html>"), OpsError, "not JSON"),
        (as_json([{"id": 1, "createdBy": "day2.ops/shop"}]), OpsError, "not that of an Alertmanager"),
    ],
    ids=["login", "no such path", "broken", "no JSON", "strange"],
)
def test_others_answer(answer: Answer, kind: type[OpsError], told: str) -> None:
    with answering(always(answer)) as url:
        room = Room(url)
        with pytest.raises(kind, match=told) as error:
            room.silence(name="shop", duration="1h", url_username="me", url_password="hush-hush")
    assert "hush-hush" not in str(error.value) and "\n" not in str(error.value)


def test_grafana_is_asked_below_its_own_path() -> None:
    asked: list[str] = []

    def grafana(question: Asked) -> Answer:
        asked.append(f"{question.method} {question.path}")
        made = {
            "id": "7",
            "status": {"state": "active"},
            "matchers": [{"name": "run", "value": "x", "isRegex": False, "isEqual": True}],
            "startsAt": "2026-03-01T02:00:00Z",
            "endsAt": "2100-03-01T02:00:00Z",
            "createdBy": "day2.ops/shop",
            "comment": "maintenance",
        }
        there = [made] if question.path.endswith("silences") and len(asked) > 1 else []
        return as_json({"silenceID": "7"} if question.method == "POST" else there)

    with answering(grafana) as url:
        made = Room(url).silence(kind="grafana", name="shop", matchers=["run=x"], ends_at="2100-03-01T02:00:00Z")
    base = "/api/alertmanager/grafana/api/v2"
    assert made.data["silence"]["id"] == "7"
    assert asked[:2] == [f"GET {base}/silences", f"POST {base}/silences"]
