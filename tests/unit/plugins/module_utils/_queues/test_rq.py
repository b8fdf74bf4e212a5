# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failed jobs of rq as letters: what is read of their hashes, and what stays closed."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.rq_jobs import FailedJob, unzipped

TRACEBACK = 'Traceback (most recent call last):\n  File "jobs.py", line 3, in send\nValueError: no connection\n'


class Explosive:
    """Ends the test run when somebody unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exit, (1,))


def job(fields: dict[str, bytes] | None = None, result: dict[str, bytes] | None = None, **other: Any) -> FailedJob:
    """Return a job with these fields beside its data."""
    named = {"data": zlib.compress(pickle.dumps(Explosive())), **(fields or {})}
    return FailedJob(
        id=b"7",
        score=b"1827228994",
        fields={name.encode(): value for name, value in named.items()},
        result={name.encode(): value for name, value in (result or {}).items()},
        **other,
    )


def raised(text: str) -> bytes:
    """Return what rq writes into a result for what was raised."""
    return base64.b64encode(zlib.compress(text.encode()))


def test_a_pickle_stays_closed() -> None:
    letter = job({"description": b"jobs.send('a', b=1)"}).letter()
    assert (letter.body, letter.payload, letter.type, letter.fault, letter.gone) == (None, None, "jobs.send", "", "")


def test_a_call_in_json_is_read() -> None:
    call = json.dumps(["jobs.send", None, ["a"], {"b": 1}]).encode()
    letter = job({"data": zlib.compress(call), "description": b"Send a mail"}).letter()
    assert letter.payload == {"function": "jobs.send", "args": ["a"], "kwargs": {"b": 1}}
    assert (letter.body, letter.type) == (call, "jobs.send")


@pytest.mark.parametrize("data", [b"[1, 2", b'["too", "short"]', b"[" * 100_000, b"neither"])
def test_what_is_no_call_stays_closed(data: bytes) -> None:
    letter = job({"data": data, "description": b"Send a mail"}).letter()
    assert (letter.body, letter.payload, letter.type, letter.fault) == (None, None, None, "")


def test_what_is_too_large_is_not_read() -> None:
    assert job({"data": b""}).letter().fault == "too large to be read"
    assert unzipped(zlib.compress(b"0" * 1000), 999) is None
    assert unzipped(zlib.compress(b"0" * 1000), 1000) == b"0" * 1000
    assert unzipped(b"as it is", 1000) == b"as it is"


def test_the_error_is_the_last_line_of_what_was_raised() -> None:
    assert job(result={"exc_string": raised(TRACEBACK)}).letter().error == "ValueError: no connection"
    assert job({"exc_info": zlib.compress(TRACEBACK.encode())}).letter().error == "ValueError: no connection"
    assert job({"exc_info": TRACEBACK.encode()}).letter().error == "ValueError: no connection"
    assert job(result={"exc_string": b"!"}).letter().error is None
    assert job(result={"type": b"5"}).letter().error == "no retries are left"
    assert job().letter().error is None


def test_abandoned_jobs_have_one_error() -> None:
    text = "Moved to FailedJobRegistry, due to AbandonedJobError, at 2026-01-01 00:00:00.1+00:00"
    assert job(result={"exc_string": raised(text)}).letter().error == (
        "Moved to FailedJobRegistry, due to AbandonedJobError"
    )


def test_when_it_died() -> None:
    assert job({"ended_at": b"2026-01-01T00:00:00.500000Z"}).died == 1767225600.5
    assert job({"ended_at": b"2026-01-01T00:00:00.500000Z"}, result_id=b"1767225600250-3").died == 1767225600.25
    assert job().died is None


@pytest.mark.parametrize(
    ("fields", "results", "attempts"),
    [
        ({}, 0, None),
        ({}, 3, 3),
        ({"retries_left": b"0"}, 1, None),
        ({"number_of_retries": b"2"}, 5, 3),
        ({"number_of_retries": b"nonsense"}, 1, 1),
    ],
)
def test_attempts(fields: dict[str, bytes], results: int, attempts: int | None) -> None:
    assert job(fields, results=results).letter().attempts == attempts


@pytest.mark.parametrize(
    ("fields", "retries"),
    [
        ({}, ""),
        ({"retries_left": b"0", "retry_intervals": b"[10, 60, 300]"}, "3"),
        ({"retries_left": b"0", "retry_intervals": b"[0]"}, "1"),
        ({"retries_left": b"2", "retry_intervals": b"nonsense"}, "2"),
        ({"retries_left": b"0"}, "1"),
    ],
)
def test_retries_that_are_given_back(fields: dict[str, bytes], retries: str) -> None:
    assert job(fields).retries == retries


def test_a_job_without_a_hash_or_without_data_is_gone() -> None:
    assert FailedJob(b"7", b"1").letter().gone == "its payload is gone"
    assert FailedJob(b"7", b"1", {b"status": b"failed"}).letter().gone == "its payload is gone"
    assert FailedJob(b"\xff", b"1").letter().id == "\\xff"


def test_rq_does_not_run_in_a_cluster() -> None:
    with pytest.raises(InputError, match="rq does not run in a Redis Cluster"):
        described([{"name": "mails", "kind": "rq", "cluster": True}], {})
