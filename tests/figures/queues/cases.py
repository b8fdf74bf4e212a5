# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with a redrive, and what must be said and be left of it: a table, one row a fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .kills import Way
from .letters import DEAD, PARKED, QUEUE
from .own_redis import Client, Options
from .whereabouts import fill, number_of, small_letter

COUNT = 300
PASSWORD = "sesame-Vb8q"
USER = "operator"

_MEANT: Options = {"filter": {"error": "^TimeoutError"}}
_PAYLOADS: Options = {"payload_key": "payload:{id}", "item": {"id": "id", "error": "error"}}
_LARGE = 64 << 20
_BAD_BODIES = (b"\xff\xfe\x00", b"{", b"[" * 50_000, b"", b'{"id": "\xc3("}')


def _as_it_is(client: Client) -> None:
    fill(client, COUNT)


@dataclass(frozen=True)
class Case:
    """A fault.

    work: the fault. said: pattern of the module's message. fails: whether the module must fail.
    arrange: brings the fault about, with letters in it. options: of the module. queue: of its queue.
    left: what must be found in the end: key -> number of items; the letters that there were are counted in any case.
    user: rights of the user as whom it is done, for ACL SETUSER; as nobody in particular otherwise.
    """

    work: str
    said: str
    fails: bool = True
    arrange: Callable[[Client], None] = _as_it_is
    options: Options = field(default_factory=dict)
    queue: Options = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=lambda: {DEAD: COUNT, QUEUE: 0})
    user: tuple[str, ...] = ()
    short: bool = False


def _dead_is_text(client: Client) -> None:
    client.flushall()
    client.set(DEAD, "text")


def _queue_is_text(client: Client) -> None:
    fill(client, COUNT)
    client.set(QUEUE, "text")


def _parked_is_text(client: Client) -> None:
    fill(client, COUNT)
    client.set(PARKED, "text")


def _payloads_expire(client: Client) -> None:
    fill(client, COUNT)
    for number in range(COUNT):
        client.set(f"payload:order-{number:07d}", "x", px=1 if number % 2 else 60_000)
    time.sleep(0.01)


def _hashes_are_evicted(client: Client) -> None:
    """Let the server itself drop what it may: hashes with a time to live, all of them in the end."""
    fill(client, COUNT)
    for number in range(COUNT):
        client.hset(f"payload:order-{number:07d}", "body", "x" * 20_000)
        client.expire(f"payload:order-{number:07d}", 3600)
    client.config_set("maxmemory-policy", "volatile-random")
    client.config_set("maxmemory", client.info("memory")["used_memory"] - 1_000_000)
    while client.exists(*(f"payload:order-{number:07d}" for number in range(COUNT))) > COUNT // 2:
        client.config_set("maxmemory", client.info("memory")["used_memory"] - 500_000)
        client.set("more", "x" * 1000)  # a write makes room
    client.config_set("maxmemory", 0)
    for number in range(COUNT):  # so that the number is known: every second is there, the others are not
        key = f"payload:order-{number:07d}"
        if number % 2:
            client.delete(key)
        else:
            client.hset(key, "body", "x")


def _a_large_one(client: Client) -> None:
    fill(client, COUNT - 1)
    client.rpush(DEAD, small_letter(COUNT - 1)[:-1] + b',"pad":"' + b"x" * _LARGE + b'"}')
    client.lmove(DEAD, DEAD, "RIGHT", "LEFT")


def _not_json(client: Client) -> None:
    fill(client, COUNT)
    client.rpush(DEAD, *_BAD_BODIES)


def _no_memory(client: Client) -> None:
    fill(client, COUNT)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)


_DONE: Options = {DEAD: 0, QUEUE: COUNT}
_HALF = COUNT // 2
_ALL_KEYS = ("~*", "&*", "+@all")

CASES = (
    Case(
        "dead letters are a text",
        "^the key jobs:dead holds a string, a list was expected",
        arrange=_dead_is_text,
        left={},
        short=True,
    ),
    Case("the queue is a text", "holds a string, a list is needed", arrange=_queue_is_text, left={DEAD: COUNT}),
    Case(
        "the queue is a text, filtered",
        "holds a string, a list is needed",
        arrange=_queue_is_text,
        options=_MEANT,
        left={DEAD: COUNT},
        short=True,
    ),
    Case(
        "the place to park is a text",
        "holds a string, a list is needed",
        arrange=_parked_is_text,
        options={"park": True},
        queue=_PAYLOADS,
    ),
    Case(
        "payloads have expired, parked",
        f"moved {_HALF}, parked {_HALF} in jobs:dead:parked",
        fails=False,
        arrange=_payloads_expire,
        options={"park": True},
        queue=_PAYLOADS,
        left={DEAD: 0, QUEUE: _HALF, PARKED: _HALF},
        short=True,
    ),
    Case(
        "hashes were evicted",
        rf"moved {_HALF}, left {_HALF} \(its payload is gone\)",
        fails=False,
        arrange=_hashes_are_evicted,
        queue=_PAYLOADS,
        left={DEAD: _HALF, QUEUE: _HALF},
    ),
    Case("an item of 64 MB", f"moved {COUNT}", fails=False, arrange=_a_large_one, left=_DONE),
    Case(
        "an item of 64 MB, filtered",
        f"moved {COUNT - COUNT // 3}",
        fails=False,
        arrange=_a_large_one,
        options=_MEANT,
        left={DEAD: COUNT // 3, QUEUE: COUNT - COUNT // 3},
    ),
    Case(
        "items that are no UTF-8, and no JSON",
        rf"left {len(_BAD_BODIES)} \(not known whether it is meant \(not JSON\)\)",
        fails=False,
        arrange=_not_json,
        options={"filter": {"error": "Error"}},
        left={DEAD: len(_BAD_BODIES), QUEUE: COUNT},
        short=True,
    ),
    Case(
        "items that are no UTF-8, and no JSON, not looked at",
        f"moved {COUNT + len(_BAD_BODIES)}",
        fails=False,
        arrange=_not_json,
        left={DEAD: 0, QUEUE: COUNT + len(_BAD_BODIES)},
    ),
    # What is moved takes no more room than before, so there is no need to fail.
    Case("maxmemory is reached, noeviction", f"moved {COUNT}", fails=False, arrange=_no_memory, left=_DONE, short=True),
    Case(
        "maxmemory is reached, noeviction, filtered",
        f"moved {COUNT - COUNT // 3}",
        fails=False,
        arrange=_no_memory,
        options=_MEANT,
        left={DEAD: COUNT // 3, QUEUE: COUNT - COUNT // 3},
    ),
    *(
        Case(
            f"a user without {what}{', filtered' if options else ''}",
            "the ACL user lacks (this|a) permission",
            options=options,
            user=rights,
            short=what == "ltrim",
        )
        for what, rights in (
            ("rpush", (*_ALL_KEYS, "-lpush", "-rpush", "-lmove")),
            ("ltrim", (*_ALL_KEYS, "-ltrim", "-lmove")),
            ("eval", (*_ALL_KEYS, "-eval", "-evalsha")),
            ("the queue's key", (f"~{DEAD}*", "&*", "+@all")),
            ("llen", (*_ALL_KEYS, "-llen")),
        )
        for options in ({}, _MEANT)
    ),
    *(
        Case(f"a user without {what}", f"moved {COUNT}", fails=False, user=rights, left=_DONE)
        for what, rights in (
            ("client reply", (*_ALL_KEYS, "-client")),
            ("lmove", (*_ALL_KEYS, "-lmove")),
            ("time", (*_ALL_KEYS, "-time")),
        )
    ),
)

# How faults of the network are met.
THROUGH = Way("through a proxy")


def count_of(client: Client, key: str) -> int:
    """Return how many items a list has; 0 for what is none."""
    return int(client.llen(key)) if client.type(key) == b"list" else 0


def numbers_in(client: Client) -> list[int]:
    """Return the numbers of all letters, wherever they are."""
    found = []
    for key in (QUEUE, DEAD, PARKED):
        for body in client.lrange(key, 0, -1) if client.type(key) == b"list" else []:
            found += [number_of(body)] if body.startswith(b'{"id":"order-') else []
    return sorted(found)
