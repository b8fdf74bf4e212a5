# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units in all their states, whose systemctl is played; a real systemd is asked in tests/live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._runtimes import systemd
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate

States = dict[str, str]


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> States:
    """The state of each unit that is not inactive, by its name."""
    played: States = {}

    def show(unit: str, _properties: Sequence[str], _scope: str, _seconds: float) -> dict[str, str]:
        return {"LoadState": "loaded", "ActiveState": played.get(unit, "inactive")}

    monkeypatch.setattr(systemd, "show", show)
    return played


def ask(intent: str, count: int | None = None, part_count: int | None = None) -> dict[str, Any]:
    described = {"name": "worker", "unit": "worker@{number}.service", "max": 4, "count": part_count}
    given = {"runtime": {"kind": "systemd", "parts": [described]}, "intent": intent, "count": count}
    (found,) = operate(SPEC.validate(given, "service_info"), False).data["parts"]
    return dict(found)


def names(*numbers: int) -> list[str]:
    return [f"worker@{number}.service" for number in numbers]


@pytest.mark.parametrize("state", ["activating", "deactivating", "active"])
def test_a_stop_is_of_all_that_do_not_rest(states: States, state: str) -> None:
    states["worker@2.service"] = state
    found = ask("stopped")
    assert (found["change"], found["to_stop"]) == (True, names(2))


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_what_rests_is_stopped(states: States, state: str) -> None:
    states["worker@1.service"] = state
    assert not ask("stopped")["change"]


def test_force_is_of_all_that_do_not_rest(states: States) -> None:
    states.update(dict.fromkeys(names(1, 2, 3), "deactivating"))
    found = ask("forced")
    assert (found["all"], found["to_restart"], found["to_start"]) == (names(1, 2, 3), [], names(1, 2, 3))


def test_fewer_are_without_those_that_come_back_by_themselves(states: States) -> None:
    states.update({"worker@1.service": "active", "worker@3.service": "activating"})
    found = ask("scaled", count=1)
    assert (found["change"], found["to_stop"], found["to_start"]) == (True, names(3), [])
    found = ask("scaled", count=3)
    assert (found["to_stop"], found["to_start"]) == ([], names(2, 3))


@pytest.mark.parametrize("state", ["activating", "deactivating"])
@pytest.mark.parametrize("intent", ["started", "restarted", "rolled"])
def test_one_too_many_that_does_not_rest_is_not_wanted_back(states: States, intent: str, state: str) -> None:
    states.update({"worker@1.service": "active", "worker@2.service": "active", "worker@3.service": state})
    found = ask(intent, part_count=2)
    assert (found["wanted"]["running"], found["to_start"]) == (2, [])
    found = ask(intent)
    assert (found["wanted"]["running"], found["to_start"]) == (3, names(3))
    states["worker@1.service"] = "activating"
    assert ask("started", part_count=2)["to_start"] == names(1)
