# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoke tests of the demo service: with its worker, without, and described wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._smoke.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import ServiceFacts
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, answering, as_json
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


@pytest.fixture
def no_worker(lab: Lab) -> Iterator[None]:
    lab.break_server("service", "worker-kill")
    yield
    lab.mend("service", "worker-kill")


@pytest.mark.usefixtures("service")
def test_an_order_becomes_a_row(operator: Operator) -> None:
    done = operator.run("smoke_test", "-vvv")
    assert done.status == 0, done.output
    assert "an order: item " in done.text and " was processed in " in done.text
    (page,) = operator.reports.glob("smoke-test-*Z.html")
    assert "an order" in page.read_text(encoding="utf-8")
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []
    refused = operator.run("smoke_test", only="a purchase")
    assert refused.status != 0 and "no smoke test a purchase is described; described are: an order" in refused.text


@pytest.mark.usefixtures("service", "no_worker")
def test_nobody_who_works_is_found(operator: Operator, service: ServiceFacts) -> None:
    order = {"name": "an order", "timeout": 1, "submit": {"url": f"{service['url']}/orders", "body": ORDER}}
    rows = {"name": "its row", "kind": "sql", "query": "SELECT 0 WHERE '{id}' <> '-'", "min": 1}
    facts: dict[str, Any] = dict(operator.lab.facts["postgres"])
    login = {name: facts[name] for name in ("host", "port", "user", "password")}
    follow = [{**rows, **{f"login_{name}": value for name, value in login.items()}, "login_db": facts["database"]}]
    done = operator.run("smoke_test", day2_smoke_tests__app=[{**order, "follow": follow}])
    assert done.status != 0
    assert "was taken, and is not processed after" in done.of_task("Fail where something is wrong")


ORDER = {"id": "{id}", "amount": 1}


class Shop:
    """A service that remembers what it was asked; a STAND-IN for what the demo lacks: ids of its own, DELETE."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sick = 0

    def __call__(self, question: Asked) -> Answer:
        self.asked.append(f"{question.method} {question.path}")
        if question.method == "POST" and self.sick:
            self.sick -= 1
            return as_json({"error": "stale connection"}, 500)
        return as_json({"data": {"id": 7}, "state": "done"}, 202 if question.method == "POST" else 200)


def smoke(url: str, check_mode: bool = False, **options: Any) -> Result:
    done = {"name": "done", "kind": "http", "url": url + "/orders/{id}", "json": [{"path": "state", "value": "done"}]}
    given: dict[str, Any] = {
        "submit": {"url": f"{url}/orders", "body": {"id": "{id}"}, "token": "hush-hush"},
        "follow": [done],
        "timeout": 1,
        **options,
    }
    return operate(SPEC.validate(given, "test"), check_mode)


def test_the_service_names_the_item_and_removes_it() -> None:
    shop = Shop()
    with answering(shop) as url:
        assert smoke(url, check_mode=True).data["id"] and not shop.asked
        done = smoke(url, id="mine", id_path="data.id", cleanup=[{"url": url + "/orders/{id}"}])
    assert (done.failed, done.data["id"], done.data["submitted"]["status"]) == (False, "7", 202)
    assert shop.asked == ["POST /orders", "GET /orders/7", "DELETE /orders/7"]


def test_an_item_that_is_not_taken_at_once() -> None:
    shop = Shop()
    with answering(shop) as url:
        shop.sick = 1
        with pytest.raises(OpsError, match=r"submit: status is 500.*stale connection") as told:
            smoke(url)
        assert "hush-hush" not in str(told.value)
        shop.sick = 1
        assert not smoke(url, id="mine", tries=2).failed


def test_nothing_is_sent_where_what_is_required_is_not_so() -> None:
    shop = Shop()
    with answering(shop) as url:
        tests_on = {"name": "tests are on", "kind": "http", "url": f"{url}/mode"}
        refused = smoke(url, id="mine", require=[{**tests_on, "json": [{"path": "state", "value": "tests"}]}])
        assert refused.failed and not refused.changed and not refused.data["processed"]
        assert "nothing was sent: critical tests are on: fail: json state is 'done'" in refused.msg
        assert shop.asked == ["GET /mode"]
        assert not smoke(url, id="mine", require=[tests_on]).failed
    assert shop.asked[1:] == ["GET /mode", "POST /orders", "GET /orders/mine"]


def test_what_is_lost_is_told_and_cleaned_up() -> None:
    shop = Shop()
    with answering(shop) as url:
        never = [{"name": "never", "kind": "http", "url": url, "json": [{"path": "state", "value": "shipped"}]}]
        lost = smoke(url, id="mine", follow=never, timeout=0.3, cleanup=[{"url": f"{url}/gone", "status": [404]}])
        assert lost.failed and not lost.data["processed"]
        assert "item mine was taken, and is not processed after" in lost.msg
        assert [failure.partition(":")[0] for failure in lost.data["failures"]] == ["critical never", "cleanup 1"]
        assert smoke(url, follow=[]).warnings


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        ({"submit": {}}, InputError, "submit.*url"),
        ({"submit": {"url": "ftp://shop"}}, InputError, "not a usable URL"),
        ({"submit": {"url": "http://127.0.0.1:1", "verb": "PUT"}}, InputError, "submit.*unknown option verb"),
        ({"follow": [{"name": "x", "kind": "miracle"}]}, InputError, r"follow\[0\] .x.: unknown kind 'miracle'"),
        ({"require": [{"name": "x", "kind": "miracle"}]}, InputError, r"require\[0\] .x.: unknown kind 'miracle'"),
        ({"cleanup": [{"url": "http://127.0.0.1:1", "verb": 1}]}, InputError, "cleanup 1.*unknown option verb"),
        ({"tries": 0}, InputError, "tries is too small"),
        ({"id_path": "data.number"}, NotThere, "no id at data.number"),
    ],
)
def test_what_is_described_wrongly_is_told(wrong: dict[str, Any], kind: type[OpsError], told: str) -> None:
    shop = Shop()
    with answering(shop) as url, pytest.raises(kind, match=told):
        smoke(url, **wrong)
    assert len(shop.asked) == (kind is NotThere)
