# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind redis_sorted_set on a real server."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, measured, some


@pytest.mark.parametrize(("score", "unit"), [("seconds", 1), ("milliseconds", 1000)])
def test_due_and_delayed_are_told_apart(redis_facts: RedisFacts, redis_server: Client, score: str, unit: int) -> None:
    now = redis_server.time()[0]
    redis_server.zadd("jobs", {"old": (now - 100) * unit, "due": (now - 1) * unit, "later": (now + 1000) * unit})
    redis_server.zadd("jobs:dead", {"x": 1})
    depth = measured(redis_facts, "jobs", "redis_sorted_set", score=score, dead="jobs:dead")
    assert some(depth, "ready", "delayed", "dead", "in_flight") == {
        "ready": 2,
        "delayed": 1,
        "dead": 1,
        "in_flight": None,
    }
    assert 100 <= depth["oldest_age"] < 130


def test_what_is_later_does_not_wait(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("jobs", {"later": redis_server.time()[0] + 1000})
    depth = measured(redis_facts, "jobs", "redis_sorted_set")
    assert some(depth, "ready", "delayed", "oldest_age") == {"ready": 0, "delayed": 1, "oldest_age": 0.0}


def test_scores_that_are_no_time(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("ranking", {"a": 5, "b": 7e20})
    depth = measured(redis_facts, "ranking", "redis_sorted_set", score="none")
    assert some(depth, "ready", "delayed", "oldest_age") == {"ready": 2, "delayed": None, "oldest_age": None}


def test_a_missing_set(redis_facts: RedisFacts, redis_server: Client) -> None:
    assert not redis_server.exists("jobs")
    unknown = measured(redis_facts, "jobs", "redis_sorted_set")
    assert some(unknown, "status", "ready", "oldest_age") == {"status": "missing", "ready": None, "oldest_age": None}
    empty = measured(redis_facts, "jobs", "redis_sorted_set", missing="empty")
    assert some(empty, "status", "ready", "delayed", "oldest_age") == {
        "status": "ok",
        "ready": 0,
        "delayed": 0,
        "oldest_age": 0.0,
    }
