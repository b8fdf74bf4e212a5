# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Announcements as the controller makes them: nothing fails, and no secret is in what comes back."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.day2.ops.plugins.action import announce
from ansible_collections.day2.ops.plugins.filter.announce_problems import announce_problems

from .test_actions import run

TO: dict[str, Any] = {
    "webhook_url": "http://127.0.0.1:9/t0ken",
    "grafana": {"token": "glsa-t0ken"},
    "mail": {"to": ["a@example.org"], "port": "glsa-t0ken", "password": "glsa-t0ken"},
}


def test_nobody_can_be_told() -> None:
    told = run(announce.ActionModule, text="it begins", event="begin", to=TO)
    assert not told["failed"] and not told["changed"]
    assert [line.partition(" (")[0] for line in told["not_told"]] == ["mail", "Grafana", "webhook"]
    assert "t0ken" not in json.dumps(told)


def test_what_is_wrong_is_told_before_there_is_something_to_tell() -> None:
    wrong = announce_problems(TO)
    assert [line.partition(" (")[0] for line in wrong] == ["mail", "Grafana"]
    assert "t0ken" not in "".join(wrong)


def test_an_event_that_there_is_not() -> None:
    told = run(announce.ActionModule, text="it begins", event="began")
    assert told["failed"]
    assert "value of event must be one of" in told["msg"]
