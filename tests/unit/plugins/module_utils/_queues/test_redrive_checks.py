# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers that a redrive refuses before it asks any server."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_checks import check
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC
from ansible_collections.day2.ops.plugins.module_utils._queues.token_bucket import TokenBucket

INFINITE, NONE = float("inf"), float("nan")


def params(**given: Any) -> dict[str, Any]:
    return SPEC.validate({"queue": {"kind": "redis_list", "dead": "a", "requeue_to": "b"}, **given}, "arguments")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rate": 0}, "rate must be more than 0: 0"),
        ({"rate": -1.5}, r"rate must be more than 0: -1\.5"),
        ({"rate": INFINITE}, "rate must be a finite number: inf"),
        ({"rate": NONE}, "rate must be a finite number: nan"),
        ({"max_seconds": NONE}, "max_seconds must be a finite number"),
        ({"pause_timeout": NONE}, "pause_timeout must be a finite number"),
        ({"canary_wait": NONE}, "canary_wait must be a finite number"),
        ({"stop_when_returning": NONE}, "stop_when_returning must be a finite number"),
        ({"stop_when_returning": 1.5}, r"stop_when_returning is a share .*at most 1: 1\.5"),
        ({"canary_wait": 0}, "canary_wait: 0 leaves the canary no time"),
        ({"pause_above": 0}, "pause_above must be more than 0: 0"),
        ({"limit": 0}, "limit must be more than 0: 0"),
        ({"samples": -1}, "samples must not be less than 0: -1"),
        ({"limit": -(10**400)}, "limit must be more than 0: -1000"),
        ({"resume": True}, "resume needs the journal"),
        ({"resume": True, "journal": "j", "continue_from": {"run": "a"}}, "two ways of the same"),
    ],
)
def test_what_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(params(**given))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"canary": 0, "canary_wait": 0},
        {"stop_when_returning": 1},
        {"limit": 10**400},
        {"rate": 0.5},
        {"samples": 0},
    ],
)
def test_what_is_not(given: dict[str, Any]) -> None:
    check(params(**given))


@pytest.mark.parametrize("rate", [0.0, -1.0, INFINITE, NONE])
def test_a_bucket_takes_no_such_rate(rate: float) -> None:
    with pytest.raises(InputError, match="rate must be "):
        TokenBucket(rate)
