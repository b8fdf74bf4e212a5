# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is computed of the samples of a metrics page, read once or twice: the table of the types of the kind metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from .._core.errors import NoEvidence, NotThere, WrongType
from .._core.exposition import MOST_SERIES, Labels, Page, Wanted
from .._core.histogram import Quantile, estimate
from .._core.matchers import Matcher, all_match, parse_matcher
from .base import PASS, Options
from .series import EACH, Series, describe

# Tells a restart within the window that a counter does not: it may be beyond where it was again.
STARTED = "process_start_time_seconds"
_BUCKET = "_bucket"
_LE = "le"

Samples = Mapping[Labels, float]


@dataclass(frozen=True)
class Reading:
    """A page, and when it was read, in seconds of a clock that never jumps."""

    page: Page
    at: float


@dataclass(frozen=True)
class Selection:
    """Which series: a metric's name and matchers of its labels."""

    metric: str
    matchers: Sequence[Matcher]

    @classmethod
    def from_options(cls, metric: str, labels: Sequence[str]) -> Selection:
        """Take the options ``metric`` and ``labels``."""
        return cls(metric, [parse_matcher(text) for text in labels])

    def has(self, labels: Labels) -> bool:
        """Tell whether a series of the metric is selected."""
        return all_match(self.matchers, dict(labels))

    def of(self, page: Page) -> Samples:
        """Return the samples selected.

        :raises NoEvidence: too many.
        """
        if self.metric in page.overflowing:
            raise NoEvidence(f"more than {MOST_SERIES} series are selected", on=str(self), advice="narrow labels")
        return {labels: value for labels, value in page.samples.get(self.metric, {}).items() if self.has(labels)}

    def __str__(self) -> str:
        return self.metric + (f"{{{', '.join(map(str, self.matchers))}}}" if self.matchers else "")


@dataclass(frozen=True)
class Computed:
    """Series, and for quantiles those of which the real value is above the highest bucket's bound."""

    series: list[Series]
    beyond: list[Series]


def selected(options: Options) -> Selection:
    """Return what ``metric`` and ``labels`` select; of a histogram, its buckets."""
    return Selection.from_options(_NAMES.get(options["type"], str)(options["metric"]), options["labels"])


def divided_by(options: Options) -> Selection:
    """Return what ``of`` selects; without a metric of its own, that of ``metric``."""
    of = options["of"] or {}
    return Selection.from_options(of.get("metric") or options["metric"], of.get("labels") or [])


def series_wanted(options: Options) -> Wanted:
    """Return which series must be read."""
    upper, lower = selected(options), divided_by(options)
    if lower.metric == upper.metric:
        return {upper.metric: lambda labels: upper.has(labels) or lower.has(labels), STARTED: _any}
    return {upper.metric: upper.has, lower.metric: lower.has, STARTED: _any}


def _any(_labels: Labels) -> bool:
    return True


def _bucket_name(metric: str) -> str:
    return metric if metric.endswith(_BUCKET) else metric + _BUCKET


_NAMES: dict[str, Callable[[str], str]] = {"quantile": _bucket_name}


def compute(readings: Sequence[Reading], options: Options) -> Computed:
    """Return what the type asked for comes to, of one reading or of two.

    :raises NoEvidence: the counters were reset between the two. :raises WrongType: the metric is of another type.
    """
    return TYPES[options["type"]](readings, options)


def _value(readings: Sequence[Reading], options: Options) -> Computed:
    return Computed(_series(selected(options), selected(options).of(readings[-1].page)), [])


def _increase(readings: Sequence[Reading], options: Options) -> Computed:
    return Computed(_series(selected(options), _counted(readings, selected(options))), [])


def _rate(readings: Sequence[Reading], options: Options) -> Computed:
    seconds = readings[-1].at - readings[0].at
    rates = {labels: grown / seconds for labels, grown in _counted(readings, selected(options)).items()}
    return Computed(_series(selected(options), rates), [])


def _ratio(readings: Sequence[Reading], options: Options) -> Computed:
    """Divide sums; a divisor of 0 gives no number, as nobody knows what share of nothing something is.

    :raises NotThere: nothing to divide by, whatever ``empty`` says of what is divided.
    """
    upper, lower = (_so_far(readings, selection) for selection in (selected(options), divided_by(options)))
    if not lower:
        raise NotThere("there is no series to divide by", on=str(divided_by(options)), advice="see of")
    if not upper and options["empty"] != PASS:
        return Computed([], [])
    whole = math.fsum(lower.values())
    return Computed([Series({}, math.fsum(upper.values()) / whole if whole else math.nan)], [])


def _quantile(readings: Sequence[Reading], options: Options) -> Computed:
    buckets = _so_far(readings, selected(options))
    estimated: list[tuple[Series, Quantile]] = []
    for labels, counts in _histograms(buckets, merged=options["aggregate"] == "sum").items():
        quantile = estimate(options["quantile"], counts)
        named = {"__name__": options["metric"], **dict(labels)}
        estimated.append((Series(named, quantile.value), quantile))
    return Computed([one for one, _it in estimated], [one for one, it in estimated if it.beyond])


def _histograms(buckets: Samples, merged: bool) -> dict[Labels, dict[float, float]]:
    """Return labels less the bound -> bound -> count; all histograms added up when ``merged``.

    :raises WrongType: a bucket without a bound.
    """
    found: dict[Labels, dict[float, float]] = {}
    for labels, count in buckets.items():
        bound = _bound(labels)
        rest = () if merged else tuple(pair for pair in labels if pair[0] != _LE)
        counts = found.setdefault(rest, {})
        counts[bound] = counts.get(bound, 0.0) + count
    return found


def _bound(labels: Labels) -> float:
    try:
        return float(dict(labels)[_LE])
    except (KeyError, ValueError) as error:
        raise WrongType("a bucket has no upper bound", on=describe(dict(labels))) from error


def _series(selection: Selection, samples: Samples) -> list[Series]:
    return [Series({"__name__": selection.metric, **dict(labels)}, value) for labels, value in samples.items()]


def _so_far(readings: Sequence[Reading], selection: Selection) -> Samples:
    """Return what was counted between two readings, or as it stands in the only one."""
    return _counted(readings, selection) if len(readings) > 1 else selection.of(readings[-1].page)


def _counted(readings: Sequence[Reading], selection: Selection) -> Samples:
    """Return by how much each series grew. One that is new began at 0: it was made by its first event.

    :raises NoEvidence: a counter went back or vanished, or the process is another: nobody knows what was lost.
    :raises WrongType: the page says that the metric may go down.
    """
    first, second = readings[0].page, readings[-1].page
    if second.types.get(selection.metric) == "gauge":
        raise WrongType("a gauge has no rate", on=selection.metric, advice="the page says that it is no counter")
    before, after = selection.of(first), selection.of(second)
    which, reason = next(_resets(first, second, before, after), ((), ""))
    if reason:
        on = describe({"__name__": selection.metric, **dict(which)})
        raise NoEvidence(reason, on=on, advice="the process was restarted between the two reads")
    return {labels: value - before.get(labels, 0.0) for labels, value in after.items()}


def _resets(first: Page, second: Page, before: Samples, after: Samples) -> Iterator[tuple[Labels, str]]:
    """Yield what shows that counting began anew, and of which series."""
    for labels, value in before.items():
        if labels not in after:
            yield labels, "a counter vanished"
        elif after[labels] < value:
            yield labels, f"a counter went back from {value:g} to {after[labels]:g}"
    if first.samples.get(STARTED) != second.samples.get(STARTED):
        yield (), f"{STARTED} has changed"


TYPES: dict[str, Callable[[Sequence[Reading], Options], Computed]] = {
    "value": _value,
    "rate": _rate,
    "increase": _increase,
    "quantile": _quantile,
    "ratio": _ratio,
}
# Types that need two readings.
OVER_TIME = ("rate", "increase")


def aggregate_of(options: Options) -> str:
    """Return how series are put together after that: the histograms of a sum were, and a ratio is one number."""
    together = options["type"] == "quantile" and options["aggregate"] == "sum"
    return EACH if together or options["type"] == "ratio" else str(options["aggregate"])


def require_samples(page: Page, options: Options) -> None:
    """Refuse a histogram by its plain name, which no sample has.

    :raises WrongType: saying what there is instead.
    """
    metric = selected(options).metric
    if "histogram" in page.types.get(metric, ""):
        names = f"{metric}_count, {metric}_sum"
        raise WrongType("the metric is a histogram", on=metric, advice=f"ask for type quantile, or for {names}")
