# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``dlq_info`` does: look at dead letters and count them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import letter_filter
from .dead_letter_options import QUEUE, SAMPLES, described_queue, meant_by, need
from .dead_letters import NEWEST, OLDEST, ORDERS, DeadLetters, Terms
from .letter_filter import Filter
from .letter_summary import Summary

SPEC = (
    QUEUE
    + SAMPLES
    + ArgSpec(
        options={
            "limit": {"type": "int", "default": 100_000},
            "filter": {"type": "dict", "options": letter_filter.SPEC.options},
            "order": {"type": "str", "default": OLDEST, "choices": [OLDEST, NEWEST]},
        }
    )
)

_BATCH = 1000
_SHOWN = 3


def operate(params: Mapping[str, Any], _check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is asked of any server.
    """
    for name in ("limit", "samples"):
        if params[name] < 0:
            raise InputError(f"{name} must not be less than 0", on=str(params[name]))
    queue = described_queue(params)
    if params["order"] == NEWEST:
        need(queue, ORDERS, "order: newest")
    meant = meant_by(params, queue)
    summary = Summary(params["samples"], params["show_payload"], params["mask"])
    with closing(queue.dead_letters(Terms(run="look", order=params["order"], dry=True))) as letters:
        letters.begin()
        dead = letters.count()
        looked, complete = _look(letters, meant, summary, params["limit"], clock)
        notes = list(letters.notes())
    counts = summary.as_dict()
    data = {"name": queue.name, "kind": queue.kind, "dead": dead, "looked": looked, "complete": complete}
    return Result(
        msg=_message(queue.name, dead, summary.letters, counts["by_error"], bool(meant)),
        data={**data, "meant": summary.letters, **counts},
        warnings=notes + ([] if complete else [f"only {looked} letters were looked at; raise limit to look at more"]),
    )


def _look(letters: DeadLetters, meant: Filter, summary: Summary, limit: int, clock: Clock) -> tuple[int, bool]:
    """Return how many letters were looked at, and whether these were all."""
    looked = 0
    while not limit or looked < limit:
        batch = letters.take(min(_BATCH, limit - looked) if limit else _BATCH)
        if not batch:
            return looked, True
        now = clock.time()
        looked += len(batch)
        for letter in batch:
            if not meant.refuses(letter, now):
                summary.see(letter, now)
    return looked, not letters.take(1)


def _message(name: str, dead: int | None, meant: int, by_error: Mapping[str, int], filtered: bool) -> str:
    count = "dead letters: not known how many" if dead is None else f"{dead} dead letters"
    of_these = f", {meant} of these are meant" if filtered else ""
    first = "; ".join(f"{number} x {error}" for error, number in list(by_error.items())[:_SHOWN])
    more = f" and {len(by_error) - _SHOWN} more errors" if len(by_error) > _SHOWN else ""
    return f"{name}: {count}{of_these}" + (f" ({first}{more})" if meant else "")
