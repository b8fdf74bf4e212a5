# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load generator that keeps the account of what the service accepted.

    python -m ...lab.demo.load URL RESULT_FILE [--rate N] [--seconds S] [--count N] [--connections N]

It ends by itself, at the count or after the seconds, or on SIGTERM; then it writes the result file (Result).
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import signal
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit
from uuid import uuid4

from ..errors import LabError


@dataclass
class Result:
    """What a load saw.

    accepted: ids answered with 202.
    unknown: ids without an answer; they may be in the queue or not.
    refused: number of answers 503 with Retry-After; first_refused and last_refused are Unix times or None.
    errors: number of other answers, and `unknown` again.
    other: what those were, and how often each: a status such as 502, or why there was no answer.
    latency_ms: of accepted orders, p50 and p99.
    """

    run: str
    accepted: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: int = 0
    errors: int = 0
    first_refused: float | None = None
    last_refused: float | None = None
    last_error: str = ""
    other: dict[str, int] = field(default_factory=dict)
    latency_ms: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Result:
        """Return the result in the file; raises LabError when there is none."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise LabError(f"no result of a load in {path}: {error}") from error


class Load:
    """Orders at a steady rate over some connections."""

    def __init__(self, url: str, rate: float, seconds: float, count: int) -> None:
        self.result = Result(uuid4().hex[:8])
        self.stopping = threading.Event()
        self._url = urlsplit(url)
        self._rate = rate
        self._end = time.monotonic() + seconds
        self._numbers = iter(range(count)) if count else itertools.count()
        self._start = time.monotonic()
        self._times: list[float] = []
        self._lock = threading.Lock()

    def run(self, connections: int) -> Result:
        """Send until the end; returns the result."""
        threads = [threading.Thread(target=self._send_some, daemon=True) for _number in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.result.latency_ms = {"p50": self._percentile(50), "p99": self._percentile(99)}
        return self.result

    def _send_some(self) -> None:
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=5)
        while (number := self._next()) is not None:
            self._send(connection, f"{self.result.run}-{number}", number)
        connection.close()

    def _next(self) -> int | None:
        """Return the next order's number at its time, or None at the end."""
        with self._lock:
            number = next(self._numbers, None)
        if number is None:
            return None
        at = self._start + number / self._rate
        if at >= self._end or self.stopping.wait(max(0.0, at - time.monotonic())):
            return None
        return number

    def _send(self, connection: http.client.HTTPConnection, order_id: str, amount: int) -> None:
        began = time.monotonic()
        try:
            connection.request("POST", "/orders", json.dumps({"id": order_id, "amount": amount}))
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            with self._lock:
                self._note_error(type(error).__name__, f"{type(error).__name__}: {error}", order_id)
            return
        with self._lock:
            self._note(answer, said, order_id, time.monotonic() - began)

    def _note(self, answer: http.client.HTTPResponse, said: bytes, order_id: str, seconds: float) -> None:
        if answer.status == 202:
            self.result.accepted.append(order_id)
            self._times.append(seconds)
        elif answer.status == 503 and answer.headers.get("Retry-After"):
            self.result.refused += 1
            self.result.last_refused = time.time()
            self.result.first_refused = self.result.first_refused or self.result.last_refused
        else:
            text = f"{answer.status} {said[:200].decode(errors='replace').strip()}"
            self._note_error(str(answer.status), text, order_id)

    def _note_error(self, kind: str, error: str, order_id: str) -> None:
        self.result.errors += 1
        self.result.other[kind] = self.result.other.get(kind, 0) + 1
        self.result.unknown.append(order_id)
        self.result.last_error = error

    def _percentile(self, percent: int) -> float:
        ordered = sorted(self._times)
        return round(ordered[len(ordered) * percent // 100] * 1000, 2) if ordered else 0.0


def main() -> None:
    """Run to the end and write the result."""
    parser = argparse.ArgumentParser(prog="load", description="orders at a steady rate")
    parser.add_argument("url")
    parser.add_argument("result", type=Path)
    parser.add_argument("--rate", type=float, default=40.0, help="orders a second")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--count", type=int, default=0, help="0: no limit but the seconds")
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    load = Load(options.url, options.rate, options.seconds, options.count)

    def end(_number: int, _frame: FrameType | None) -> None:
        load.stopping.set()

    signal.signal(signal.SIGTERM, end)
    part = options.result.with_suffix(".part")
    part.write_text(json.dumps(asdict(load.run(options.connections))), encoding="utf-8")
    part.replace(options.result)


if __name__ == "__main__":
    main()
