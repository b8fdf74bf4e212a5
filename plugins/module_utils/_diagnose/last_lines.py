# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The last lines of logs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import partial
from heapq import nlargest
from typing import Any

from .._core.errors import AccessDenied, NotThere, one_line
from .._core.masking import masked
from .._logs.base import Budget
from .._logs.sources import SOURCES, entries
from .._logs.sources import SPEC as SOURCE
from .found import Found

_SECONDS, _BACK = 5.0, 3600.0
_LONGEST_LINE = 400
_TAIL = 256 << 10  # bytes of a file that last lines are looked for in


def look_at_logs(found: Found, params: Mapping[str, Any]) -> None:
    """Read the last lines of the logs that are named."""
    for given in params["logs"]:
        name = str(given.get("name") or next(given[way] for way in SOURCES if given.get(way)))
        found.tried(f"last lines of {name}", partial(_log, found, name, given, params["lines"]), None)


def _log(found: Found, name: str, given: Mapping[str, Any], count: int) -> None:
    own = {key: value for key, value in given.items() if key != "name"}
    options = SOURCE.validate({"max_bytes": "5M", **own, "timeout": _SECONDS}, f"logs ({name})")
    budget = Budget(options["max_bytes"], _SECONDS)
    last = _end_of(options["path"], count) if options["path"] else _last(options, budget, count)
    found.data.setdefault("logs", []).append({"name": name, "lines": last})
    if budget.spent:
        found.not_known(f"last lines of {name}", budget.spent)


def _end_of(path: str, count: int) -> list[str]:
    """Return the last lines of a file, whatever their time is: many have none.

    :raises OpsError: or one of its kinds: it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))
            text = stream.read(_TAIL).decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise NotThere("no such file", on=path) from error
    except OSError as error:
        raise AccessDenied(f"the file cannot be read ({error.strerror})", on=path) from error
    return [masked(one_line(line, _LONGEST_LINE)) for line in text.splitlines()[-count:]]


def _last(options: Mapping[str, Any], budget: Budget, count: int) -> list[str]:
    found = entries(options, time.time() - (options["since"] or _BACK), budget)
    # Sources differ in their order; those whose times are of whole seconds are read backwards.
    newest = nlargest(count, ((entry.time, -number, entry.text) for number, entry in enumerate(found)))
    return [masked(one_line(text, _LONGEST_LINE)) for _at, _number, text in reversed(newest)]
