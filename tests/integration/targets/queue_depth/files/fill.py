# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill database 8 of the lab's Redis: `fill.py LAB_STATE KEY TYPE COUNT`; TYPE `none` removes the key."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import redis


def main(state: str, key: str, kind: str, count: str) -> None:
    """Put count items of that type at the key, and nothing else."""
    facts = json.loads(Path(state).read_text(encoding="utf-8"))["redis"]
    login = {"username": facts["admin_user"], "password": facts["admin_password"]}
    server = redis.Redis(host=facts["host"], port=facts["port"], db=8, **login)
    server.delete(key)
    for number in range(int(count)):
        if kind == "list":
            server.rpush(key, number)
        elif kind == "zset":
            server.zadd(key, {str(number): number})


if __name__ == "__main__":
    main(*sys.argv[1:])
