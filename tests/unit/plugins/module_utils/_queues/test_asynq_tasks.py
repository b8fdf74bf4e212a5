# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archived tasks of asynq: what their messages tell, and messages with other counts of retries."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._queues.asynq_tasks import (
    ID_IN_USE,
    NOT_A_MESSAGE,
    ArchivedTask,
    failed_once_more,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.protobuf import fields, with_bytes, with_varint
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_payloads import GONE


def message(retry: int = 0, retried: int = 0, error: bytes = b"", failed_at: int = 0) -> bytes:
    """Return a message of asynq."""
    written = with_bytes(with_bytes(b"", 1, b"mail"), 2, b'{"to": 7}')
    written = with_varint(with_varint(written, 5, retry), 6, retried)
    return with_varint(with_bytes(written, 7, error), 11, failed_at)


def task(message: bytes | None, state: bytes = b"archived") -> ArchivedTask:
    """Return an archived task."""
    stored = {b"state": state, **({} if message is None else {b"msg": message})}
    return ArchivedTask(b"t1", b"1700000000", stored)


def test_what_a_message_tells() -> None:
    letter = task(message(3, 3, b"no connection", 1_700_000_123)).letter()
    assert (letter.id, letter.type, letter.error, letter.payload) == ("t1", "mail", "no connection", {"to": 7})
    assert (letter.failed_at, letter.attempts, letter.gone, letter.fault) == (1_700_000_123, 4, "", "")


def test_a_task_that_was_never_tried() -> None:
    letter = task(message(3)).letter()
    assert (letter.error, letter.failed_at, letter.attempts) == (None, 1_700_000_000, 0)


@pytest.mark.parametrize(
    ("found", "gone", "fault"),
    [
        (task(None), GONE, ""),
        (task(message(), b"pending"), ID_IN_USE, ""),
        (task(b"\x12\x05hi"), "", NOT_A_MESSAGE),
    ],
)
def test_what_can_never_succeed_and_what_cannot_be_read(found: ArchivedTask, gone: str, fault: str) -> None:
    letter = found.letter()
    assert (letter.gone, letter.fault) == (gone, fault)


@pytest.mark.parametrize(
    ("retry", "retried", "most", "expected"),
    [(3, 3, None, 2), (3, 2, None, None), (0, 0, None, None), (1, 1, None, 0), (3, 3, 0, 0), (3, 0, 0, None)],
)
def test_fewer_retries(retry: int, retried: int, most: int | None, expected: int | None) -> None:
    before = message(retry, retried, b"no connection", 5)
    after = task(before).with_tries(most)
    if expected is None:
        assert after == b""
    else:
        assert dict(fields(after)).get(6, 0) == expected
        assert with_varint(after, 6, 0) == with_varint(before, 6, 0)


def test_a_message_that_cannot_be_read_is_left_as_it_is() -> None:
    assert task(b"\x12\x05hi").with_tries(0) == b""


def test_a_task_fails_once_more() -> None:
    after, has_tries = failed_once_more(message(2, 1, b"no connection", 5), "gone", 77)
    assert has_tries
    assert {number: value for number, value in fields(after) if number > 5} == {6: 2, 7: b"gone", 11: 77}
    after, has_tries = failed_once_more(message(2, 2), "gone", 77)
    assert not has_tries
    assert dict(fields(after))[6] == 2
    with pytest.raises(ValueError, match="ends in the middle"):
        failed_once_more(b"\x12\x05hi", "gone", 77)
