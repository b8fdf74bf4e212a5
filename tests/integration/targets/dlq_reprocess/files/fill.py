# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill dead letters in database 8 of the lab's Redis: `fill.py LAB_STATE COUNT`; 0 removes all that the target made."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import redis


def main(state: str, count: str) -> None:
    """Have count dead letters, every third of which died of something else, and nothing else."""
    facts = json.loads(Path(state).read_text(encoding="utf-8"))["redis"]
    login = {"username": facts["admin_user"], "password": facts["admin_password"]}
    server = redis.Redis(host=facts["host"], port=facts["port"], db=8, **login)
    server.delete("jobs", "jobs:dead", "jobs:dead:parked", "jobs:dead:day2:redrives")
    for number in range(int(count)):
        error = "no such customer" if number % 3 == 0 else "timed out"
        server.rpush("jobs:dead", json.dumps({"id": f"j-{number}", "error": error, "failed_at": 1700000000 + number}))


if __name__ == "__main__":
    main(*sys.argv[1:])
