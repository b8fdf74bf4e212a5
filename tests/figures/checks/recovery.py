# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon a gate notices that a service has recovered, against uri with until."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, run_gate

from .. import rounds
from ..errors import FigureError
from ..plays import Plays, environment, playbook_argv
from ..rows import Row, at_most, told
from ..run import CHECKOUT, Run
from ..watched import watch

IN_A_ROW = 3
_SECONDS = 60.0
_DOWN = 1.5


class Recovering:
    """A server on loopback that answers 503 until some time after the first request, and 200 from then on."""

    def __init__(self, down: float) -> None:
        self.good_answers: list[float] = []  # time.monotonic of each
        self._down = down
        self._first = threading.Event()
        self._first_at = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                good = time.monotonic() >= outer.recovers_at()
                body = b'{"status": "ok"}' if good else b"{}"
                self.send_response(200 if good else 503)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if good:
                    outer.good_answers.append(time.monotonic())

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Recovering:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def recovers_at(self) -> float:
        """Return the moment (time.monotonic) from which answers are good; the first call sets it."""
        if not self._first.is_set():
            self._first_at = time.monotonic()
            self._first.set()
        return self._first_at + self._down


class Phases:
    """Moments of recovery that fall differently against a second, the same ones for each contestant."""

    def __init__(self) -> None:
        self._number = 0

    def next(self) -> float:
        """Return how long a service stays down this time, in seconds."""
        self._number += 1
        return _DOWN + (self._number * 0.37) % 1


def rows(run: Run, plays: Plays) -> Iterator[Row]:
    """Yield the figures of a recovery."""
    tries = 2 if run.short else 7
    goal = at_most(1.0, "s (short slice)") if run.short else at_most(0.3, "s")
    noticed = rounds.Tries(tuple(_gate(down) for down in _downs(tries)))
    yield Row.of(
        "checks",
        f"gate: from good answer {IN_A_ROW} in a row to the verdict",
        goal,
        noticed.median,
        ours=round(noticed.median, 4),
        tries=tries,
        ours_tries=[round(value, 4) for value in noticed.values],
    )
    if not run.short:
        yield _against_uri(plays)


def _against_uri(plays: Plays) -> Row:
    ours, peer = Phases(), Phases()
    measured = rounds.in_turn(
        5,
        {
            "ours": lambda: _task_seconds(plays, "gate", _gate_task, ours.next()),
            "peer": lambda: _task_seconds(plays, "until", _uri_task, peer.next()),
        },
    )
    facts = rounds.ratio_facts(measured["ours"], measured["peer"], "s")
    facts["what"] = f"health_gate with {IN_A_ROW} good answers in a row; peer: uri, until, delay 1, one good answer"
    return Row.of("checks", "recovery to the end of the task that waits", told("s"), measured["ours"].median, **facts)


def _downs(tries: int) -> list[float]:
    phases = Phases()
    return [phases.next() for _number in range(tries)]


def _gate(down: float) -> float:
    """Return the seconds from the last good answer that was needed to the gate's verdict, in this process."""
    with Recovering(down) as server:
        result = run_gate(SPEC.validate(_gate_options(server.url), "figures"))
        ended = time.monotonic()
    if result.failed or len(server.good_answers) < IN_A_ROW:
        raise FigureError(f"the gate did not pass: {result.msg}")
    return ended - server.good_answers[IN_A_ROW - 1]


def _task_seconds(plays: Plays, name: str, task: Any, down: float) -> float:
    """Return the seconds from recovery to the line of the task that waited for it."""
    with Recovering(down) as server:
        argv = playbook_argv(plays.play(name, [task(server.url)]), plays.inventory(1))
        with watch(argv, CHECKOUT, environment()) as play:
            line = play.await_line(r"^ok: \[host01\]", _SECONDS)
            play.wait(_SECONDS)
        return line.at - server.recovers_at()


def _gate_options(url: str) -> dict[str, Any]:
    return {
        "checks": [{"name": "service", "kind": "http", "url": url, "timeout": 2}],
        "timeout": _SECONDS,
        "consecutive": IN_A_ROW,
    }


def _gate_task(url: str) -> dict[str, Any]:
    return {"name": "wait", "day2.ops.health_gate": _gate_options(url)}


def _uri_task(url: str) -> dict[str, Any]:
    return {
        "name": "wait",
        "ansible.builtin.uri": {"url": url, "timeout": 2},
        "register": "found",
        "until": "found is success",
        "retries": round(_SECONDS),
        "delay": 1,
    }
