# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call of a module costs by itself: CPU to import it, memory to run it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from .. import rounds
from ..payloads import Payload, pack
from ..plays import Plays
from ..rows import Row, at_most
from ..run import Run

OURS = ("day2.ops.health_gate", "day2.ops.queue_depth")
STOCK = ("ansible.builtin.stat", "ansible.builtin.ping", "ansible.builtin.uri")
PEER = STOCK[0]
MANY = 200


def import_rows(run: Run, plays: Plays, options: dict[str, dict[str, Any]]) -> Iterator[Row]:
    """Yield the cost of importing each module of ours, as a ratio to a stock one; options: for each module of ours."""
    stock = {"ansible.builtin.stat": {"path": "/"}, "ansible.builtin.ping": {}, "ansible.builtin.uri": None}
    given = {**options, **{name: found for name, found in stock.items() if found is not None}}
    given["ansible.builtin.uri"] = {"url": options[OURS[0]]["checks"][0]["url"]}
    packed = {name: pack(plays, name, given[name]) for name in (*OURS, *STOCK)}
    measured = rounds.in_turn(
        6 if run.short else 24,
        {name: partial(payload.import_seconds, payload.as_archive()) for name, payload in packed.items()},
    )
    goal = at_most(2, f"x {PEER} (short slice)") if run.short else at_most(1.3, f"x {PEER}")
    for name in OURS:
        facts = rounds.ratio_facts(measured[name], measured[PEER], "CPU s")
        others = {other: round(measured[other].median, 4) for other in STOCK}
        ratio = measured[name].median / measured[PEER].median
        yield Row.of("checks", f"import of {name}'s payload", goal, ratio, **facts, stock=others)


def memory_row(run: Run, plays: Plays, checks: Sequence[dict[str, Any]]) -> Row:
    """Return the most memory that a call with 200 checks has; checks: some, which are taken again and again."""
    many = [{**checks[number % len(checks)], "name": f"check {number}", "timeout": 30} for number in range(MANY)]
    payload: Payload = pack(plays, OURS[0], {"checks": many})
    peaks = rounds.Tries(tuple(payload.peak_bytes() / 2**20 for _number in range(2 if run.short else 5)))
    goal = at_most(80, "MiB (short slice)") if run.short else at_most(60, "MiB")
    work = f"{MANY} checks of {len({check['kind'] for check in checks})} kinds in one call: peak memory"
    values = [round(value, 1) for value in peaks.values]
    return Row.of("checks", work, goal, max(peaks.values), ours_tries=values, tries=len(values))
