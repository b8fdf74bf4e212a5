# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations in the controller's process: every outcome is a task result, never an exception."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.controller import Operation, run_here
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

SPEC = ArgSpec(options={"name": {"type": "str", "required": True}, "count": {"type": "int", "default": 3}})


def run(operation: Operation, **arguments: Any) -> dict[str, Any]:
    return run_here(SPEC, {"name": "a", **arguments}, operation, check_mode=False)


def test_options_are_validated_and_the_mode_is_handed_on() -> None:
    seen: list[tuple[dict[str, Any], bool]] = []

    def operation(params: dict[str, Any], check_mode: bool) -> Result:
        seen.append((params, check_mode))
        return Result(changed=True, msg="done", data={"extra": 1}, diff={"before": "a", "after": "b"})

    told = run_here(SPEC, {"name": "a", "count": "5"}, operation, check_mode=True)
    assert seen == [({"name": "a", "count": 5}, True)]
    assert told == {
        "changed": True,
        "failed": False,
        "msg": "done",
        "extra": 1,
        "diff": {"before": "a", "after": "b"},
        "warnings": [],
    }


def test_wrong_options_are_one_line() -> None:
    told = run(lambda _params, _check_mode: Result(), colour="red")
    assert told["failed"]
    assert told["msg"].startswith("arguments: unknown option colour; known are ")


def test_an_error_on_purpose_keeps_its_details() -> None:
    def operation(_params: dict[str, Any], _check_mode: bool) -> Result:
        raise OpsError("cannot do it", on="this", advice="do that", missing_libraries=["redis"])

    assert run(operation) == {"failed": True, "msg": "cannot do it: this; do that", "missing_libraries": ["redis"]}


def test_a_fault_of_ours_is_one_line_with_its_place() -> None:
    def operation(_params: dict[str, Any], _check_mode: bool) -> Result:
        raise KeyError("a\nb")

    told = run(operation)
    assert told["failed"]
    assert told["msg"].startswith("unexpected error in day2.ops at test_controller.py:")
    assert told["msg"].endswith("; please report it")
    assert "\n" not in told["msg"]


def test_a_job_that_found_something_wrong_fails_with_its_data() -> None:
    told = run(lambda _params, _check_mode: Result(failed=True, msg="bad", data={"lines": [1]}, warnings=["a\nb"]))
    assert (told["failed"], told["msg"], told["lines"], told["warnings"]) == (True, "bad", [1], ["a b"])


def test_a_password_of_digits_is_masked_in_texts_and_leaves_numbers() -> None:
    told = run_here(
        ArgSpec(options={"queue": {"type": "dict"}}),
        {"queue": {"login_password": "1998"}},
        lambda _params, _check_mode: Result(msg="1998 moved", data={"moved": 1998, "of": [{"a": ("x1998", 0.1998)}]}),
        check_mode=False,
    )
    assert (told["msg"], told["moved"], told["of"]) == ("******** moved", 1998, [{"a": ["x********", 0.1998]}])
