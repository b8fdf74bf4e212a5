# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dead letters that a service redrives itself, asked batch by batch, against the client of ansible.builtin.uri."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from ansible.module_utils.urls import open_url

from .. import rounds
from ..rows import Row
from ..run import Run
from .letters import reprocess_queue
from .lists import goal_of

AREA = "queues"
_BATCH = 10
# A service in a process of its own: so many letters are dead, and each POST to /redrive?count=N puts N back.
_SERVICE = """\
import http.server, json, urllib.parse

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    dead = 0

    def do_GET(self):
        self.answer(Handler.dead)

    def do_POST(self):
        address = urllib.parse.urlsplit(self.path)
        count = int(urllib.parse.parse_qs(address.query)["count"][0])
        if address.path == "/fill":
            Handler.dead = moved = count
        else:
            moved = min(count, Handler.dead)
            Handler.dead -= moved
        self.answer(moved)

    def answer(self, number):
        body = json.dumps(number).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def _service() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _SERVICE], stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


class Contest:
    """Each contestant says how many seconds a batch takes."""

    def __init__(self, run: Run, url: str, batches: int) -> None:
        self._run = run
        self._url = url
        self._batches = batches

    def ours(self) -> float:
        """Redrive all in one call."""
        self._fill(self._batches)
        dead, redrive = {"url": f"{self._url}/dead"}, {"url": f"{self._url}/redrive?count={{count}}"}
        queue = {"name": "orders", "kind": "http", "dead": dead, "redrive": redrive, "batch": _BATCH}
        began = time.perf_counter()
        reprocess_queue(queue, self._batches * _BATCH)
        return self._said("ours", (time.perf_counter() - began) / self._batches)

    def uri(self) -> float:
        """Ask for some batches as ansible.builtin.uri does."""
        batches = max(self._batches // 50, 5)
        self._fill(batches)
        began = time.perf_counter()
        for _batch in range(batches):
            with open_url(f"{self._url}/redrive?count={_BATCH}", method="POST", timeout=30) as answer:
                json.load(answer)
        return self._said("uri's client", (time.perf_counter() - began) / batches)

    def _fill(self, batches: int) -> None:
        with urlopen(f"{self._url}/fill?count={batches * _BATCH}", data=b"") as answer:
            answer.read()

    def _said(self, name: str, seconds: float) -> float:
        self._run.say(f"  HTTP, {name}: {seconds * 1000:.2f} ms a batch")
        return seconds


def rows(run: Run, _folder: Path) -> Iterator[Row]:
    """Yield the figures of a service's API."""
    with _service() as url:
        contest = Contest(run, url, 200 if run.short else 2000)
        found = rounds.in_turn(3 if run.short else 7, {"ours": contest.ours, "uri": contest.uri})
    facts = rounds.ratio_facts(found["ours"], found["uri"], "s a batch")
    ratio = found["uri"].median / found["ours"].median
    goal = goal_of(run, 20, "x ansible.builtin.uri's client")
    yield Row.of(AREA, "redrive through a service's HTTP API, a batch", goal, ratio, **facts)
