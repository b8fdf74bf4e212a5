# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a plugin for Nagios and its kin says, by the Monitoring Plugins Development Guidelines.

The exit status is 0 (OK), 1 (warning), 2 (critical) or 3 (unknown). The first line is for people up to a ``|``.
Performance data follow it, and another ``|`` in the lines below: ``'label'=value[unit];[warn];[crit];[min];[max]``.
"""

from __future__ import annotations

import math
import re

from .._core.command import Completed
from .._core.errors import NotThere, OpsError, one_line
from .base import Options, Values

# Numbers that are taken from one answer, and how long their names may be.
_MOST = 50
_LABEL = 60

_PERFDATA = re.compile(
    r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^\s='|]+))="
    r"(?P<value>U|[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)(?=[^\d.,]|$)\S*"
)
_STATES: dict[int, tuple[str, type[OpsError]]] = {1: ("warning: ", OpsError), 2: ("", OpsError), 3: ("", NotThere)}


def result_of(done: Completed, options: Options) -> Values:
    """Return output (the first line) and perfdata (label -> number, null for one that the plugin could not measure).

    :raises OpsError: warning or critical, in the plugin's words. :raises NotThere: unknown, or a status of no meaning.
    """
    first, _newline, rest = done.stdout.partition("\n")
    said, _bar, data = first.partition("|")
    line = one_line(said, 300)
    if done.status == 0:
        return {"output": line, "perfdata": _perfdata(f"{data} {rest.partition('|')[2]}")}
    program = options["argv"][0]
    if done.status not in _STATES:
        ended = f"the plugin ended with status {done.status}, expected 0 to 3"
        raise NotThere(ended, on=program, advice=one_line(done.stderr, 200) or line)
    prefix, kind = _STATES[done.status]
    if line:
        raise kind(prefix + line)
    raise kind(f"the plugin ended with status {done.status} and said nothing", on=program)


def _perfdata(text: str) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for match in _PERFDATA.finditer(text):
        if len(found) == _MOST:
            break
        label = (match["quoted"] or match["plain"]).replace("''", "'")
        found[one_line(label, _LABEL)] = None if match["value"] == "U" else _number(match["value"])
    return found


def _number(text: str) -> float | None:
    number = float(text.replace(",", "."))
    return number if math.isfinite(number) else None
