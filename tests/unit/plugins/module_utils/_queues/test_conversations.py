# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What queues make of answers that are hard to get from a real server."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._queues.base import Depth
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_scan import scan
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_server import ServerClock, Steps

NOW = 1_800_000_000


def answered(steps: Steps[Any], **answers: Any) -> Any:
    """Hold a conversation; each command is answered by its first word, with _ for a space."""
    commands = next(steps)
    try:
        while True:
            commands = steps.send(
                [_answer(answers[str(command[0]).replace(" ", "_")], command) for command in commands]
            )
    except StopIteration as end:
        return end.value


def _answer(answer: Any, command: tuple[Any, ...]) -> Any:
    return answer(command) if callable(answer) else answer


def depth_of(kind: str, options: dict[str, Any], **answers: Any) -> Depth:
    """Return what a queue makes of these answers."""
    (queue,) = described([{"name": "it", "kind": kind, **options}], {})
    measure: Any = queue
    depth = answered(measure.measure(ServerClock()), TIME=[b"%d" % NOW, b"0"], **answers)
    assert isinstance(depth, Depth)
    return depth


def test_a_stream_with_more_entries_than_are_counted() -> None:
    depth = depth_of(
        "redis_stream",
        {"group": "g"},
        TYPE=b"stream",
        XLEN=500_000,
        XINFO_GROUPS=[[b"name", b"g", b"last-delivered-id", b"5-1"]],
        XPENDING=[0, None, None, None],
        XINFO_CONSUMERS=[],
        XRANGE=lambda command: [[b"7-1", []]] * command[-1],
    )
    assert (depth.ready, depth.lag) == (None, None)
    assert depth.note == "the server does not know the lag; more than 100000 entries wait"
    assert depth.oldest_age is not None


def test_an_empty_stream_is_not_counted() -> None:
    depth = depth_of(
        "redis_stream",
        {"group": "g"},
        TYPE=b"stream",
        XLEN=0,
        XINFO_GROUPS=[[b"name", b"g", b"last-delivered-id", b"5-1", b"lag", None]],
        XPENDING=[0, None, None, None],
        XINFO_CONSUMERS=[],
    )
    assert (depth.ready, depth.oldest_age) == (0, 0.0)


def test_asynq_tasks_that_wait_for_their_group() -> None:
    depth = depth_of(
        "asynq",
        {"queue": "q"},
        SISMEMBER=1,
        LLEN=0,
        ZCARD=lambda command: 3 if isinstance(command[1], bytes) and b":g:" in command[1] else 0,
        ZCOUNT=0,
        EXISTS=0,
        LINDEX=None,
        ZRANGE=[],
        SMEMBERS=[b"a", b"b"],
        ZRANGEBYSCORE=[],
    )
    assert (depth.ready, depth.delayed) == (0, 6)


def test_a_pattern_is_not_looked_for_without_end() -> None:
    with pytest.raises(OpsError, match="gave up looking for keys after 1000000 of them"):
        answered(scan(["a*"], "here"), SCAN=[b"7", [b"ab"]])


def test_a_key_that_a_scan_gives_twice_is_one() -> None:
    cursors = iter([b"7", b"0"])
    found = answered(scan(["a*"], "here"), SCAN=lambda _command: [next(cursors), [b"ab", b"ac"]])
    assert found == {"a*": [b"ab", b"ac"]}
