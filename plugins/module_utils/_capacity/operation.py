# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``capacity_info`` to what the load needs, what to change and how long it will do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .._core.argspec import ArgSpec
from .._core.result import Result
from . import sections
from .advice import UP, advise, check_commands
from .measures import Reading, readings
from .objectives import standing
from .spec import Capacity, validated
from .table import check_needs, fits, load_row
from .triggers import stands, verdict

SPEC = ArgSpec(
    options={
        "capacity": {"type": "dict", "required": True},
        "results": {"type": "dict", "required": True},
        "groups": {"type": "dict", "default": {}},
        "history": {"type": "dict", "default": {}},
    }
)


def usable(given: Mapping[str, Any]) -> Capacity:
    """Return the validated description of an inventory's capacity.

    :raises InputError: what is wrong, where, and what was expected.
    """
    capacity = validated(given)
    check_needs(capacity)
    check_commands(capacity)
    return capacity


def operate(params: Mapping[str, Any], _check_mode: bool = False) -> Result:
    """Hold what was measured against the description. Reads only, so check mode is the same.

    :raises InputError: the description is wrong.
    """
    capacity = usable(params["capacity"])
    known = readings(capacity, params["groups"], params["results"], params["history"])
    row, why_no_row = load_row(capacity, known)
    fit = fits(capacity, row, known)
    told = stands(capacity["triggers"], known) if capacity["triggers"] else []
    triggered = verdict(told) if told else "none"
    now = time.time()
    objectives = [standing(one, known[one["measure"]], now) for one in capacity["objectives"]]
    advice = advise(capacity, fit, triggered)
    judged = sections.Judged(capacity, known, row, why_no_row, fit, told, triggered, objectives, advice, now)
    status = sections.status_of(judged)
    return Result(
        msg=f"{status}: {sections.summary(judged)}",
        data={
            "status": status,
            "summary": sections.summary(judged),
            "row": row.name if row else None,
            "triggered": triggered,
            "measures": {name: _reading(reading) for name, reading in known.items()},
            "fits": {name: one.status for name, one in fit.items()},
            "objectives": [
                {"measure": one.measure, "status": one.status, "text": one.text, "days_left": one.days_left}
                for one in objectives
            ],
            "advice": [{**asdict(one), "wanted": one.wanted.text} for one in advice],
            "scale_up": any(one.direction == UP for one in advice),
            "sections": sections.sections(judged),
        },
    )


def _reading(reading: Reading) -> dict[str, Any]:
    return {"value": reading.value, "unit": reading.unit, "reason": reading.reason}
