# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind sqs over a STAND-IN for Amazon SQS: moto's server, whose numbers are exact where those of SQS are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.tests.lab.state import UrlFacts

from .passing import measured, queue_depth
from .sqs_help import SqsBroker


@pytest.fixture
def orders(sqs: UrlFacts) -> Iterator[SqsBroker]:
    """Queues that are empty, and are removed after the test."""
    broker = SqsBroker(sqs)
    yield broker
    broker.remove()


def test_ready_in_flight_delayed_and_dead(orders: SqsBroker) -> None:
    orders.fill(2)
    orders.fail()
    orders.fill(3)
    orders.fill(1, DelaySeconds=600)
    next(orders.receive(orders.queue, hidden=600))
    depth = measured(orders.description())
    names = ("status", "exists", "type", "ready", "in_flight", "delayed", "dead", "consumers", "oldest_age")
    assert [depth[name] for name in names] == ["ok", True, "sqs", 0, 3, 1, 2, None, None]
    assert depth["note"] == "numbers of SQS are approximate, and may be a minute old"
    assert not queue_depth(orders.description(max_ready=0, max_dead=2)).failed


def test_a_queue_by_its_url(orders: SqsBroker) -> None:
    orders.fill(2)
    depth = measured(orders.description(queue=None, queue_url=orders.url(orders.queue), dead=orders.url(orders.dead)))
    assert (depth["ready"], depth["dead"]) == (2, 0)


def test_a_queue_without_a_redrive_policy_does_not_know_its_dead(orders: SqsBroker) -> None:
    depth = measured(orders.description(queue=orders.dead))
    assert (depth["ready"], depth["dead"]) == (0, None)


def test_a_queue_that_is_not_there_is_never_empty(orders: SqsBroker) -> None:
    depth = measured(orders.description(queue="oders"))
    assert (depth["status"], depth["exists"], depth["ready"]) == ("missing", False, None)
    assert depth["message"].startswith("cannot find the queue: there is no such queue: oders at sqs http://127.0.0.1:")
    depth = measured(orders.description(dead="daed"))
    assert (depth["status"], depth["ready"], depth["dead"]) == ("ok", 0, None)
    assert depth["note"].startswith("dead letters are not known: cannot find the queue: there is no such queue: daed")


def test_what_cannot_be_asked_is_said(orders: SqsBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no answer" in measured(orders.description(endpoint_url="http://127.0.0.1:1", timeout=0.5))["message"]
    half = measured(orders.description(secret_key=None))
    assert half["message"].startswith("access_key and secret_key belong together")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    nowhere = measured(orders.description(region=None, endpoint_url=None))
    assert nowhere["message"].endswith("; give region")
    nobody = measured(orders.description(access_key=None, secret_key=None))
    assert nobody["message"].endswith("; give access_key and secret_key, or a role to the host")


def test_the_secret_from_a_variable(orders: SqsBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert measured(orders.description(secret_key=None, secret_key_env="OUR_SECRET"))["ready"] == 0
