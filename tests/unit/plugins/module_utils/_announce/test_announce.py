# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Announcements without a network: placeholders, templates, bounds, and what is wrong with a description."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._announce import mail, status_page, webhook
from ansible_collections.day2.ops.plugins.module_utils._announce.channel import Channel, Sent
from ansible_collections.day2.ops.plugins.module_utils._announce.message import Message, written
from ansible_collections.day2.ops.plugins.module_utils._announce.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._announce.placeholders import filled, filled_address
from ansible_collections.day2.ops.plugins.module_utils._announce.sending import send_all
from ansible_collections.day2.ops.plugins.module_utils._core.controller import run_here
from ansible_collections.day2.ops.plugins.module_utils._core.deadline import Deadline
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, Unreachable

NOW = 1772337600.5
VALUES = {"service": "shop", "count": 3, "none": None}


def message(templates: dict[str, Any] | None = None, **options: Any) -> tuple[Message, list[str]]:
    given = SPEC.validate({"text": "it begins\nnow", "values": VALUES, **options}, "arguments")
    return written(given, templates or {}, NOW)


def test_placeholders() -> None:
    given = {"a": ["{count}", "{count} of {service}", "{none}", 1], "b": "{} {Count} { count }", "c": None}
    assert filled(given, VALUES, "x") == {"a": [3, "3 of shop", None, 1], "b": "{} {Count} { count }", "c": None}
    assert filled("is {none}", VALUES, "x") == "is "
    assert (
        filled_address("http://a/{service}?{id}", {**VALUES, "id": "../b c&d"}, "x") == "http://a/shop?..%2Fb%20c%26d"
    )
    with pytest.raises(InputError, match=r"body: no such placeholder: \{id\}; known are count, none, service"):
        filled({"a": "{id}"}, VALUES, "body")


def test_a_template_has_the_values() -> None:
    told, problems = message({"begin": "{service}: {text} at {at} ({time}, {time_ms}) {event}"}, event="begin")
    assert told.text == "shop: it begins\nnow at 2026-03-01T04:00:00Z (1772337600, 1772337600500) begin"
    assert told.subject == "shop: it begins"
    assert problems == []


@pytest.mark.parametrize("template", ["{servce}", 7, "", "  ", ["a"], "{none}"])
def test_a_template_that_is_broken(template: Any) -> None:
    told, (problem,) = message({"end": template}, event="end")
    assert told.text == "it begins\nnow"
    assert problem.startswith("templates.end: ") and problem.endswith("; the default text was told")


@pytest.mark.parametrize(
    ("event", "over", "wanted"),
    [
        ("begin", None, False),
        ("end", None, True),
        ("failed", False, False),
        ("incident", None, False),
        ("begin", True, True),
    ],
)
def test_when_it_is_over(event: str, over: bool | None, wanted: bool) -> None:
    assert message(event=event, over=over)[0].over is wanted


def outcomes(*channels: Channel, seconds: float = 0.2, **kept: Any) -> dict[str, Any]:
    found = send_all(channels, message()[0], kept, seconds)
    return {one.name: one.reason or (one.sent and dict(one.sent.kept)) for one in found}


def test_each_channel_ends_in_its_own_way() -> None:
    ended = threading.Event()

    def hang(_message: Message, _kept: Mapping[str, Any], _deadline: Deadline) -> Sent:
        ended.wait(60)
        return Sent()

    def refuse(_message: Message, _kept: Mapping[str, Any], _deadline: Deadline) -> Sent:
        raise Unreachable("Connection refused")

    def break_down(_message: Message, _kept: Mapping[str, Any], _deadline: Deadline) -> Sent:
        raise ValueError("https://hooks.example.org/t0ken")

    def pass_on(_message: Message, kept: Mapping[str, Any], _deadline: Deadline) -> Sent:
        return Sent({"id": kept["id"] + 1})

    try:
        assert outcomes(
            Channel("hangs", hang),
            Channel("refuses", refuse),
            Channel("breaks", break_down),
            Channel("works", pass_on),
            Channel("is silent", lambda *_given: None),
            works={"id": 1},
        ) == {
            "hangs": "no answer within 0.2 s",
            "refuses": "Connection refused",
            "breaks": "unexpected ValueError; please report it",
            "works": {"id": 2},
            "is silent": None,
        }
    finally:
        ended.set()


def test_nobody_is_to_be_told() -> None:
    told = operate(SPEC.validate({"text": "a"}, "x"), False)
    assert (told.changed, told.msg) == (False, "nobody is to be told")


def test_check_mode_says_who_would_be_told() -> None:
    to = {"webhook_url": "http://127.0.0.1:9/", "mail": {"to": ["a@example.org"]}, "grafana": {"url": "http://a"}}
    told = operate(SPEC.validate({"text": "a", "to": to}, "x"), True)
    assert (told.changed, told.msg) == (True, "would tell webhook, mail, Grafana")


@pytest.mark.parametrize(
    ("to", "line"),
    [
        ({"webhook": {"blocks": []}}, "webhook (webhook_url is missing)"),
        ({"webhook_url": "http://a", "webhook": "x"}, "webhook (expected a dictionary)"),
        (
            {"webhook_url": "http://a", "webhook": {"blocks": {"begun": []}}},
            "webhook (webhook: blocks cannot be ",
        ),
        ({"webhook_url": "http://a", "webhook": {"blocks": "x"}}, "webhook (webhook: blocks cannot be "),
        ({"mail": {"to": ["a"], "port": "x", "password": "pa55"}}, "mail (mail: argument 'port' is of type str"),
        ({"grafana": {"tags": []}}, "Grafana (grafana: missing required arguments: url)"),
        ({"status_pages": [{"name": "a"}]}, "a (status page a: one of the following is required: "),
        (
            {"status_pages": [{"begin": {"url": "http://a", "id_path": "a..b"}}]},
            "status page 1 (not a path into JSON: a..b",
        ),
        ({"templates": []}, ""),
        ({"templates": {"start": "a"}}, "templates (no event start; known are "),
        ({"timeout": "a while"}, "timeout ("),
        ({"hook": "a"}, "hook (no such channel; known are webhook_url, "),
    ],
)
def test_what_is_wrong_with_a_description(to: dict[str, Any], line: str) -> None:
    wrong = run_here(SPEC, {"text": "a", "to": to}, operate, True)["wrong"]
    assert [one[: len(line)] for one in wrong] == ([line] if line else [])
    assert "pa55" not in "".join(wrong)


def test_what_a_page_is_not_told_of() -> None:
    page = status_page.channel({"begin": {"url": "http://127.0.0.1:9/"}})
    for event in ("end", "incident", "message"):
        assert page.send(message(event=event)[0], {}, Deadline(1)) is None


def test_a_page_whose_body_is_broken_is_not_told() -> None:
    page = status_page.channel({"name": "page", "begin": {"url": "http://127.0.0.1:9/", "body": {"a": "{b}"}}})
    with pytest.raises(InputError, match=r"^page: begin: no such placeholder: \{b\}"):
        page.send(message(event="begin")[0], {}, Deadline(1))


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:9/t0ken", "Connection refused"), ("http://no-such-host.invalid/t0ken", "")],
)
def test_an_error_holds_no_address(url: str, reason: str) -> None:
    with pytest.raises(Unreachable) as raised:
        webhook.channel(url, {"use_proxy": False}).send(message()[0], {}, Deadline(5))
    assert reason in str(raised.value)
    assert "t0ken" not in str(raised.value)


def test_an_address_of_mail_that_cannot_be_written() -> None:
    letters = mail.channel({"to": ["a@example.org"], "sender": "a\nb@example.org"})
    with pytest.raises(InputError, match="an address cannot be written"):
        letters.send(message()[0], {}, Deadline(1))
