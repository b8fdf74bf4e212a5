# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of Celery as letters, and the lists that they belong to."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.celery import Celery
from ansible_collections.day2.ops.plugins.module_utils._queues.celery_messages import (
    MessageReader,
    arguments,
    is_message,
    without_retries,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter

NOW = 1767225600.0  # 2026-01-01


def message(headers: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    """Return a message of Celery."""
    call = [["a"], {"b": 1}, {"callbacks": None}]
    named = {"task": "mails.send", "id": "7f", "retries": 0, "eta": None, "expires": None, **(headers or {})}
    return {
        "body": base64.b64encode(json.dumps(call).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": named,
        "properties": {"priority": 0, "body_encoding": "base64", "delivery_tag": "t"},
        **other,
    }


def read(envelope: Any, item: dict[str, str] | None = None) -> Letter:
    """Return the letter of a message."""
    return MessageReader(item, lambda: NOW).letter(json.dumps(envelope).encode())


def test_a_message() -> None:
    letter = read(message({"retries": 2, "error": "ValueError('a')", "failed_at": 1767225000}))
    assert (letter.id, letter.type, letter.attempts, letter.error) == ("7f", "mails.send", 3, "ValueError('a')")
    assert (letter.failed_at, letter.gone, letter.fault, letter.named) == (1767225000.0, "", "", True)
    assert letter.payload == {"args": ["a"], "kwargs": {"b": 1}}


def test_other_paths_win() -> None:
    item = {"error": "headers.reason", "attempts": "headers.tries", "payload": "properties"}
    letter = read(message({"reason": "full", "tries": 4}), item)
    assert (letter.error, letter.attempts, letter.type) == ("full", 4, "mails.send")
    assert letter.payload["delivery_tag"] == "t"


def test_arguments_are_read_when_they_are_plain_json() -> None:
    assert arguments(message(body="[[1], {}, {}]", properties={"delivery_tag": "t"})) == {"args": [1], "kwargs": {}}
    assert arguments({**message(), "content-type": "application/x-python-serialize"}) is None
    assert arguments(message({"compression": "application/x-gzip"})) is None
    assert arguments(message(body="not base64!")) is None
    assert arguments(message(body=base64.b64encode(b"{}").decode())) is None
    assert arguments(message(body=7)) is None


@pytest.mark.parametrize(
    "envelope",
    [
        [],
        7,
        None,
        {},
        {"headers": {}},
        {"headers": {}, "properties": {}},
        {"headers": [], "properties": {}, "body": ""},
    ],
)
def test_what_is_no_message_can_never_succeed(envelope: Any) -> None:
    assert not is_message(envelope)
    assert read(envelope).gone == "not a message of Celery"


def test_a_message_whose_time_has_run_out_can_never_succeed() -> None:
    assert read(message({"expires": "2025-12-31T23:59:59+00:00"})).gone == "its time has run out"
    assert read(message({"expires": "2026-01-01T00:00:01+00:00"})).gone == ""


def test_without_retries() -> None:
    assert without_retries(message()) == b""
    assert without_retries(None) == b""
    assert json.loads(without_retries(message({"retries": 3}))) == message({"retries": 0})


def queue(**options: Any) -> Celery:
    """Return a queue as described."""
    (one,) = described([{"name": "mails", "kind": "celery", **options}], {})
    return cast("Celery", one)


def test_lists_of_priorities() -> None:
    mails = queue()
    assert mails.keys == ["mails", "mails\x06\x163", "mails\x06\x166", "mails\x06\x169"]
    found = [mails.key_for(priority) for priority in (None, -1, 2, 3, "5", 9, 200, "odd")]
    three, nine = mails.keys[1], mails.keys[3]
    assert found == ["mails", "mails", "mails", three, three, nine, nine, "mails"]
    assert queue(priority_steps=[0, 5], separator=":", prefix="shop:").keys == ["shop:mails", "shop:mails:5"]


def test_options_that_make_no_sense() -> None:
    with pytest.raises(InputError, match="priority_steps must begin with 0"):
        queue(priority_steps=[3, 6])
    with pytest.raises(InputError, match="Celery does not run in a Redis Cluster"):
        queue(cluster=True)
    with pytest.raises(InputError, match="Celery keeps none itself; give dead: KEY"):
        queue().dead_letters(Terms(run="one"))
