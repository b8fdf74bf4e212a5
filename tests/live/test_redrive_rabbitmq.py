# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters of a real RabbitMQ: failed by pika's worker, redriven by us, then done by pika's worker, once each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.rabbitmq_amqp import REFUSED, UNROUTABLE, Session
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.rabbitmq_server import api
from ansible_collections.day2.ops.tests.lab.state import RabbitMqFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .passing import begun, opened, peeked, redriven, reprocess, settle_all
from .rabbitmq_help import RabbitBroker, done_by

ITEMS = 60
IDS = [f"works-{number}" for number in range(ITEMS)]


@pytest.fixture
def works(rabbitmq: RabbitMqFacts) -> Iterator[RabbitBroker]:
    """A queue whose worker has failed at all of its messages."""
    broker = RabbitBroker(rabbitmq, "works")
    broker.do("dead", ITEMS)
    wait_for("the dead letters", lambda: broker.size(broker.dead) == ITEMS)
    yield broker
    broker.do("remove")


@pytest.fixture
def administrator(rabbitmq: RabbitMqFacts) -> Iterator[Any]:
    """A channel of pika's with all rights."""
    credentials = pika.PlainCredentials(rabbitmq["user"], rabbitmq["password"])
    parameters = pika.ConnectionParameters(rabbitmq["host"], rabbitmq["amqp_port"], credentials=credentials)
    with pika.BlockingConnection(parameters) as connection:
        yield connection.channel()


def test_a_letter_tells_how_it_died(works: RabbitBroker) -> None:
    with opened(works.description(), dry=True) as letters:
        assert letters.begin() == ITEMS
        (letter,) = letters.take(1)
        assert (letter.id, letter.error, letter.type, letter.attempts, letter.named) == (
            "works-0",
            "rejected",
            "item.made",
            1,
            True,
        )
        assert letter.payload == {"number": 0}
        assert letter.failed_at is not None
        assert letters.count() == ITEMS


def test_a_look_leaves_all_in_place_and_order(works: RabbitBroker) -> None:
    assert [letter.id for letter in peeked(works.description())] == IDS
    wait_for("the letters to be back", lambda: works.size(works.dead) == ITEMS)
    assert [letter.id for letter in peeked(works.description(), 7)] == IDS


def test_a_message_stays_what_it_was(works: RabbitBroker, administrator: Any) -> None:
    redriven(works.description(), count_redrives=True)
    _method, properties, body = administrator.basic_get(works.queue, auto_ack=True)
    assert body == b'{"number": 0}'
    assert properties.headers == {
        "tenant": "t0",
        "nested": {"list": [1, "two", None, True]},
        "x-day2-redrives": 1,
    }
    names = ("content_type", "delivery_mode", "priority", "correlation_id", "type", "app_id", "expiration")
    assert [getattr(properties, name) for name in names] == [
        "application/json",
        2,
        0,
        "c-0",
        "item.made",
        "producer",
        "3600000",
    ]


def test_what_dies_again_is_counted_and_not_taken_again(works: RabbitBroker) -> None:
    with opened(works.description(), count_redrives=True) as letters:
        assert letters.begin() == ITEMS
        first = letters.take(10)
        letters.settle(first, [MOVE] * 10)
        works.do("fail", 10)
        wait_for("letters that are dead again", lambda: letters.count() == ITEMS)
        assert settle_all(letters, lambda _letter: KEEP).sums == {"kept": ITEMS - 10}
    wait_for("what was kept", lambda: works.size(works.dead) == ITEMS)
    assert {letter.redrives for letter in peeked(works.description())} == {0}  # nobody asked to count
    assert [letter.redrives for letter in peeked(works.description(), count_redrives=True)].count(1) == 10


def test_the_way_back(works: RabbitBroker, administrator: Any, tmp_path: Path) -> None:
    administrator.queue_declare("works.copy")
    administrator.queue_bind("works.copy", "works.in", "item.new")
    try:
        with begun(works.description()) as letters:
            letters.settle(letters.take(1), [MOVE])
        assert works.size("works.copy") == 0  # it has had it
        with begun(works.description(return_by="exchange")) as letters:
            letters.settle(letters.take(1), [MOVE])
        assert works.size("works.copy") == 1
        works.do("work", tmp_path / "done")
        lines = [line.split() for line in (tmp_path / "done").read_text(encoding="ascii").splitlines()]
        assert [line[1] for line in lines] == ["works", "item.new"]
        with begun(works.description(target="works.copy")) as letters:
            letters.settle(letters.take(3), [MOVE] * 3)
        assert works.size("works.copy") == 4
    finally:
        administrator.queue_delete("works.copy")


@pytest.mark.parametrize("point", ["after the confirm", "before the confirm"])
def test_killed_in_the_middle_nothing_is_lost(works: RabbitBroker, tmp_path: Path, point: str) -> None:
    method = "acknowledge" if point == "after the confirm" else "_on_confirm"
    program = textwrap.dedent(f"""
        import os, signal
        from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import Terms
        from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
        from ansible_collections.day2.ops.plugins.module_utils._queues.rabbitmq_amqp import Session
        Session.{method} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        letters = described([{works.description()!r}], {{}})[0].dead_letters(Terms(run="killed"))
        letters.begin()
        taken = letters.take(20)
        letters.settle(taken, ["move"] * len(taken))
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    wait_for("the letters to be back", lambda: works.size(works.dead) == ITEMS)
    assert redriven(works.description()).sums == {"moved": ITEMS}
    works.do("work", tmp_path / "done")
    processed = done_by(tmp_path / "done")
    assert set(processed) == set(IDS)
    assert len(processed) <= ITEMS + 20  # those that were on their way came twice


def test_a_lost_connection_says_what_may_come_twice(works: RabbitBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(self: Session, _queue: str, tags: list[int]) -> None:
        assert len(tags) == 20
        for connection in api(works.facts, "GET", "/connections").json():
            api(works.facts, "DELETE", f"/connections/{connection['name'].replace(' ', '%20').replace('>', '%3E')}")
        original(self, works.dead, tags)

    original = Session.acknowledge
    monkeypatch.setattr(Session, "acknowledge", cut)
    with begun(works.description()) as letters:
        taken = letters.take(20)
        wait_for("the statistics of our connection", lambda: bool(api(works.facts, "GET", "/connections").json()))
        with pytest.raises(OpsError) as error:
            letters.settle(taken, [MOVE] * 20)
    assert "; nothing is lost; 20 letters may come twice" in str(error.value)
    wait_for("the letters to be back", lambda: works.size(works.dead) in (ITEMS, ITEMS - 20))


def test_a_broker_that_hangs_is_not_waited_for(works: RabbitBroker, lab: Lab) -> None:
    with begun(works.description(timeout=0.5)) as letters:
        taken = letters.take(5)
        lab.break_server("rabbitmq", "hang")
        with pytest.raises(Unreachable, match=r"no answer in time: .*; nothing is lost; 5 letters may come twice"):
            letters.settle(taken, [MOVE] * 5)
    lab.mend_all()
    wait_for("the letters to be back", lambda: works.size(works.dead) == ITEMS)


def test_a_full_target_is_a_reason_and_no_end(works: RabbitBroker, administrator: Any) -> None:
    administrator.queue_declare("works.full", arguments={"x-max-length": 2, "x-overflow": "reject-publish"})
    try:
        moved = redriven(works.description(target="works.full")).sums
        assert moved["moved"] >= 2
        assert moved == {"moved": moved["moved"], REFUSED: ITEMS - moved["moved"]}
        wait_for("the rest", lambda: works.size(works.dead) == ITEMS - moved["moved"])
    finally:
        administrator.queue_delete("works.full")


def test_what_no_queue_takes_stays(works: RabbitBroker, administrator: Any) -> None:
    assert redriven(works.description(target="no such queue")).sums == {UNROUTABLE: ITEMS}
    administrator.exchange_delete("works.in")
    assert redriven(works.description(return_by="exchange")).sums == {"the exchange works.in does not exist": ITEMS}
    assert redriven(works.description(target=works.dead)).sums == {"it would go to the dead letters again": ITEMS}
    wait_for("all of them", lambda: works.size(works.dead) == ITEMS)


def test_a_run_in_parts_looks_at_each_letter_once(works: RabbitBroker) -> None:
    seen: list[str] = []
    position: dict[str, Any] = {}
    for part in range(ITEMS // 10):
        wait_for("what was kept", lambda: works.size(works.dead) == ITEMS - 5 * part)  # noqa: B023
        with opened(works.description(), position=position) as letters:
            assert letters.begin() == ITEMS - 10 * part
            for verdict in (KEEP, MOVE):
                taken = letters.take(5)
                seen += [letter.id for letter in taken]
                letters.settle(taken, [verdict] * 5)
            position = letters.position()
    assert seen == IDS
    with opened(works.description(), position=position) as letters:
        assert letters.begin() == 0
        assert letters.take(10) == []


def test_what_cannot_be_reached_is_said(works: RabbitBroker) -> None:
    assert line_of(works, NotThere, dead="works.daed").startswith(
        "cannot read the queue: the broker says 'NOT_FOUND - no queue 'works.daed' in vhost '/'': works.daed at "
    )
    refused = line_of(works, AccessDenied, login_password="wrong")
    assert "wrong" not in refused
    assert refused.endswith("; check login_user and login_password")
    assert "no connection (Connection refused)" in line_of(works, OpsError, amqp_port=1)
    assert "check vhost" in line_of(works, OpsError, vhost="nowhere")
    tls: dict[str, Any] = {"tls": True, "amqp_port": works.facts["amqp_tls_port"]}
    assert "TLS failed" in line_of(works, AccessDenied, **tls, ca_certs=works.facts["wrong_ca"])
    with opened(works.description(**tls, ca_certs=works.facts["ca_certs"])) as letters:
        assert letters.begin() == ITEMS
    with (
        pytest.raises(InputError, match="does not say where its dead letters are"),
        opened(works.description(dead=None)),
    ):
        pass


def test_who_may_not_write_loses_nothing(works: RabbitBroker) -> None:
    try:
        api(works.facts, "PUT", "/users/reader", {"password": "reader", "tags": ""})
        api(works.facts, "PUT", "/permissions/%2F/reader", {"configure": "^$", "write": "^$", "read": ".*"})
        with begun(works.description(login_user="reader", login_password="reader")) as letters:
            taken = letters.take(5)
            with pytest.raises(AccessDenied, match=r"access to exchange 'amq.default' .*; nothing is lost; 5 letters"):
                letters.settle(taken, [MOVE] * 5)
            with pytest.raises(AccessDenied, match=r"cannot make the queue"):
                letters.settle(taken, [PARK] * 5)
        wait_for("all of them", lambda: works.size(works.dead) == ITEMS)
        assert works.size(works.queue) == 0
    finally:
        api(works.facts, "DELETE", "/users/reader")


def test_the_module_plans_and_redrives(works: RabbitBroker, tmp_path: Path) -> None:
    queue = works.description(item={"type": "number"})
    wanted: dict[str, Any] = {"queue": queue, "limit": 20, "filter": {"type": "^[1-3]", "error": "reject"}}
    plan = reprocess(check_mode=True, **wanted).data["plan"]
    assert (plan["looked"], plan["move"]) == (27, 20)
    wait_for("the letters to be back", lambda: works.size(works.dead) == ITEMS)
    result = reprocess(max_attempts=1, park=True, **wanted)
    assert not result.failed, result.msg
    assert (result.data["moved"], result.data["stop_reason"], result.data["left"]) == (20, "limit", ITEMS - 20)
    works.do("work", tmp_path / "done")
    assert len(set(done_by(tmp_path / "done"))) == 20


def line_of(broker: RabbitBroker, kind: type[OpsError], **options: Any) -> str:
    """Return the line with which a pass ends that cannot begin."""
    with opened(broker.description(**options)) as letters, pytest.raises(kind) as error:
        letters.begin()
    return str(error.value)
