# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The options of es_snapshot, and what they ask for, checked before the cluster is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from .._core.periods import SPEC as PERIODS
from .._core.periods import Rules
from . import counts
from .connection import SPEC as CONNECTION
from .drill_scratch import without_scratch
from .names import check_indices, check_repository, check_snapshot, family, resolved

PRESENT, ABSENT = "present", "absent"
FAIL, WAIT = "fail", "wait"

_RETENTION = {**PERIODS.options, "last": {"type": "int", "aliases": ["keep_last"]}}
SPEC = CONNECTION + ArgSpec(
    options={
        "repository": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": [PRESENT, ABSENT], "default": PRESENT},
        "indices": {"type": "list", "elements": "str", "default": ["*"]},
        "ignore_unavailable": {"type": "bool", "default": False},
        "include_global_state": {"type": "bool", "default": False},
        "partial": {"type": "bool", "default": False},
        "metadata": {"type": "dict"},
        "counts": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "raw", "default": "1h"},
        "when_busy": {"type": "str", "choices": [FAIL, WAIT], "default": WAIT},
        "retention": {"type": "dict", "options": _RETENTION},
        "force": {"type": "bool", "default": False},
    }
)
_DIGITS = re.compile(r"\d+")
_BEFORE_DATES, _BEFORE_DIGITS = re.compile(r"{"), re.compile(r"\d")


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    :param name: with its dates. :param family: recognises the names that the pattern gives at other times.
    :param dated: whether the pattern has a date. :param glob: what the names of
        the family begin with, and an asterisk. :param wait_timeout: seconds in all. :param metadata: the user's own.
    """

    repository: str
    name: str
    family: re.Pattern[str]
    dated: bool
    glob: str = "*"
    indices: Sequence[str] = ("*",)
    ignore_unavailable: bool = False
    global_state: bool = False
    partial: bool = False
    counts: bool = True
    wait: bool = True
    queue: bool = True
    force: bool = False
    wait_timeout: float = 3600.0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    rules: Rules | None = None

    @property
    def place(self) -> str:
        """Repository and name, for messages."""
        return f"{self.repository}/{self.name}"


def wanted(params: Mapping[str, Any], now: float) -> Wanted:
    """Return what validated options ask for. :param now: seconds since the epoch. :raises InputError: it cannot be."""
    pattern = params["name"]
    name = check_snapshot(resolved(pattern, now))
    dated = "{" in pattern
    found = Wanted(
        repository=check_repository(params["repository"]),
        name=name,
        family=family(pattern) if dated else _alike(name),
        dated=dated,
        glob=f"{(_BEFORE_DATES if dated else _BEFORE_DIGITS).split(pattern)[0]}*",
        indices=without_scratch(check_indices(params["indices"]) or ["*"]),
        ignore_unavailable=params["ignore_unavailable"],
        global_state=params["include_global_state"],
        partial=params["partial"],
        counts=params["counts"],
        wait=params["wait"],
        queue=params["when_busy"] == WAIT,
        force=params["force"],
        wait_timeout=seconds_of("wait_timeout", params["wait_timeout"]),
        metadata=_metadata(params["metadata"] or {}, params["counts"]),
        rules=Rules.of(_named(params["retention"])),
    )
    if found.rules is not None and not dated:
        raise InputError(f"retention: the name {name!r} has no date", advice="expected such as daily-{now/d}")
    if found.rules is not None and not found.wait:
        raise InputError("retention: nothing is removed before the new snapshot is SUCCESS", advice="set wait")
    return found


def _alike(name: str) -> re.Pattern[str]:
    """Return what recognises names that differ from this one in their digits, as dates do."""
    parts = [re.escape(part) for part in _DIGITS.split(name)]
    shapes = [rf"\d{{{len(digits)}}}" for digits in _DIGITS.findall(name)]
    return re.compile("".join(part + shape for part, shape in zip(parts, [*shapes, ""])) + r"\Z")


def _named(retention: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the rules without the other names that options may have."""
    return None if retention is None else {name: retention.get(name) for name in PERIODS.options}


def _metadata(given: Mapping[str, Any], counted: bool) -> Mapping[str, Any]:
    """Return the user's own. :raises InputError: they are too large, with what is recorded of documents."""
    size = len(json.dumps(counts.record({}, given) if counted else given, separators=(",", ":")).encode())
    if size > counts.MAX_BYTES:
        raise InputError(f"metadata: {size} bytes are too many", advice=f"at most {counts.MAX_BYTES} are allowed")
    return given
