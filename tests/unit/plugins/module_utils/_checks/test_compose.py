# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project comes to from the states of its containers; options that cannot be; no daemon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.compose import conditions, replicas, summary
from ansible_collections.day2.ops.plugins.module_utils._checks.conditions import evaluate, worst
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Attempt


def container(name: str, **state: Any) -> dict[str, Any]:
    up = {"status": "running", "health": None, "restarts": 0, "oom_killed": False, "exit_code": None}
    return {"container": name, **up, **state}


def ended(name: str, code: int) -> dict[str, Any]:
    return container(name, status="exited", exit_code=code)


def said(containers: list[tuple[str, dict[str, Any]]], **given: Any) -> tuple[str, str]:
    """Return status and reason for a project with these containers."""
    options = {"project": "shop", "services": None, "completed": [], "health": "if_any", "allow_other": True, **given}
    finding = worst(evaluate(conditions(options), summary(containers, options)))
    return finding.status, finding.reason


BOTH = [("api", container("shop-api-1")), ("worker", container("shop-worker-1"))]


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        (None, ("pass", "")),
        ({"api": 1, "worker": 1}, ("pass", "")),
        ({"api": 1}, ("pass", "")),
        ({"worker": 3}, ("fail", "services.worker.ready is 1, expected at least 3")),
        ({"cron.daily": 1}, ("fail", 'services."cron.daily".ready is 0, expected at least 1')),
    ],
)
def test_replicas_of_services(services: Mapping[str, int] | None, expected: tuple[str, str]) -> None:
    assert said(BOTH, services=services) == expected


def test_a_container_that_is_not_ready_fails_though_enough_are() -> None:
    three = [*BOTH, ("worker", container("shop-worker-2", health="unhealthy"))]
    assert said(three, services={"worker": 1}) == (
        "fail",
        "not_ready is ['shop-worker-2: unhealthy'], expected []",
    )


def test_services_that_are_not_named_are_left_alone_unless_they_may_not_be() -> None:
    more = [*BOTH, ("debug", ended("shop-debug-1", 1))]
    assert said(more, services={"api": 1, "worker": 1}) == ("pass", "")
    assert said(more) == ("fail", "not_ready is ['shop-debug-1: exited with 1'], expected []")
    assert said(more, services={"api": 1, "worker": 1}, allow_other=False) == (
        "fail",
        "other_services is ['debug'], expected []",
    )


def test_a_service_that_runs_once() -> None:
    assert said([("migrate", ended("shop-migrate-1", 0))], completed=["migrate"]) == ("pass", "")
    status, reason = said([("migrate", ended("shop-migrate-1", 3))], completed=["migrate"])
    assert status == "fail"
    assert "services.migrate.completed is 0, expected at least 1" in reason
    assert "shop-migrate-1: exited with 3" in reason
    assert said([], completed=["migrate"])[0] == "fail"


def test_restarts() -> None:
    restless = [("api", container("shop-api-1", restarts=9))]
    assert said(restless, max_restarts=3) == ("fail", "restarts is 9, expected at most 3")


def test_long_lists_are_cut_and_the_counts_are_not() -> None:
    many = [("api", ended(f"shop-api-{number}", 1)) for number in range(50)]
    options: dict[str, Any] = {"project": "shop", "services": None, "completed": [], "health": "if_any"}
    values = summary(many, options)
    assert (len(values["not_ready"]), values["containers"], values["services"]["api"]["containers"]) == (20, 50, 50)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["api", "worker"], {"api": 1, "worker": 1}),
        ("api, worker", {"api": 1, "worker": 1}),
        ({"api": 2, "worker": "3"}, {"api": 2, "worker": 3}),
    ],
)
def test_ways_to_name_services(given: object, meant: dict[str, int]) -> None:
    assert replicas(given) == meant


@pytest.mark.parametrize("given", [3, [], {}, "", {"api": "many"}, {"api": -1}, {"api": 1.5}, {"api": None}, [1]])
def test_services_that_cannot_be(attempt: Attempt, given: object) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): .*services.* expected a list of services, or a dict"):
        attempt("compose", project="shop", services=given)


def test_no_daemon(attempt: Attempt, tmp_path: Path) -> None:
    outcome = attempt("compose", project="shop", docker_host=f"unix://{tmp_path}/docker.sock")
    assert outcome.status == "unknown"
    assert outcome.reason == (
        f"cannot talk to the daemon (No such file or directory): docker unix://{tmp_path}/docker.sock; "
        "no docker daemon has its socket there; see docker_host"
    )
