# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sidekiq's jobs as text, and what its processes say of themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._queues import sidekiq_jobs, sidekiq_processes
from ansible_collections.day2.ops.plugins.module_utils._queues.sidekiq_processes import InFlight, Process


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b'{"a":1e400,"n":3,"x":[1.10,{"n":9}]}', b'{"a":1e400,"n":4,"x":[1.10,{"n":9}]}'),
        (b' { "n" : 12345678901234567890 , "b" : "\\"n\\":{" } ', b' { "n" : 4 , "b" : "\\"n\\":{" } '),
        (b'{"b":"\xc3\xa9\\u00e9"}', b'{"n":4,"b":"\xc3\xa9\\u00e9"}'),
        (b'{"n":1,"n":2}', b'{"n":4,"n":4}'),
        (b"{ }", b'{"n":4 }'),
        (b'{"\\u006e":1}', b'{"\\u006e":4}'),
    ],
)
def test_nothing_but_a_value_changes(body: bytes, changed: bytes) -> None:
    assert sidekiq_jobs.changed(body, {"n": 4}) == changed
    json.loads(changed)


def test_several_values_change() -> None:
    body = b'{"queue":"q","retry_count":2,"args":[ 1.0 ],"enqueued_at":1.5}'
    done = sidekiq_jobs.changed(body, {"enqueued_at": 7, "retry_count": 0})
    assert done == b'{"queue":"q","retry_count":0,"args":[ 1.0 ],"enqueued_at":7}'
    assert sidekiq_jobs.member(body, "args") == b"[ 1.0 ]"
    assert sidekiq_jobs.member(body, "jid") is None


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[]", b"", b"[" * 100_000, b'"queue"'])
def test_what_is_no_job_belongs_to_no_queue(body: bytes) -> None:
    assert sidekiq_jobs.read(body) is None
    assert sidekiq_jobs.queue_of(body) is None


def test_queue_and_time_of_a_job() -> None:
    assert sidekiq_jobs.queue_of(b'{"queue":"low","args":[{"queue":"default"}]}') == "low"
    assert sidekiq_jobs.queue_of(b'{"queue":7}') is None
    assert not sidekiq_jobs.in_milliseconds({"created_at": 1795692173.39, "failed_at": None})
    assert sidekiq_jobs.in_milliseconds({"enqueued_at": 1795692173390})
    assert not sidekiq_jobs.in_milliseconds({})


def _answers(info: Any, beat: bytes, quiet: bytes, lives: int, *works: bytes) -> list[Any]:
    return [[json.dumps(info).encode(), beat, quiet], lives, list(works), []]


def test_processes_that_serve_a_queue() -> None:
    info = {"queues": ["low", "default"], "concurrency": 5}
    works = [b'{"queue":"default","payload":"{}"}', b'{"queue":"low"}', b"?"]
    answers = [
        *_answers(info, b"1.5", b"false", 58_000, *works),
        *_answers(info, b"1.5", b"true", 60_000),
        *_answers(info, b"1.5", b"false", 20_000, works[0]),
        *_answers({"queues": ["low"]}, b"1.5", b"false", 60_000),
        *[[None, None, None], -2, [], []],
        *_answers("?", b"1.5", b"false", -1),
    ]
    found = sidekiq_processes.serving("default", [b"a", b"b", b"c", b"d", b"e", b"f"], answers)
    assert [(one.key, one.takes, one.working) for one in found] == [(b"a", True, 1), (b"b", False, 0), (b"c", False, 1)]
    assert [one.silent for one in found] == [2.0, 0.0, 40.0]
    assert sidekiq_processes.note(found, 2) == "1 processes have given no sign of life for up to 40 s"
    assert sidekiq_processes.note(found[:1], 2).endswith("up to 2 s ago")
    assert sidekiq_processes.note([], 0) == ""


def _process(beat: str, working: int = 0, key: bytes = b"a") -> Process:
    return Process(key, beat.encode(), 1.0, False, working)


def test_an_empty_queue_has_nothing_in_flight_once_its_processes_have_beaten() -> None:
    in_flight = InFlight()
    assert in_flight.count(3, [_process("1")]) == 0
    assert in_flight.count(0, [_process("1")]) is None
    assert in_flight.count(0, [_process("1"), _process("1", key=b"b")]) is None
    assert in_flight.count(0, [_process("2", working=1)]) == 1
    assert in_flight.count(0, [_process("3")]) == 0
    assert in_flight.count(0, []) == 0


def test_whoever_looks_once_gets_the_last_beats() -> None:
    in_flight = InFlight()
    assert in_flight.count(0, [_process("1")]) == 0
    assert in_flight.count(0, [_process("1")]) is None
    assert in_flight.count(0, [_process("2")]) == 0
    in_flight.forget()
    assert in_flight.count(0, [_process("2")]) is None
    assert in_flight.count(0, [_process("3")]) == 0
