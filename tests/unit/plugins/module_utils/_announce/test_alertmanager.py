# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts that change their labels: Alertmanager knows an alert by them, so the one of before has to be ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._announce import alertmanager
from ansible_collections.day2.ops.plugins.module_utils._announce.message import Message
from ansible_collections.day2.ops.plugins.module_utils._core.deadline import Deadline
from ansible_collections.day2.ops.plugins.module_utils._core.errors import Unreachable

NOW = 1772337600.0


class Told:
    """What Alertmanager was told: when the alert of each severity ends."""

    def __init__(self) -> None:
        self.ends: dict[str, str] = {}
        self.here = True

    def ask(self, _method: str, _url: str, alerts: Sequence[dict[str, Any]], *_more: Any) -> None:
        if not self.here:
            raise Unreachable("no connection")
        self.ends.update({one["labels"]["severity"]: one["endsAt"] for one in alerts})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    made = Told()
    monkeypatch.setattr(alertmanager, "ask", made.ask)
    return made


def send(severity: str, kept: dict[str, Any], now: float, firing: bool = True) -> dict[str, Any]:
    """Send the alert of an incident; return what is kept of it."""
    alert = {"firing": firing, "labels": {"alertname": "Day2Incident", "severity": severity}, "hours": 1}
    sent = alertmanager.channel("http://127.0.0.1:9").send(
        Message("incident", "", "", not firing, now, {}, alert), kept, Deadline(1)
    )
    assert sent is not None
    return {**kept, **sent.kept}


def test_another_severity_ends_the_alert_of_the_one_before(told: Told) -> None:
    kept = send("P3", {}, NOW)
    assert told.ends == {"P3": "2026-03-01T05:00:00Z"}
    kept = send("P1", kept, NOW + 60)
    assert told.ends == {"P3": "2026-03-01T04:01:00Z", "P1": "2026-03-01T05:01:00Z"}
    send("P1", kept, NOW + 120, firing=False)
    assert told.ends["P1"] == "2026-03-01T04:02:00Z"


def test_what_could_not_be_told_in_between_leaves_no_alert_behind(told: Told) -> None:
    kept = send("P3", {}, NOW)
    told.here = False
    with pytest.raises(Unreachable):
        send("P1", kept, NOW + 60)
    told.here = True
    send("P1", kept, NOW + 120, firing=False)
    assert told.ends == {"P3": "2026-03-01T04:02:00Z", "P1": "2026-03-01T04:02:00Z"}
