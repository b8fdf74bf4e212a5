# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind log: how many lines of a file, of the journal or of a container match, within the last so long."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Callable

from .._core.argspec import ArgSpec
from .._core.durations import duration, show_duration
from .._core.errors import InputError, one_line
from .._core.masking import masked
from .._core.moments import written_utc
from .._core.option_types import regular_expression
from .._logs.base import Budget, Entry
from .._logs.levels import LEVELS, at_least
from .._logs.sources import SPEC as SOURCE
from .._logs.sources import entries
from .base import Condition, Context, Options, Values
from .limits import COUNT

SPEC = SOURCE + ArgSpec(
    options={
        "since": {"type": duration, "default": "1h"},
        "pattern": {"type": regular_expression},
        "exclude": {"type": regular_expression},
        "level": {"type": "str", "choices": list(LEVELS)},
        "max_matches": {"type": COUNT},
        "min_matches": {"type": COUNT},
    }
)
# docker is loaded when a container is looked at, not for files: it is dear to import.
LIBRARIES: Sequence[str] = ()

_SHARE = 0.9  # of the timeout: what was read until then is told
_SAMPLE = 300  # characters


class _Tally:
    """Counts matches and keeps the first and the last, whatever order they come in."""

    def __init__(self) -> None:
        self.lines = self.matches = 0
        self.first: Entry | None = None
        self.last: Entry | None = None

    def match(self, entry: Entry) -> None:
        """Count one. Most come last first: of one moment the first that comes is the last."""
        self.matches += 1
        if self.first is None or entry.time <= self.first.time:
            self.first = entry
        if self.last is None or entry.time > self.last.time:
            self.last = entry


def probe(options: Options, _context: Context) -> Values:
    """Read the log back to the beginning of the window; see docs/checks/log.md for the values.

    :raises NotThere: no such log. :raises AccessDenied: it may not be read. :raises WrongType: its lines have no times.
    :raises MissingLibrary: docker, for a container. :raises Unreachable: the docker daemon does not answer.
    """
    since = time.time() - options["since"]
    budget = Budget(options["max_bytes"], options["timeout"] * _SHARE)
    counts = _counts(options)
    tally = _Tally()
    for entry in entries(options, since, budget):
        tally.lines += 1
        if counts(entry):
            tally.match(entry)
    return {
        "matches": tally.matches,
        "lines": tally.lines,
        "bytes": budget.bytes_read,
        "complete": not budget.spent,
        "note": budget.spent,
        "since": written_utc(since),
        **_sample("first", tally.first),
        **_sample("last", tally.last),
        "_matches": None if budget.spent and not _settled(tally.matches, options) else tally.matches,
    }


def _counts(options: Options) -> Callable[[Entry], bool]:
    """Return what tells whether an entry counts: of the level or worse, with the pattern, without what is excluded."""
    level, pattern, exclude = _level(options), options.get("pattern"), options.get("exclude")
    tests: list[Callable[[Entry], bool]] = []
    if pattern:
        search = re.compile(pattern).search
        tests.append(lambda entry: search(entry.text) is not None)
    if level:
        levels = at_least(level)
        tests.append(lambda entry: entry.level in levels)
    if exclude:
        unwanted = re.compile(exclude).search
        tests.append(lambda entry: unwanted(entry.text) is None)
    return lambda entry: all(test(entry) for test in tests)


def _level(options: Options) -> str | None:
    """Return the level that counts; without a pattern it is errors that are looked for."""
    level: str | None = options.get("level")
    return level or (None if options.get("pattern") else "error")


def _settled(matches: int, options: Options) -> bool:
    """Tell whether more matches would change nothing: there are too many, or as many as there must be and no limit."""
    most = _most(options)
    return matches > most if most is not None else matches >= (options.get("min_matches") or 0)


def _most(options: Options) -> int | None:
    most: int | None = options.get("max_matches")
    return 0 if most is None and options.get("min_matches") is None else most


def _sample(which: str, entry: Entry | None) -> Values:
    """Return a line as it may be shown: without secrets, on one line, and not too long."""
    if entry is None:
        return {which: None, f"{which}_at": None}
    return {which: one_line(masked(entry.text), _SAMPLE), f"{which}_at": written_utc(entry.time)}


def conditions(options: Options) -> list[Condition]:
    """Expect no match, or as many as were given. What could not all be read is unknown unless more changed nothing.

    :raises InputError: a window of no length.
    """
    if not options["since"] > 0:
        raise InputError(
            f"since of the check {options['name']} is {show_duration(options['since'])}", advice="expected more than 0"
        )
    limits = (("le", _most(options)), ("ge", options.get("min_matches")))
    unread = "the window was not read to its beginning, see note; give more timeout or max_bytes"
    return [Condition("_matches", op, limit, null_means=unread) for op, limit in limits if limit is not None]
