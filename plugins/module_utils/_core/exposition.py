# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Reading a metrics page line by line, in the text formats of Prometheus and of OpenMetrics.

The formats are those of https://prometheus.io/docs/instrumenting/exposition_formats/ and of
https://prometheus.io/docs/specs/om/open_metrics_spec/. A line is looked at by itself, so that one that is broken costs
no more than itself and has a number to be named by. What follows a value (a timestamp, an exemplar) must have the right
shape and is otherwise not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Callable

from .errors import one_line
from .matchers import unescape

Labels = tuple[tuple[str, str], ...]
# Metric -> whether a series of it is wanted.
Wanted = Mapping[str, Callable[[Labels], bool]]

# More series of one metric than this are a mistake, and would cost memory.
MOST_SERIES = 20_000

# A page is foreign text and a match cannot be interrupted: no two parts that follow each other match the same.
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?|[nN]a[nN])"
_PAIR = rf"(?:[a-zA-Z_][\w:]*|{_STRING})\s*=\s*{_STRING}\s*"
_PAIRS = rf"\s*(?:{_PAIR}(?:,\s*{_PAIR})*(?:,\s*)?)?"
_PLAIN = rf"(?P<name>[a-zA-Z_:][\w:]*)(?:\s*\{{(?P<labels>{_PAIRS})\}})?"
_QUOTED = rf"\{{\s*(?P<quoted>{_STRING})\s*(?:,(?P<rest>{_PAIRS}))?\}}"
_EXEMPLAR = rf"\s+#\s*\{{{_PAIRS}\}}\s*{_NUMBER}(?:\s+{_NUMBER})?"
_LINE = re.compile(
    rf"(?:{_PLAIN}|{_QUOTED})\s*(?<=[\s}}])(?P<value>{_NUMBER})(?:\s+{_NUMBER})?(?:{_EXEMPLAR})?\Z", re.ASCII
)
_ONE_PAIR = re.compile(rf"(?:(?P<name>[a-zA-Z_][\w:]*)|(?P<quoted>{_STRING}))\s*=\s*(?P<value>{_STRING})", re.ASCII)
_TYPE = re.compile(r"#\s*TYPE\s+(\S+)\s+(\S+)\s*\Z")
_NAME = re.compile(r'\s*(?:\{\s*")?([a-zA-Z_:][\w:]*)', re.ASCII)


@dataclass
class Page:
    """What was wanted of a page.

    :param samples: metric -> labels (sorted) -> value, of the series wanted.
    :param overflowing: metrics of which more than :data:`MOST_SERIES` are wanted; the others are not kept.
    :param types: metric family -> what the page says that it is: counter, gauge, histogram and so on.
    :param lines: how many lines with a sample, of any metric, were read well.
    :param broken: how many lines were not, and ``broken_wanted`` how many of those begin like a wanted metric.
    :param first_broken: number and beginning of the first of them, on one line.
    :param ended: whether the page says by itself that it is whole, as OpenMetrics does.
    """

    samples: dict[str, dict[Labels, float]] = field(default_factory=dict)
    overflowing: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    broken: int = 0
    broken_wanted: int = 0
    first_broken: str = ""
    ended: bool = False

    def mark_broken(self, place: str, line: str, wanted: bool) -> None:
        """Count a broken line at a place such as ``line 7``."""
        self.broken += 1
        self.broken_wanted += wanted
        if not self.first_broken:
            self.first_broken = f"{place}: {one_line(line, 80)}"


def read_page(pieces: Iterable[bytes], wanted: Wanted) -> Page:
    """Return what a page says of the series ``wanted``.

    :param pieces: the page as it comes, cut anywhere. What they raise passes through.
    """
    page = Page()
    for number, raw in enumerate(_lines(pieces), 1):
        _read_line(page, number, raw, wanted)
    return page


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut at line feeds alone: other ends of lines may stand in a label."""
    pending: list[bytes] = []
    for piece in pieces:
        *whole, last = piece.split(b"\n")
        for line in whole:
            yield b"".join([*pending, line])
            pending = []
        if last:
            pending.append(last)
    if pending:
        yield b"".join(pending)


def _read_line(page: Page, number: int, raw: bytes, wanted: Wanted) -> None:
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError:
        line = raw.decode("utf-8", "replace")
        page.mark_broken(f"line {number}", line, _name_of(line) in wanted)
        return
    text = line.strip()
    if not text:
        return
    if text.startswith("#"):
        _read_comment(page, text)
        return
    match = _LINE.match(text)
    name = (match["name"] or unescape(match["quoted"][1:-1])) if match else _name_of(text)
    if match is None or not _keep(page, name, match, wanted):
        page.mark_broken(f"line {number}", text, name in wanted)
    else:
        page.lines += 1


def _keep(page: Page, name: str, match: re.Match[str], wanted: Wanted) -> bool:
    """Take the sample in when it is wanted; False when the page had the same series before."""
    if name not in wanted:
        return True
    labels = parse_labels(match["labels"] or match["rest"] or "")
    if not wanted[name](labels):
        return True
    series = page.samples.setdefault(name, {})
    if labels in series:
        return False
    if len(series) < MOST_SERIES:
        series[labels] = float(match["value"])
    else:
        page.overflowing.add(name)
    return True


def _read_comment(page: Page, text: str) -> None:
    page.ended = page.ended or text == "# EOF"
    kind = _TYPE.match(text)
    if kind:
        page.types[kind[1]] = kind[2]


def parse_labels(text: str) -> Labels:
    """Return the pairs of a text such as ``code="200",method="GET"``, sorted by name."""
    pairs = ((found["name"] or unescape(found["quoted"][1:-1]), found["value"]) for found in _ONE_PAIR.finditer(text))
    return tuple(sorted((name, unescape(value[1:-1])) for name, value in pairs))


def _name_of(text: str) -> str:
    match = _NAME.match(text)
    return match[1] if match else ""
