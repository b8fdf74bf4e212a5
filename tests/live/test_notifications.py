# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a result is told to: a webhook, a mail server and an Alertmanager that are real, and none that answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.announce_servers import MAIL_PASSWORD as PASSWORD
from ansible_collections.day2.ops.tests.live.announce_servers import Letters, mail_server
from ansible_collections.day2.ops.tests.live.announce_servers import mail_to as mail_of
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks

BAD: dict[str, Any] = {
    "measures": [{"name": "load", "value": 9}],
    "objectives": [{"measure": "load", "at_most": 3}],
}
GOOD: dict[str, Any] = {**BAD, "objectives": [{"measure": "load", "at_most": 30}]}


@pytest.fixture
def letters() -> Iterator[tuple[Letters, int]]:
    """A mail server that wants a login, and its port."""
    with mail_server() as served:
        yield served


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def posted(lab: Lab) -> list[str]:
    """Return the texts that the webhook has got."""
    file = Path(lab.facts["webhook"]["file"])
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line)["body"]["text"] for line in lines]


def alerts(lab: Lab) -> list[dict[str, Any]]:
    """Return the alerts of reports that fire in Alertmanager."""
    found: list[dict[str, Any]] = requests.get(
        f"{lab.facts['alertmanager']['url']}/api/v2/alerts", params={"filter": 'alertname="Day2Report"'}, timeout=5
    ).json()
    return found


def mail_to(port: int, password: str = PASSWORD) -> dict[str, Any]:
    return mail_of(port, secure="never", password=password)


def everywhere(lab: Lab, port: int, when: str) -> dict[str, Any]:
    told: dict[str, Any] = {"webhook_url": lab.facts["webhook"]["url"], "mail": mail_to(port), "when": when}
    return {**told, **({"alertmanager_url": lab.facts["alertmanager"]["url"]} if "alertmanager" in lab.facts else {})}


def test_a_problem_is_told_everywhere_and_its_end_ends_the_alert(
    operator: Operator, letters: tuple[Letters, int]
) -> None:
    handler, port = letters
    before = len(posted(operator.lab))
    notify = everywhere(operator.lab, port, "problem")
    done = operator.run("capacity", "-vvv", day2_capacity=BAD, day2_notify=notify)
    assert done.status == 0, done.output
    subject = "demo: Capacity: failed: missed: load; nothing to change"
    assert [subject for subject, _text in handler.kept] == [subject]
    assert posted(operator.lab)[before:] == [subject]
    assert leaks(operator, done, {PASSWORD, operator.lab.facts["webhook"]["url"]}) == []
    if "alertmanager" in operator.lab.facts:
        (alert,) = alerts(operator.lab)
        assert alert["labels"]["service"] == "demo"
        assert alert["annotations"]["summary"] == subject
    assert operator.run("capacity", day2_capacity=GOOD, day2_notify=notify).status == 0
    assert len(handler.kept) == 1
    assert len(posted(operator.lab)) == before + 1
    if "alertmanager" in operator.lab.facts:
        assert alerts(operator.lab) == []


def test_nobody_who_answers_is_a_warning_and_changes_nothing(operator: Operator) -> None:
    nowhere = {
        "webhook_url": "http://127.0.0.1:9/hook",
        "mail": mail_to(9),
        "alertmanager_url": "http://127.0.0.1:9",
        "when": "always",
    }
    done = operator.run("capacity", day2_capacity=BAD, day2_notify=nowhere)
    assert done.status == 0, done.output
    refused = "(Connection refused)"
    assert (
        f"WARNING: not told: webhook {refused}, mail {refused}, Alertmanager {refused}; the work goes on" in done.text
    )
    assert leaks(operator, done, {PASSWORD}) == []


def test_a_wrong_login_is_a_warning_without_the_password(operator: Operator, letters: tuple[Letters, int]) -> None:
    handler, port = letters
    notify = {"mail": mail_to(port, "wr0ng-of-the-mail"), "when": "always"}
    done = operator.run("capacity", "-vvv", day2_capacity=BAD, day2_notify=notify)
    assert done.status == 0, done.output
    assert "WARNING: not told: mail (the mail server refuses the login, status 535); the work goes on" in done.text
    assert handler.kept == []
    assert leaks(operator, done, {"wr0ng-of-the-mail"}) == []


def test_mail_without_encryption_is_not_sent_unless_allowed(operator: Operator, letters: tuple[Letters, int]) -> None:
    handler, port = letters
    mail = {key: value for key, value in mail_to(port).items() if key != "secure"}
    done = operator.run("capacity", day2_capacity=BAD, day2_notify={"mail": mail, "when": "always"})
    assert done.status == 0, done.output
    assert "STARTTLS extension not supported by server" in done.text
    assert handler.kept == []


def test_check_mode_tells_nobody(operator: Operator, letters: tuple[Letters, int]) -> None:
    handler, port = letters
    before = posted(operator.lab)
    notify = everywhere(operator.lab, port, "always")
    done = operator.run("capacity", "--check", day2_capacity=BAD, day2_notify=notify)
    assert done.status == 0, done.output
    assert handler.kept == []
    assert posted(operator.lab) == before
    if "alertmanager" in operator.lab.facts:
        assert alerts(operator.lab) == []


def test_a_time_that_is_none_is_refused_by_name(operator: Operator) -> None:
    done = operator.run("capacity", day2_capacity=BAD, day2_notify={"when": "sometimes"})
    assert done.status != 0
    assert "value of when must be one of: change, problem, always" in done.text
