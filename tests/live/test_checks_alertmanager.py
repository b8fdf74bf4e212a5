# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind alertmanager against a real server, and against stand-ins for old and broken ones."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import UrlFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, always, answering, as_json
from ansible_collections.day2.ops.tests.live.checks import attempt

EVIL = "<script>\x1b[31m\n" + "x" * 10_000


class Alerts:
    """Alerts of one test at the lab's Alertmanager, told apart from those of others by a label."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.mine = f"run={uuid.uuid4().hex}"
        self._posted: list[dict[str, Any]] = []

    def fire(self, name: str, minutes: float = 1, **labels: str) -> None:
        """Let an alert fire that began so many minutes ago."""
        run = self.mine.partition("=")[2]
        started = datetime.now(UTC) - timedelta(minutes=minutes)
        alert = {"labels": {"alertname": name, "run": run, **labels}, "startsAt": started.isoformat()}
        self._posted.append(alert)
        requests.post(f"{self.url}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()

    def silence(self, name: str) -> None:
        """Silence an alert, and wait until it is."""
        now = datetime.now(UTC)
        matcher = {"name": "alertname", "value": name, "isRegex": False, "isEqual": True}
        times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(minutes=5)).isoformat()}
        silence = {"matchers": [matcher], **times, "createdBy": "test", "comment": "test"}
        requests.post(f"{self.url}/api/v2/silences", json=silence, timeout=5).raise_for_status()
        suppressed = {"url": self.url, "matchers": [self.mine, f"alertname={name}"], "states": ["suppressed"]}
        wait_for("a silenced alert", lambda: attempt("alertmanager", **suppressed).values["alerts"] == 1)

    def resolve_all(self) -> None:
        """End them all."""
        ended = datetime.now(UTC) - timedelta(seconds=1)
        over = [{**alert, "endsAt": ended.isoformat()} for alert in self._posted]
        requests.post(f"{self.url}/api/v2/alerts", json=over, timeout=5).raise_for_status()


@pytest.fixture
def alerts(alertmanager: UrlFacts) -> Iterator[Alerts]:
    """What lets alerts fire, and ends them after the test."""
    made = Alerts(alertmanager["url"])
    yield made
    made.resolve_all()


def test_pending_alerts_are_named_with_their_age(alerts: Alerts) -> None:
    mine = {"url": alerts.url, "matchers": [alerts.mine]}
    assert attempt("alertmanager", **mine).status == "pass"
    alerts.fire("HighErrorRate", 125.5, severity="critical", instance="a")
    alerts.fire("HighErrorRate", 5, severity="critical", instance="b")
    alerts.fire("LowDiskSpace", 60.5, severity="warning")
    outcome = attempt("alertmanager", **mine)
    assert outcome.status == "fail"
    assert outcome.reason == (
        "alerts is 3, expected at most 0 (HighErrorRate x 2 critical for 2 h 5 min, LowDiskSpace warning for 1 h)"
    )
    assert outcome.values["by_severity"] == {"critical": 2, "warning": 1}
    assert outcome.values["by_state"]["active"] + outcome.values["by_state"]["unprocessed"] == 3
    oldest = outcome.values["pending"][0]
    assert (oldest["name"], oldest["severity"], oldest["labels"]["instance"]) == ("HighErrorRate", "critical", "a")
    assert oldest["age"] == pytest.approx(7530, abs=30)
    assert attempt("alertmanager", **mine, max_alerts=3).status == "pass"
    only = [alerts.mine, 'severity=~"warn.*"', "alertname!=Other"]
    assert attempt("alertmanager", url=alerts.url, matchers=only).values["alerts"] == 1


def test_silenced_alerts_count_when_asked_for(alerts: Alerts) -> None:
    name = f"Silenced{alerts.mine[-8:]}"
    alerts.fire(name)
    alerts.silence(name)
    mine = {"url": alerts.url, "matchers": [alerts.mine]}
    outcome = attempt("alertmanager", **mine)
    assert (outcome.status, outcome.values["by_state"]["suppressed"]) == ("pass", 1)
    assert attempt("alertmanager", **mine, include_silenced=True).values["alerts"] == 1
    assert attempt("alertmanager", **mine, states=["suppressed"]).values["alerts"] == 1
    assert attempt("alertmanager", **mine, include_inhibited=True).status == "pass"


def test_who_has_no_watchdog_or_runs_for_seconds_only_cannot_tell(alerts: Alerts) -> None:
    name = f"Watchdog{alerts.mine[-8:]}"
    mine = {"url": alerts.url, "matchers": [alerts.mine], "watchdog": name}
    without = attempt("alertmanager", **mine)
    assert (without.status, without.reason) == ("unknown", "watchdog_alerts is 0, expected at least 1")
    alerts.fire(name)
    assert attempt("alertmanager", **mine).status == "pass"
    young = attempt("alertmanager", **mine, min_uptime="52w")
    assert young.status == "unknown"
    assert young.reason.startswith("uptime is ")
    assert attempt("alertmanager", **mine, min_uptime=0).status == "pass"


def test_names_of_others_are_data(alerts: Alerts) -> None:
    alerts.fire(EVIL, odd=EVIL)
    outcome = attempt("alertmanager", url=alerts.url, matchers=[alerts.mine])
    assert outcome.status == "fail"
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 300
    assert all(len(text) <= 200 for text in outcome.values["pending"][0]["labels"].values())


def test_a_server_that_is_gone_or_hangs(lab: Lab, alertmanager: UrlFacts) -> None:
    url = alertmanager["url"]
    lab.break_server("alertmanager", "hang")
    hung = attempt("alertmanager", url=url, timeout=1)
    assert (hung.status, hung.reason) == ("unknown", f"no complete answer within 1 s: {url}/api/v2/alerts")
    lab.mend("alertmanager")
    lab.break_server("alertmanager", "stop")
    gone = attempt("alertmanager", url=url)
    assert (gone.status, gone.reason) == ("unknown", f"no answer (Connection refused): {url}/api/v2/alerts")


def test_another_path(alertmanager: UrlFacts) -> None:
    outcome = attempt("alertmanager", url=f"{alertmanager['url']}/prefix")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("no Alertmanager there (status is 404): ")


def _only_v1(data: Any) -> Any:
    def reply(asked: Asked) -> Answer:
        if asked.path == "/api/v1/alerts":
            return as_json({"status": "success", "data": data})
        return Answer(b"404 page not found", 404)

    return reply


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "this Alertmanager has no API v2: {}; it speaks v1 only; 0.16 or later is needed"),
        ({"alerts": []}, "this is a Prometheus: {}; url is the address of its Alertmanager"),
    ],
)
def test_stand_ins_without_v2(data: Any, words: str) -> None:
    with answering(_only_v1(data)) as url:
        outcome = attempt("alertmanager", url=url)
        assert (outcome.status, outcome.reason) == ("unknown", words.format(f"{url}/api/v2/alerts"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"<html>log in</html>"), "the answer is not that of an Alertmanager: {}; it begins with '<html>log in"),
        (as_json({"alerts": []}), "the answer is not that of an Alertmanager: {base}; it cannot be read"),
        (as_json([{"labels": {}}]), "the answer is not that of an Alertmanager: {base}; it cannot be read (KeyError)"),
        (
            as_json("bad matcher format: x\ny", 400),
            "the question is refused (bad matcher format: x y): {}; see matchers",
        ),
        (Answer(b"", 503), "status is 503: {}; it has no body"),
        (Answer(b"", 401), "status is 401: {}; see url_username and token"),
    ],
)
def test_answers_of_stand_ins_that_are_broken(answer: Answer, words: str) -> None:
    with answering(always(answer)) as base:
        outcome = attempt("alertmanager", url=base)
        assert outcome.status == "unknown"
        assert words.format(f"{base}/api/v2/alerts", base=base) in outcome.reason


def test_many_alerts_of_a_stand_in_are_bounded() -> None:
    many = [
        {
            "labels": {"alertname": f"A{number}"},
            "status": {"state": "active"},
            "startsAt": "2020-01-01T00:00:00.123456789Z",
        }
        for number in range(500)
    ]
    with answering(always(as_json(many))) as url:
        outcome = attempt("alertmanager", url=url)
    assert (outcome.values["alerts"], len(outcome.values["pending"])) == (500, 50)
    assert outcome.reason.endswith("and 495 more names)")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"matchers": ["severity"]}, "expected name="),
        ({"states": ["firing"]}, "states"),
        ({"max_alerts": "few"}, "max_alerts"),
        ({"min_uptime": "soon"}, "min_uptime"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        attempt("alertmanager", url="http://127.0.0.1:1", **options)
