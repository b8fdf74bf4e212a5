# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire format of protocol buffers, and the one message that is read with it."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._queues.asynq import serves
from ansible_collections.day2.ops.plugins.module_utils._queues.protobuf import fields, with_bytes, with_varint


def test_each_wire_type() -> None:
    message = b"\x08\x96\x01" + b"\x12\x02hi" + b"\x1d\x01\x02\x03\x04" + b"\x21" + bytes(8)
    assert list(fields(message)) == [(1, 150), (2, b"hi"), (3, b"\x01\x02\x03\x04"), (4, bytes(8))]


@pytest.mark.parametrize("message", [b"\x08", b"\x08\x80", b"\x12\x05hi", b"\x0b", b"\x08" + b"\xff" * 11])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends in the middle|unknown wire type"):
        list(fields(message))


def test_a_field_is_set_and_all_else_stays() -> None:
    message = b"\x08\x96\x01" + b"\x12\x02hi" + b"\x30\x05" + b"\x7a\x03map" + b"\x30\x06"
    rest = b"\x08\x96\x01" + b"\x12\x02hi" + b"\x7a\x03map"
    assert with_varint(message, 6, 300) == rest + b"\x30\xac\x02"
    assert with_varint(message, 6, 0) == rest
    assert list(fields(with_bytes(rest, 7, b"x" * 200))) == [*fields(rest), (7, b"x" * 200)]
    assert with_bytes(rest, 15, b"") == b"\x08\x96\x01" + b"\x12\x02hi"
    with pytest.raises(ValueError, match="ends in the middle"):
        with_varint(b"\x12\x05hi", 6, 1)


def server_info(queue: bytes, status: bytes) -> bytes:
    """Return asynq's ServerInfo of a server of one queue."""
    entry = b"\x0a" + bytes([len(queue)]) + queue + b"\x10\x01"
    return b"\x0a\x04host" + b"\x2a" + bytes([len(entry)]) + entry + b"\x3a" + bytes([len(status)]) + status


def test_who_serves_a_queue() -> None:
    assert serves(server_info(b"low", b"active"), "low")
    assert not serves(server_info(b"low", b"active"), "critical")
    assert not serves(server_info(b"low", b"closed"), "low")
    assert not serves(b"\x2a\xff", "low")
    assert not serves(b"\x28\x01", "low")
