# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores of Redis that fail halfway: what they tell of what was changed, and that the server runs afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import redis_replay, redis_restore
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_switch import Switch, Unit, await_gone
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, OpsError, Unreachable

redis_exceptions = pytest.importorskip("redis.exceptions")


class _Pipeline:
    def __init__(self, answers: Sequence[Any]) -> None:
        self._answers = answers
        self._asked = 0

    def execute_command(self, *words: Any) -> None:
        self._asked += 1

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        for answer in self._answers:
            if isinstance(answer, OSError):
                raise answer
        return list(self._answers)[: self._asked]


class _Client:
    """A server with two keys, or one that gives ``answers`` to what is written."""

    def __init__(self, answers: Sequence[Any], flush: Exception | None = None) -> None:
        self._answers = answers
        self._flush = flush

    def set_response_callback(self, *words: Any) -> None:
        pass

    def pipeline(self, transaction: bool) -> _Pipeline:
        return _Pipeline(self._answers)

    def execute_command(self, *words: Any) -> Any:
        if words[0] == b"SCAN":
            return b"0", [b"one", b"two"]
        if words[0] == "FLUSHALL" and self._flush:
            raise self._flush
        return b"db0:keys=2,expires=0\r\n"


class _Scratch:
    client = _Client([-1, b"1", -1, b"2"])

    def at(self, database: int) -> _Client:
        return self.client

    def loaded(self) -> dict[str, str]:
        return {"db0": "keys=2,expires=0"}


@contextmanager
def _scratch(backup: Any) -> Iterator[_Scratch]:
    yield _Scratch()


def _replayed(monkeypatch: pytest.MonkeyPatch, target: _Client, flush: bool) -> dict[str, Any]:
    monkeypatch.setattr(redis_replay, "scratch_server", _scratch)
    return redis_replay.replay(lambda _database: target, "here", cast(Opened, None), flush)


REFUSED = redis_exceptions.ResponseError("OOM command not allowed")
CUT = ConnectionResetError("cut")


@pytest.mark.parametrize(
    ("target", "flush", "details"),
    [
        (_Client([b"OK", REFUSED]), False, {"changed": True, "flushed": False, "written": 1}),
        (_Client([REFUSED, REFUSED]), True, {"changed": True, "flushed": True, "written": 0}),
        (_Client([CUT]), False, {"changed": True, "flushed": False, "written": 0}),
        (_Client([], CUT), True, {"changed": True, "flushed": False, "written": 0}),
        (_Client([], REFUSED), True, {}),
    ],
)
def test_a_replay_that_fails_tells_what_it_changed(
    monkeypatch: pytest.MonkeyPatch, target: _Client, flush: bool, details: dict[str, Any]
) -> None:
    with pytest.raises(OpsError) as caught:
        _replayed(monkeypatch, target, flush)
    assert caught.value.details == details


def test_an_interrupted_replay_tells_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(redis_replay._Replay, "run", interrupted)
    with pytest.raises(OpsError, match="interrupted: KeyboardInterrupt") as caught:
        _replayed(monkeypatch, _Client([]), flush=True)
    assert caught.value.details == {"changed": True, "flushed": True, "written": 0}


def test_a_replay_that_succeeds_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _replayed(monkeypatch, _Client([b"OK", b"OK"]), flush=False) == {"written": 2, "functions": False}


class _Server:
    """A server that goes on for ``looks`` looks after it was told to stop."""

    def __init__(self, looks: int, refusal: OpsError | None = None) -> None:
        self.starts = 0
        self._left: int | None = None
        self._looks = looks
        self._refusal = refusal
        self.on = "here"
        self.wait = 0.2

    def look(self) -> dict[str, str]:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Unreachable("cannot ask: no connection (refused)")
            raise Unreachable("cannot ask: no answer in time")
        return {"loading": "0"}

    def stop(self) -> None:
        if self._refusal:
            raise self._refusal
        self._left = self._looks
        raise Unreachable("the program did not end within 0.2 s", on="stop")

    def start(self) -> None:
        self.starts += 1
        self._left = None


def _stopped(server: _Server, switch: Any) -> OpsError:
    with (
        pytest.raises(OpsError) as caught,
        redis_restore._started_again_on_failure(cast("redis_restore._Target", server), cast(Switch, switch)),
    ):
        switch.stop()
        await_gone(server.look, server.on, server.wait)
    return caught.value


def test_a_server_that_stops_after_the_time_is_started_again() -> None:
    server = _Server(looks=2)
    error = _stopped(server, server)
    assert server.starts == 1
    assert str(error).startswith("the program did not end within 0.2 s: stop; nothing was moved, the server runs")
    assert not error.details


def test_a_server_that_nobody_may_stop_is_left_alone() -> None:
    server = _Server(0, AccessDenied("may not stop it"))
    assert "the server runs" in str(_stopped(server, server))
    assert server.starts == 0


def test_a_server_that_never_ends_is_told_as_such() -> None:
    server = _Server(looks=1000)
    error = _stopped(server, server)
    assert (server.starts, error.details) == (0, {"changed": True})
    assert str(error).endswith(
        "the server does not come up again: here; start the server; its files are where they were"
    )


def test_a_unit_is_started_whether_it_is_gone_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    server = _Server(looks=1000)
    monkeypatch.setattr(Unit, "stop", lambda _unit: server.stop())
    monkeypatch.setattr(Unit, "start", lambda _unit: server.start())
    assert "the server runs" in str(_stopped(server, Unit("redis", 1.0)))
    assert server.starts == 1
