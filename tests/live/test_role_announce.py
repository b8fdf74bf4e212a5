# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window that is announced everywhere, and one that none can be told of: neither is stopped nor tells a secret."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.announce_servers import (
    GRAFANA_TOKEN,
    MAIL_PASSWORD,
    PAGE_TOKEN,
    Grafana,
    Letters,
    StatusPage,
    Webhook,
    dripping,
    hanging,
    mail_server,
    mail_to,
    status_page,
)
from ansible_collections.day2.ops.tests.live.answering import answering
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of

URL_TOKEN = "t0ken-of-the-webhook"
SECRETS = {URL_TOKEN, GRAFANA_TOKEN, PAGE_TOKEN, MAIL_PASSWORD}
QUICK: dict[str, Any] = {f"day2_checks__{group}": [] for group in ("worker", "postgres", "app", "redis")}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


class Everybody:
    """All who are told, and how."""

    def __init__(self, stack: ExitStack) -> None:
        self.webhook, self.grafana, self.page = Webhook(), Grafana(), StatusPage()
        self.letters: Letters
        urls = [stack.enter_context(answering(one)) for one in (self.webhook, self.grafana, self.page)]
        self.letters, port = stack.enter_context(mail_server())
        self.to: dict[str, Any] = {
            "webhook_url": f"{urls[0]}/services/{URL_TOKEN}",
            "grafana": {"url": urls[1], "token": GRAFANA_TOKEN},
            "status_pages": [status_page(urls[2])],
            "mail": mail_to(port, secure="never"),
            "timeout": 20,  # a machine that is busy answers late
        }


@pytest.fixture
def everybody() -> Iterator[Everybody]:
    with ExitStack() as stack:
        yield Everybody(stack)


def last_line(done: Done) -> str:
    return done.of_task("Tell how the window ended")


def report_of(operator: Operator) -> dict[str, Any]:
    (told,) = operator.reports.glob("maintenance-demo-*Z.json")
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return found


def test_a_window_is_announced_everywhere_and_shows_no_secret(operator: Operator, everybody: Everybody) -> None:
    templates = {"begin": "{service} rests: {reason}", "end": "{service} works, {outcom}"}
    to = {**everybody.to, "templates": templates}
    done = operator.run("maintenance", "-vvv", day2_announce=to, day2_maintenance_steps=[], **QUICK)
    assert done.status == 0, done.output
    ended = "Maintenance of demo ended: all steps done and verified, ingress open"
    begun = "demo rests: vacuum of the orders table"
    assert [document["text"] for document in everybody.webhook.documents] == [begun, ended]
    assert [subject for subject, _text in everybody.letters.kept] == [begun, ended]
    (region,) = everybody.grafana.annotations.values()
    assert (region["text"], region["timeEnd"] > region["time"]) == (f"{begun}\n{ended}", True)
    (incident,) = everybody.page.incidents.values()
    assert (incident["status"], incident["body"]) == ("completed", ended)
    assert "WARNING: templates.end: no such placeholder: {outcom}; known are at, began_at, " in done.text
    assert "not told" not in report_of(operator)["summary"]
    assert leaks(operator, done, {*secrets_of(operator.lab.facts), *SECRETS}) == []


@pytest.mark.long
def test_who_hangs_or_refuses_stops_neither_a_window_nor_its_end(operator: Operator, everybody: Everybody) -> None:
    """The step fails: the end is announced by those who can be told, and the last line says who was not."""
    everybody.webhook.status = 500
    page = {**everybody.to["status_pages"][0], "headers": {"Authorization": f"OAuth not-{PAGE_TOKEN}"}}
    with hanging() as silent, dripping() as endless:
        to = {
            **everybody.to,
            "mail": mail_to(silent, secure="never"),
            "grafana": {"url": f"http://127.0.0.1:{endless}", "token": GRAFANA_TOKEN},
            "status_pages": [
                page,
                {**page, "name": "wrong", "begin": {"url": "http://127.0.0.1:9", "id_path": "a..b"}},
            ],
            "timeout": "5s",
        }
        step = {"name": "broken", "command": ["ls", "/nowhere"]}
        done = operator.run("maintenance", "-vvv", day2_announce=to, day2_maintenance_steps=[step], **QUICK)
    assert done.status != 0
    assert "nobody will be told by wrong (not a path into JSON: a..b; expected " in done.text
    told = last_line(done)
    assert "No such file or directory (the ingress is open again); not told: wrong (not a path into JSON: a..b" in told
    for channel in (
        "webhook (status 500) at the beginning",
        "mail (",
        "Grafana (no answer within 5 s",
        "page of the shop (status 401",
        "webhook (status 500) at the end",
    ):
        assert channel in told
    assert "page of the shop (nothing is open there that is known of; look there by hand) at the end" in told
    assert operator.journal()["message"] in told
    assert report_of(operator)["summary"] == operator.journal()["message"]
    assert leaks(operator, done, {*secrets_of(operator.lab.facts), *SECRETS}) == []


@pytest.mark.long
def test_what_a_dead_run_opened_is_ended_by_an_abort(operator: Operator, everybody: Everybody, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    step = {"name": "long", "command": ["sh", "-c", f"touch {begun}; sleep 300"]}
    given: dict[str, Any] = {"day2_announce": everybody.to, "day2_maintenance_steps": [step], **QUICK}
    with operator.start("maintenance", **given) as running:
        try:
            wait_for("the step", begun.exists, 120)
        finally:
            os.killpg(running.pid, signal.SIGKILL)
    (number,) = everybody.grafana.annotations
    assert operator.journal()["steps"]["announced"]["data"]["kept"]["Grafana"]["id"] == number
    done = operator.run("maintenance", "-e", "window_do=abort", **given)
    assert done.status == 0, done.output
    (incident,) = everybody.page.incidents.values()
    assert (incident["status"], incident["body"]) == (
        "completed",
        "Maintenance of demo ended: aborted (the ingress is open again)",
    )
    assert "timeEnd" in everybody.grafana.annotations[number]
    assert len(everybody.webhook.documents) == 2
    told = report_of(operator)
    assert (told["status"], told["severity"]) == ("aborted", "warning")


@pytest.mark.long
def test_a_result_is_told_by_a_template_and_left_in_grafana(operator: Operator, everybody: Everybody) -> None:
    notify = {name: everybody.to[name] for name in ("webhook_url", "grafana", "timeout")}
    notify |= {"when": "always", "templates": {"result": "{service}: {report} is {status}"}}
    capacity = {"measures": [{"name": "load", "value": 1}], "objectives": [{"measure": "load", "at_most": 3}]}
    done = operator.run("capacity", "-vvv", day2_capacity=capacity, day2_notify=notify)
    assert done.status == 0, done.output
    assert [document["text"] for document in everybody.webhook.documents] == ["demo: capacity is passed"]
    (point,) = everybody.grafana.annotations.values()
    assert (point["text"], "timeEnd" in point) == ("demo: capacity is passed", False)
    assert leaks(operator, done, SECRETS) == []
