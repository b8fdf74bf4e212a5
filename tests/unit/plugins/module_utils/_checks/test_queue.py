# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a queue inside those of a check; the queues themselves are tried in tests/live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks import queue
from ansible_collections.day2.ops.plugins.module_utils._checks.base import COMMON
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt


def test_each_limit_becomes_a_condition() -> None:
    limits = {"max_ready": 10, "max_dead": 0, "max_oldest_age": 60.0, "min_consumers": 1}
    given = {"name": "it", "kind": "queue", "queue": "orders", "queue_kind": "redis_list", **limits}
    options = (COMMON + queue.SPEC.for_options(given)).validate(given, "it")
    found = {(one.path, one.op, one.value, one.unit) for one in queue.conditions(options)}
    assert found == {
        ("ready", "le", 10, ""),
        ("dead", "le", 0, ""),
        ("oldest_age", "le", 60.0, "s"),
        ("consumers", "ge", 1, ""),
    }


def test_an_option_of_another_kind_of_queue_is_refused(attempt: Attempt) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): unknown option in_flight"):
        attempt("queue", queue="default", queue_kind="asynq", in_flight=["x"])


def test_an_unknown_kind_of_queue_is_refused(attempt: Attempt) -> None:
    with pytest.raises(InputError, match=r"queue_kind must be one of: redis_list, .*got: rabbit"):
        attempt("queue", queue="orders", queue_kind="rabbit")


def test_no_server(attempt: Attempt) -> None:
    pytest.importorskip("redis")
    outcome = attempt("queue", queue="orders", queue_kind="redis_list", login_port=1)
    assert outcome.status == "fail"
    assert "127.0.0.1:1" in outcome.reason
