# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that can never hold for a queue is refused before anything is asked of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues import information
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letter_options import described_queue, meant_by
from ansible_collections.day2.ops.plugins.module_utils._queues.letter_filter import Filter

LIST = {"kind": "redis_list", "dead": "orders:dead"}
STREAM = {"kind": "redis_stream", "dead": "events:dead"}
SORTED_SET = {"kind": "redis_sorted_set", "dead": "reminders:dead"}
DIRECTORY = {"kind": "directory", "path": "/in", "dead": "/dead"}
HTTP = {"kind": "http", "depth": {"url": "http://127.0.0.1:1/", "path": ""}}
ROWS = {"kind": "sql", "select": "SELECT id, why FROM jobs"}


def meant(queue: dict[str, Any], asked: dict[str, Any]) -> Filter:
    given = {"queue": {"name": "orders", **queue}, "filter": asked}
    params = information.SPEC.validate(given, "arguments")
    return meant_by(params, described_queue(params))


@pytest.mark.parametrize(
    ("queue", "asked", "field"),
    [
        (LIST, {"error": "x"}, "error"),
        (LIST, {"type": "x"}, "type"),
        (LIST, {"min_age": 60}, "failed_at"),
        (LIST, {"max_attempts": 0}, "attempts"),
        ({**LIST, "item": {"error": "error", "failed_at": "at"}}, {"error": "x", "max_age": 60, "type": "x"}, "type"),
        (STREAM, {"error": "x"}, "error"),
        (SORTED_SET, {"min_attempts": 1}, "attempts"),
        ({**SORTED_SET, "score": "none"}, {"min_age": 1}, "failed_at"),
        (DIRECTORY, {"error": "x"}, "error"),
        (HTTP, {"error": "x"}, "error"),
        (ROWS, {"error": "x"}, "error"),
    ],
)
def test_what_no_letter_can_tell(queue: dict[str, Any], asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        meant(queue, asked)
    assert str(caught.value).startswith("filter: ")
    assert str(caught.value).endswith(f"{queue['kind']}: orders; say where a letter has it: item: {{{field}: PATH}}")


@pytest.mark.parametrize(
    ("queue", "asked"),
    [
        (LIST, {}),
        (LIST, {"where": [{"path": "a", "value": 1}]}),
        ({**LIST, "item": {"error": "error"}}, {"error": "x"}),
        (STREAM, {"min_age": 60}),
        (SORTED_SET, {"min_age": 60}),
        (DIRECTORY, {"min_age": 60}),
        ({**DIRECTORY, "error_suffix": ".err"}, {"error": "x"}),
        ({**ROWS, "item": {"error": "why"}}, {"error": "x"}),
        *(
            ({"kind": kind}, {"error": "x", "type": "x", "min_age": 1, "min_attempts": 1})
            for kind in ("asynq", "rq", "sidekiq", "bullmq", "rabbitmq", "celery")
        ),
        (
            {"kind": "sqs", "endpoint_url": "http://127.0.0.1:1", "region": "eu-west-1"},
            {"error": "x", "min_attempts": 1},
        ),
    ],
)
def test_what_some_letter_may_tell(queue: dict[str, Any], asked: dict[str, Any]) -> None:
    assert bool(meant(queue, asked)) == bool(asked)


def test_conditions_of_which_there_are_none() -> None:
    with pytest.raises(InputError, match="filter: where is empty, and would leave nothing out"):
        meant(LIST, {"where": []})
