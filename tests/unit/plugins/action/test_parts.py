# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in parts comes to what a run in one piece would, and says meanwhile how it goes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.day2.ops.plugins.module_utils._queues.pace_line import PaceLine
from ansible_collections.day2.ops.plugins.module_utils._queues.progress import exact
from ansible_collections.day2.ops.plugins.plugin_utils._live import Live
from ansible_collections.day2.ops.plugins.plugin_utils._parts import Parts


class Module:
    """Moves 10 letters in each second that it may work, until none is left."""

    def __init__(self, letters: int = 1000, fails_at: int | None = None, lost_at: int | None = None) -> None:
        self.letters = letters
        self.calls: list[dict[str, Any]] = []
        self._fails_at, self._lost_at = fails_at, lost_at

    def __call__(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(arguments)
        if len(self.calls) == self._lost_at:
            raise AnsibleConnectionFailure("no route to the host")
        if len(self.calls) == self._fails_at:
            return {"failed": True, "msg": "MODULE FAILURE", "rc": 1}
        before = arguments.get("continue_from") or {"moved": 0, "seconds": 0.0}
        seconds = arguments["max_seconds"]
        moved = min(before["moved"] + round(10 * seconds), self.letters)
        end = moved == self.letters
        sentence = "all were looked at" if end else f"{seconds:.1f} s were worked, as long as max_seconds allows"
        return {
            "changed": moved > before["moved"],
            "msg": f"orders: moved {moved}; {sentence}",
            "stop_reason": "end" if end else "time",
            "stop_message": sentence,
            "moved": moved,
            "resumed": bool(arguments.get("continue_from")),
            "warnings": ["letters may come twice"],
            "invocation": {"module_args": dict(arguments)},
            **({"diff": {"after": f"{moved}"}} if moved > before["moved"] else {}),
            "progress": {"moved": moved, "looked": moved, "seconds": before["seconds"] + seconds},
        }


def run(module: Module, **arguments: Any) -> tuple[dict[str, Any], int]:
    """Return the result of the whole, and how often the progress was told."""
    parts = Parts(module, {"queue": {"name": "orders"}, **arguments}, seconds=5.0)
    told = sum(1 for _progress in parts.run())
    return parts.result, told


def test_what_is_done_within_the_first_part_is_one_call() -> None:
    module = Module(letters=20)
    result, told = run(module)
    assert (len(module.calls), told, result["moved"], result["stop_reason"]) == (1, 0, 20, "end")


def test_parts_come_to_what_the_whole_would() -> None:
    module = Module(letters=120)
    result, told = run(module, resume=True, journal="/j")
    assert (len(module.calls), told) == (3, 2)
    assert (result["moved"], result["changed"], result["diff"]) == (120, True, {"after": "120"})
    assert (result["warnings"], result["resumed"]) == (["letters may come twice"], False)
    assert [call.get("resume") for call in module.calls] == [True, None, None]
    assert [call["journal"] for call in module.calls] == ["/j"] * 3
    shown = result["invocation"]["module_args"]
    assert (shown["max_seconds"], shown["resume"], "continue_from" in shown) == (None, True, False)


def test_a_last_part_without_a_change_leaves_the_run_changed() -> None:
    module = Module(letters=100)
    module.letters = 10**6
    parts = Parts(module, {}, seconds=5.0)
    for progress in parts.run():
        module.letters = int(progress["moved"])  # the next part finds nothing more
    assert parts.result["changed"]
    assert parts.result["diff"] == {"after": "50"}


@pytest.mark.parametrize(("given", "calls"), [(12, 3), ("12", 3), (3, 1), (5, 1)])
def test_the_users_own_time_is_kept_by_all_parts_together(given: Any, calls: int) -> None:
    module = Module()
    result, _told = run(module, max_seconds=given)
    assert len(module.calls) == calls
    assert result["moved"] == 10 * int(given)
    assert result["stop_reason"] == "time"
    assert result["msg"].endswith(f"; {float(given):.1f} s were worked, as long as max_seconds allows")
    assert result["stop_message"] in result["msg"]
    assert result["invocation"]["module_args"]["max_seconds"] == float(given)


def test_a_run_that_goes_on_from_an_earlier_one_has_its_own_time() -> None:
    module = Module()
    result, _told = run(module, max_seconds=6, continue_from={"moved": 70, "seconds": 7.0})
    assert (len(module.calls), result["moved"]) == (2, 130)


def test_a_part_that_fails_is_the_end_of_all_and_says_what_was_done() -> None:
    result, told = run(Module(fails_at=2))
    assert told == 1
    assert (result["failed"], result["msg"], result["rc"]) == (True, "MODULE FAILURE", 1)
    assert (result["changed"], result["moved"], result["stop_reason"]) == (True, 50, "error")


def test_a_host_that_is_lost_in_the_middle_leaves_the_progress() -> None:
    result, _told = run(Module(lost_at=3))
    assert (result["unreachable"], result["msg"]) == (True, "no route to the host")
    assert (result["changed"], result["progress"]["moved"]) == (True, 100)
    with pytest.raises(AnsibleConnectionFailure):
        run(Module(lost_at=1))


def test_a_password_of_digits_does_not_end_a_run() -> None:
    module = Module(letters=120)

    def masking(arguments: dict[str, Any]) -> dict[str, Any]:
        given = dict(arguments)
        if "continue_from" in given:
            given["continue_from"] = dict(exact(given["continue_from"]))
        told = module(given)
        fields = base64.b64encode(json.dumps(told["progress"]).encode()).decode()
        masked: dict[str, Any] = remove_values({**told, "progress": {**told["progress"], "exact": fields}}, {"5", "10"})
        return masked

    parts = Parts(masking, {}, seconds=5.0)
    assert [progress["seconds"] for progress in parts.run()] == [5.0, 10.0]
    assert (parts.result["moved"], parts.result["stop_reason"]) == (120, "end")


def test_a_part_that_does_not_tell_how_far_it_came_ends_the_run_and_says_so() -> None:
    def masking(arguments: dict[str, Any]) -> dict[str, Any]:
        return {"stop_reason": "time", "msg": "moved", "progress": {"exact": "********"}}

    parts = Parts(masking, {}, seconds=5.0)
    assert list(parts.run()) == []
    assert parts.result["failed"]
    assert parts.result["msg"].startswith("a part of the run does not tell how far it came")


# Lines


def progress(**numbers: Any) -> dict[str, Any]:
    return {"moved": 0, "parked": 0, "looked": 0, "seconds": 0.0, "dead_at_start": None, **numbers}


def test_a_line_says_how_it_goes() -> None:
    line = PaceLine(limit=None)
    seen = progress(moved=12000, parked=3, looked=12003, seconds=5.0, dead_at_start=200003)
    assert line.line("orders", seen) == "orders: 12,000 moved, 3 parked, 188,000 left, 2,400/s, ETA 78 s"
    line.begin(seen)
    later = progress(moved=12004, parked=3, looked=12007, seconds=10.0, dead_at_start=200003)
    assert line.line("orders", later) == "orders: 12,004 moved, 3 parked, 187,996 left, 0.8/s, ETA 2 d 17 h"


def test_a_line_says_no_more_than_is_known() -> None:
    line = PaceLine(limit=None)
    assert line.line("orders", progress(moved=50, looked=50, seconds=5.0)) == "orders: 50 moved, 10/s"
    assert line.line("orders", progress(dead_at_start=7, seconds=5.0)) == "orders: 0 moved, 7 left, 0.0/s"


def test_a_limit_is_what_is_left_when_it_comes_first() -> None:
    seen = progress(moved=50, looked=100, seconds=5.0, dead_at_start=100000)
    assert PaceLine(limit=150).line("orders", seen) == "orders: 50 moved, 100 left, 10/s, ETA 10 s"
    assert PaceLine(limit=10**6).line("orders", seen) == "orders: 50 moved, 99,900 left, 10/s, ETA 1 h 23 min"


@pytest.mark.parametrize(
    ("terminal", "shown"),
    [(True, ["5", "10", "15", "20", "25", "30", "35", "40", "end"]), (False, ["30", "end"])],
)
def test_lines_are_often_in_a_terminal_and_rare_in_a_log(
    terminal: bool, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    live = Live(silent=False, in_terminal=terminal, clock=lambda: now[0])
    for second in range(5, 45, 5):
        now[0] = second
        live.show(str(second))
    live.end("end")
    assert capsys.readouterr().out.split() == shown


def test_short_work_is_silent_in_a_log_and_secret_work_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    for silent, terminal, seconds in ((False, False, 20.0), (True, True, 90.0)):
        live = Live(silent, terminal, lambda: now[0])
        now[0] += seconds
        assert not live.show("line")
        live.end("end")
    assert capsys.readouterr().out == ""
