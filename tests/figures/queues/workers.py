# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers of the demo's manner: they move an item to a list of their own, do it, and note that in one step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from .killable_redis import DEAD, DONE, QUEUE, Client

_DO, _FAIL = "do", "fail"
_SETTLE = """
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('LREM', KEYS[1], 1, ARGV[1])
"""


@contextmanager
def working(socket: str, number: int, fail: bool = False) -> Iterator[None]:
    """Have so many processes at work; they end with the block."""
    verb = _FAIL if fail else _DO
    argv = [[sys.executable, "-m", __spec__.name, socket, f"{QUEUE}:processing:{one}", verb] for one in range(number)]
    children = [subprocess.Popen(one) for one in argv]
    try:
        yield
    finally:
        for child in children:
            child.terminate()
            child.wait()


def main() -> None:
    """Be such a worker, until somebody ends it."""
    socket, processing, verb = sys.argv[1:]
    client: Client = redis.Redis(unix_socket_path=socket)
    settle = client.register_script(_SETTLE)
    target = DEAD if verb == _FAIL else DONE
    while True:
        item = client.blmove(QUEUE, processing, 1, "LEFT", "RIGHT")
        if item is not None:
            settle(keys=[processing, target], args=[item])


if __name__ == "__main__":
    main()
