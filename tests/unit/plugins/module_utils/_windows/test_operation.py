# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to the journal and back; check mode writes nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._windows.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._windows.owner import Owner


class Window:
    """The operation on one service's window, as this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, state: str, check_mode: bool = False, **options: Any) -> Result:
        given = {"service": "shop", "state_dir": str(self.folder), "state": state, **options}
        return operate(SPEC.validate(given, "arguments"), check_mode, Owner.of_process(os.getpid()))


@pytest.fixture
def window(tmp_path: Path) -> Window:
    return Window(tmp_path / "state")


def test_a_window_as_the_role_makes_it(window: Window) -> None:
    opened = window("open", reason="vacuum")
    assert opened.changed
    assert opened.msg == f"window {opened.data['window']['id']} on shop is open"
    assert (opened.data["resumed"], opened.data["done"]) == (False, [])
    assert opened.data["journal"] == str(window.folder / "shop" / "window.json")
    window("noted", step="ingress closed", status="started")
    noted = window("noted", step="preflight", status="done", data={"baseline": {}})
    assert noted.data["done"] == ["preflight"]
    assert noted.data["window"]["steps"]["ingress closed"]["status"] == "started"
    closed = window("closed", outcome="failed", message="a step failed")
    assert closed.msg.endswith("on shop is closed")
    assert closed.data["window"]["outcome"] == "failed"


def test_check_mode_writes_nothing(window: Window) -> None:
    told = window("open", check_mode=True)
    assert told.changed
    assert told.data["window"] == {}
    assert told.msg == "window none on shop is not there"
    assert not window("noted", check_mode=True, step="a", status="done").changed
    assert not window.folder.exists()


def test_check_mode_tells_of_the_window_that_is_open(window: Window) -> None:
    window("open", reason="vacuum")
    path = window.folder / "shop" / "window.json"
    before = path.read_bytes()
    assert not window("open", check_mode=True).changed
    assert window("noted", check_mode=True, step="a", status="done").changed
    closing = window("closed", check_mode=True, outcome="done")
    assert closing.changed
    assert closing.data["window"]["state"] == "open"
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".guard", ".spare", "window.json"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"state": "noted"}, "state is noted but all of the following are missing: step, status"),
        ({"state": "closed"}, "state is closed but all of the following are missing: outcome"),
        ({"state": "ajar"}, "value of state must be one of: open, noted, closed"),
        ({"state": "noted", "step": "a", "status": "maybe"}, "value of status must be one of"),
    ],
)
def test_options_that_are_wrong(window: Window, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        window(**options)
    assert not window.folder.exists()


def test_noting_without_a_window(window: Window) -> None:
    with pytest.raises(OpsError, match="no window is open: shop"):
        window("noted", step="a", status="done")


def test_a_window_with_too_little_time_is_not_opened(window: Window) -> None:
    for check_mode in (False, True):
        with pytest.raises(OpsError, match="turned back before the window on shop: ") as turned:
            window("open", check_mode, duration="1m", reserve="30s", needs=[20, "11s"])
        assert "and 1 min 1 s are needed, 30 s of it in reserve" in str(turned.value)
        with pytest.raises(OpsError, match="2026-03-01T04:00:00Z is in the past"):
            window("open", check_mode, ends_at="2026-03-01T04:00:00Z")
    assert not window.folder.exists()


def test_a_step_is_not_noted_when_too_little_time_is_left(window: Window) -> None:
    opened = window("open", duration="1m", reserve="30s", needs=["20s"])
    assert 50 < opened.data["left"] <= 60
    with pytest.raises(OpsError, match="turned back before step: a: ") as turned:
        window("noted", step="step: a", status="started", needs=["40s"])
    assert turned.value.details["window"]["steps"] == {}
    noted = window("noted", step="step: a", status="started", timeout="2m")  # no turning back any more
    assert 100 < noted.data["deadline"] - time.time() <= 120
    assert window("noted", step="step: a", status="done").data["deadline"] == 0
    assert window("closed", outcome="done").data["window"]["budget"]["reserve"] == 30


def test_check_mode_does_not_go_on_with_a_window_that_was_closed(window: Window) -> None:
    window("open")
    window("noted", step="a", status="done")
    window("closed", outcome="done")
    planned = window("open", check_mode=True)
    assert (planned.data["window"], planned.data["done"], planned.changed) == ({}, [], True)


def test_an_abort_wants_a_window_that_is_open(window: Window) -> None:
    with pytest.raises(OpsError, match="no window is open, there is nothing to abort: shop"):
        window("open", unfinished="require")
    window("open")
    assert window("open", unfinished="require").data["window"]["state"] == "open"
