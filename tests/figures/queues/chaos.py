# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redrives are killed, the server is killed, two run at once, the cause is not fixed: every letter is accounted for."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..rows import Goal, Row, told
from ..run import Run
from .killable_redis import DEAD, DONE, QUEUE, KillableRedis
from .redriver import Redriver, redriving
from .workers import working

AREA = "queues"
LETTERS = 2000
# A run takes about this many seconds when it is let alone; it is killed somewhere in between.
_SECONDS = 0.4
_NONE_BAD = Goal("= 0 letters lost or twice", lambda value: value == 0)
_STOPPED = Goal("<= 10 letters, the canary, and it says why", lambda value: value <= 10)
_ITEMS = [json.dumps({"id": number, "error": "late" if number % 4 else "bad"}).encode() for number in range(LETTERS)]


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for each way of killing."""
    random = Random(20261126)
    kills = 6 if run.short else 100
    for name, options in _MANNERS.items():
        with run.folder() as folder, KillableRedis(folder) as server:
            yield _killed_module(name, options, server, folder, kills, random)
            run.say(f"  {name}: done")
    for appendfsync in ("always", "everysec"):
        with run.folder() as folder, KillableRedis(folder, appendfsync) as server:
            yield _killed_server(appendfsync, server, 2 if run.short else 20, random)
    with run.folder() as folder, KillableRedis(folder) as server:
        yield _two_at_once(server, 3000 if run.short else 20000)
        yield _not_fixed(server)


_MANNERS: dict[str, dict[str, Any]] = {
    "without a filter": {},
    "with a filter": {"filter": {"error": "late"}},
    "with a journal, resumed": {"journal": "journal.jsonl", "resume": True},
}


def _options(server: KillableRedis, **more: Any) -> dict[str, Any]:
    queue = {"name": QUEUE, "kind": "redis_list", "dead": DEAD, "missing": "empty", "item": {"error": "error"}}
    login = {"login_unix_socket": server.socket, "timeout": 30}
    return {**login, "queue": queue, "canary": 0, **more}


def _killed_module(
    name: str, manner: dict[str, Any], server: KillableRedis, folder: Path, kills: int, random: Random
) -> Row:
    """Kill the process at random moments, again and again, until nothing is left to move; then fill anew."""
    options = _options(server, rate=LETTERS / _SECONDS, **manner)
    if "journal" in manner:
        options["journal"] = str(folder / manner["journal"])
    meant = {item for item in _ITEMS if b"late" in item or "filter" not in manner}
    lost = twice = done = fills = in_disorder = 0
    while done < kills:
        server.fill(_ITEMS)
        fills += 1
        while done < kills and server.client.llen(QUEUE) < len(meant):
            process = Redriver(options)
            process.begin()
            time.sleep(random.uniform(0, _SECONDS))
            process.kill()
            done += 1
            one, other = _bad(server, _ITEMS)
            lost, twice = lost + one, twice + other
        with redriving(options) as process:
            process.wait()
        one, other = _bad(server, _ITEMS)
        lost, twice = lost + one, twice + other
        left = meant - set(server.items(QUEUE))
        lost += len(left)
        in_disorder += "filter" not in manner and list(server.items(QUEUE)) != _ITEMS
    return Row(
        AREA,
        f"the module killed {done} times {name}, {fills} x {LETTERS} letters",
        _NONE_BAD.text,
        lost + twice,
        _NONE_BAD.holds(lost + twice) and not in_disorder,
        {"kills": done, "letters": fills * LETTERS, "lost": lost, "twice": twice, "in_disorder": in_disorder},
    )


def _bad(server: KillableRedis, items: list[bytes]) -> tuple[int, int]:
    """Return how many letters are in no place, and how many in two."""
    places = Counter(server.items(DEAD, QUEUE))
    return sum(item not in places for item in items), sum(number - 1 for number in places.values())


def _killed_server(appendfsync: str, server: KillableRedis, kills: int, random: Random) -> Row:
    """Kill the server in the middle of a redrive, start it from its file, and let another run finish."""
    lost = twice = lines = 0
    options = _options(server, rate=LETTERS / _SECONDS)
    for _kill in range(kills):
        server.fill(_ITEMS)
        with redriving(options) as process:
            time.sleep(random.uniform(0.02, 0.8 * _SECONDS))
            server.kill()
            said = process.wait()
        lines += said["failed"] and "\n" not in said["msg"] and "redis" in said["msg"]
        server.start()
        one, other = _bad(server, _ITEMS)
        lost, twice = lost + one, twice + other
        with redriving(options) as process:
            process.wait()
        lost += LETTERS - server.client.llen(QUEUE)
    goal = _NONE_BAD if appendfsync == "always" else told("letters lost or twice: the server's own window")
    return Row(
        AREA,
        f"Redis killed {kills} times, appendfsync {appendfsync}, {kills} x {LETTERS} letters",
        goal.text,
        lost + twice,
        goal.holds(lost + twice) and lines == kills,
        {"kills": kills, "letters": kills * LETTERS, "lost": lost, "twice": twice, "said_in_a_line": lines},
    )


def _two_at_once(server: KillableRedis, letters: int) -> Row:
    items = [json.dumps({"id": number}).encode() for number in range(letters)]
    server.fill(items)
    options = _options(server)
    with working(server.socket, 8):
        both = [Redriver({**options, **more}) for more in ({}, {"filter": {"error": ".*"}, "queue": _by_id(options)})]
        for process in both:
            process.begin()
        results = [process.wait() for process in both]
        wait_for("all to be done", lambda: server.client.llen(DONE) >= letters, seconds=120)
    done = Counter(server.items(DONE))
    lost, twice = sum(item not in done for item in items), sum(number - 1 for number in done.values())
    return Row(
        AREA,
        f"two redrives at once and 8 workers, {letters} letters",
        _NONE_BAD.text,
        lost + twice,
        _NONE_BAD.holds(lost + twice) and sum(result["moved"] for result in results) == letters,
        {"lost": lost, "twice": twice, "moved": [result["moved"] for result in results]},
    )


def _by_id(options: dict[str, Any]) -> dict[str, Any]:
    """Return the queue with a path that each letter has, so that a filter on it means all of them."""
    return {**options["queue"], "item": {"error": "id"}}


def _not_fixed(server: KillableRedis) -> Row:
    """The workers still fail: the run must stop at its canary."""
    server.fill(_ITEMS)
    with working(server.socket, 4, fail=True):
        with redriving(_options(server, canary=10, canary_wait=10)) as process:
            result = process.wait()
        wait_for("the last to die again", lambda: server.client.llen(DEAD) == LETTERS, seconds=30)
    lost, twice = _bad(server, _ITEMS)
    return Row(
        AREA,
        f"the cause is not fixed, {LETTERS} letters",
        _STOPPED.text,
        result["moved"],
        _STOPPED.holds(result["moved"]) and result["stop_reason"] == "canary" and lost + twice == 0,
        {"said": result["msg"], "lost": lost, "twice": twice},
    )
