# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Source: what a container has written to its standard output and error, from the docker daemon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._core.argspec import ArgSpec
from .._core.docker_connection import SPEC as CONNECTION
from .._core.docker_connection import connect
from .._core.moments import moment
from .base import MAX_LINE, Budget, Entry, Options
from .lines import fields_of, text_of

SPEC = CONNECTION + ArgSpec(options={"container": {"type": "str"}})

_KEPT = 4 * MAX_LINE + 64  # bytes of a line, with the daemon's time before it


def read(options: Options, since: float, budget: Budget) -> Iterator[Entry]:
    """Yield the container's entries, the oldest first; see :class:`.base.Source`. Their times are the daemon's.

    :raises NotThere: no such container.
    """
    with connect(options) as client:
        pieces = client.logs(
            options["container"], stdout=True, stderr=True, stream=True, follow=False, timestamps=True, since=int(since)
        )
        for line in _lines(pieces, budget):
            entry = _entry(line)
            if entry is not None and entry.time >= since:
                yield entry


def _lines(pieces: Iterable[bytes], budget: Budget) -> Iterator[bytes]:
    """Put lines together from the pieces in which they come; with a terminal they are of any size."""
    rest = b""
    for piece in pieces:
        if not budget.afford(len(piece)):
            return
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        rest = rest[:_KEPT]
    if rest:
        yield rest


def _entry(line: bytes) -> Entry | None:
    stamp, _blank, rest = line.partition(b" ")
    written = moment(stamp)
    text = text_of(rest)
    return Entry(written, text, fields_of(text)) if written is not None and text else None
