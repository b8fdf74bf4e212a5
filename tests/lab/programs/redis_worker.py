# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that can be killed: `python redis_worker.py list|stream NAME`, with the login as JSON on its standard input.

It takes what is in the list `orders` into a list of its own, or entries of the stream `events` for the group `workers`,
shows a sign of life, works for as long as the key `hold` exists, and notes what is done in the list `processed`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import redis


def work_on_list(server: Any, name: str) -> None:
    """Take and do one order."""
    item = server.blmove("orders", f"orders:processing:{name}", 0.1, "LEFT", "RIGHT")
    if item is not None:
        while server.exists("hold"):
            server.set(f"orders:worker:{name}", 1, px=5000)
            time.sleep(0.02)
        with server.pipeline() as done:
            done.rpush("processed", item).lrem(f"orders:processing:{name}", 1, item).execute()


def work_on_stream(server: Any, name: str) -> None:
    """Take and do two entries; as long as it lasts, look for what is pending, which is a sign of life."""
    for _stream, entries in server.xreadgroup("workers", name, {"events": ">"}, count=2, block=100):
        while server.exists("hold"):
            server.xreadgroup("workers", name, {"events": "0"}, count=1)
            time.sleep(0.02)
        for entry, fields in entries:
            with server.pipeline() as done:
                done.rpush("processed", fields[b"number"]).xack("events", "workers", entry).execute()


def main() -> None:
    """Work until killed."""
    kind, name = sys.argv[1:]
    login = json.load(sys.stdin)
    server = redis.Redis(login["host"], login["port"], 9, login["password"], username=login["user"])
    while True:
        server.set(f"orders:worker:{name}", 1, px=5000)
        {"list": work_on_list, "stream": work_on_stream}[kind](server, name)


if __name__ == "__main__":
    main()
