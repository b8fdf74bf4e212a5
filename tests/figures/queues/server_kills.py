# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis is killed with SIGKILL in the middle of redrives, and comes back with what its append-only file has."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

from ..rows import Goal, Row
from ..run import Run
from .kills import AREA, WAYS, Way, at_random, check_re_run, kill_at, kill_module, row
from .own_redis import OwnRedis, running
from .whereabouts import Account, fill

# What a server that writes every second may lose by its own word: https://redis.io/docs/latest/operate/oss_and_stack/
_TOLD = Goal("told: items lost; 0 twice, and a re-run completes the job", lambda _value: True)


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield a row for each way to write the file."""
    for sync in ("always", "everysec"):
        place = folder / sync
        place.mkdir()
        with running(place, "--save", "", "--appendonly", "yes", "--appendfsync", sync) as server:
            yield _killed(run, server, sync)


def _killed(run: Run, server: OwnRedis, sync: str) -> Row:
    count, kills_wanted = (3_000, 3) if run.short else (10_000, 36)
    account, kills, cycles = Account(), 0, 0
    random = Random(7)
    while kills < kills_wanted and cycles < 2 * kills_wanted:
        way = WAYS[cycles % len(WAYS)]
        cycles += 1
        kills += _one(server, way, count, random, account)
        run.say(f"  appendfsync {sync}: kills {kills}, lost {account.lost}, twice {account.twice}")
    work = f"redis killed {kills} times in redrives of {cycles * count:,} items, appendfsync {sync}"
    found = row(work, account, kills=kills, items=cycles * count)
    if sync == "always":
        return found
    held = account.twice == 0 and not account.problems
    return Row(AREA, work, _TOLD.text, account.lost, held, found.made_of)


def _one(server: OwnRedis, way: Way, count: int, random: Random, account: Account) -> int:
    """Kill the server once and bring it back; returns 1, or 0 when the module was too fast."""
    client = server.client()
    fill(client, count)
    (server.folder / "journal.jsonl").unlink(missing_ok=True)
    said: list[bytes] = []

    def kill(process: subprocess.Popen[bytes]) -> None:
        server.kill()
        try:
            said.append(process.communicate(timeout=30)[0])
        except subprocess.TimeoutExpired:
            account.expect("the module went on without its server", False)
            kill_module(process)

    killed = kill_at(server.folder, way.options(server, server.folder), at_random(client, way, count, random), kill)
    if not killed:
        return 0
    text = said[0].decode() if said else ""
    account.expect(f"the module said: {text[:300]}", '"failed": true' in text or '"moved"' in text)
    account.expect(f"a traceback: {text[:300]}", "Traceback" not in text)
    server.start()
    lost_before = account.lost
    account.look(server.client(), count)
    if account.lost == lost_before:
        check_re_run(server.folder, server, way, count, account)
    return 1
