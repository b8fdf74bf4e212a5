# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``log_review_info`` does: read each log's window once, and tell what is in it. It only reads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import duration, show_duration
from .._core.errors import InputError, OpsError
from .._core.moments import written_utc
from .._core.option_types import regular_expression
from .._core.result import Result
from .base import Budget
from .review import Review
from .slow import DEFAULT_FIELDS
from .sources import SOURCES, entries
from .sources import SPEC as SOURCE

OK, INCOMPLETE, UNKNOWN = "ok", "incomplete", "unknown"

PATTERN: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "pattern": {"type": "str", "required": True},
    "exclude": {"type": "str"},
}
SPEC = ArgSpec(
    options={
        "sources": {"type": "list", "elements": "dict", "required": True},
        "since": {"type": "str", "default": "24h"},
        "patterns": {"type": "list", "elements": "dict", "options": PATTERN, "default": []},
        "top": {"type": "int", "default": 10},
        "slow_after": {"type": "str", "default": "1s"},
        "duration_fields": {"type": "list", "elements": "str", "default": list(DEFAULT_FIELDS)},
        "timeout": {"type": "float", "default": 60.0},
        "report_only": {"type": "bool", "default": False},
    }
)
# Ansible knows types of its own only, in a module's specification; these are what the texts really are.
_LENGTHS = ArgSpec(options={"since": {"type": duration}, "slow_after": {"type": duration}})
_EXPRESSIONS = ArgSpec(options={"pattern": {"type": regular_expression}, "exclude": {"type": regular_expression}})
_OF_SOURCE = SOURCE + ArgSpec(options={"name": {"type": "str"}})
_MOST_TOP = 100
# What is not known is null, never 0.
_UNSEEN: Mapping[str, Any] = dict.fromkeys(Review([], 0, 0.0, []).told())


@dataclass(frozen=True)
class _Looked:
    """What came of one source: ``seen`` is what :meth:`.review.Review.told` returns, ``message`` why not all."""

    name: str
    status: str
    message: str
    seen: Mapping[str, Any]
    since: str
    bytes_read: int
    missing: Sequence[str] = ()

    def told(self) -> dict[str, Any]:
        about = {"name": self.name, "status": self.status, "message": self.message}
        return {**about, "since": self.since, "bytes": self.bytes_read, **self.seen}


def operate(params: Mapping[str, Any], _check_mode: bool = False) -> Result:
    """Review the logs that ``params`` (validated by ``SPEC``) name. A log that cannot be read hides no other.

    :raises InputError: an option is wrong; all are looked at before any log is.
    """
    params = _typed(params)
    _check(params)
    sources = [_source(number, given, params) for number, given in enumerate(params["sources"])]
    _refuse_twice([source["name"] for source in sources], "sources")
    looked = [_look(source, params) for source in sources]
    failures = [f"{one.name}: {one.message}" for one in looked if one.status == UNKNOWN]
    summary = _summary(looked)
    return Result(
        failed=bool(failures) and not params["report_only"],
        msg="; ".join([*failures, summary]),
        data={
            "status": _status(looked),
            "summary": summary,
            "sources": [one.told() for one in looked],
            "total": _total(looked),
            "failures": failures,
            "missing_libraries": sorted({name for one in looked for name in one.missing}),
        },
        warnings=[f"{one.name}: {one.message}" for one in looked if one.status == INCOMPLETE],
    )


def _typed(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with lengths of time as seconds, and with patterns that are known to be such."""
    lengths = _LENGTHS.validate({name: params[name] for name in _LENGTHS.options}, "log_review_info")
    for number, given in enumerate(params["patterns"]):
        wanted = {name: given[name] for name in _EXPRESSIONS.options if given.get(name) is not None}
        _EXPRESSIONS.validate(wanted, f"patterns[{number}] ({given['name']})")
    return {**params, **lengths}


def _check(params: Mapping[str, Any]) -> None:
    if not params["sources"]:
        raise InputError("sources is empty", advice="a review without a log would find nothing wrong")
    if not 1 <= params["top"] <= _MOST_TOP:
        raise InputError("top is out of range", on=str(params["top"]), advice=f"expected 1 to {_MOST_TOP}")
    if params["timeout"] <= 0:
        raise InputError("timeout must be above 0 seconds", on=str(params["timeout"]))
    _refuse_twice([pattern["name"] for pattern in params["patterns"]], "patterns")


def _refuse_twice(names: Sequence[str], of: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{of}: the name {twice[0]} is used more than once", advice="give each its own name")


def _source(number: int, given: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the validated options of a source; its name is what it names when it has none of its own."""
    where = f"sources[{number}]" + (f" ({given['name']})" if given.get("name") else "")
    wanted = {name: value for name, value in given.items() if value is not None}
    options = _OF_SOURCE.validate({"since": params["since"], "timeout": params["timeout"], **wanted}, where)
    if not options["since"] > 0:
        raise InputError(f"{where}: since is {show_duration(options['since'])}", advice="expected more than 0")
    return {**options, "name": options["name"] or next(options[way] for way in SOURCES if options.get(way))}


def _look(source: Mapping[str, Any], params: Mapping[str, Any]) -> _Looked:
    since = time.time() - source["since"]
    budget = Budget(source["max_bytes"], source["timeout"])
    review = Review(params["patterns"], params["top"], params["slow_after"], params["duration_fields"])
    try:
        for entry in entries(source, since, budget):
            review.add(entry)
    except OpsError as error:
        missing = error.details.get("missing_libraries", [])
        return _Looked(source["name"], UNKNOWN, str(error), _UNSEEN, written_utc(since), budget.bytes_read, missing)
    status, message = (INCOMPLETE, f"not all of the window was read: {budget.spent}") if budget.spent else (OK, "")
    return _Looked(source["name"], status, message, review.told(), written_utc(since), budget.bytes_read)


def _status(looked: Iterable[_Looked]) -> str:
    statuses = {one.status for one in looked}
    return next((status for status in (UNKNOWN, INCOMPLETE) if status in statuses), OK)


def _total(looked: Sequence[_Looked]) -> dict[str, Any]:
    """Add up what could be read: lines, levels, patterns by name, statuses and denied requests, slow ones."""
    read = [one.seen for one in looked if one.status != UNKNOWN]
    return {
        "lines": sum(seen["lines"] for seen in read),
        "levels": _sum(seen["levels"] for seen in read),
        "patterns": _sum({one["name"]: one["count"] for one in seen["patterns"]} for seen in read),
        "statuses": _sum(seen["http"]["statuses"] for seen in read),
        "denied": sum(seen["http"]["denied_total"] for seen in read),
        "slow": sum(seen["slow"]["count"] for seen in read),
    }


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _summary(looked: Sequence[_Looked]) -> str:
    total = _total(looked)
    errors = sum(total["levels"].get(level, 0) for level in ("error", "critical"))
    unread = sum(one.status == UNKNOWN for one in looked)
    parts = [
        f"{total['lines']} lines of {len(looked)} logs",
        f"{errors} errors",
        f"{total['denied']} denied requests",
        f"{total['slow']} slow",
        *([f"{unread} logs could not be read"] if unread else []),
    ]
    return ", ".join(parts)
