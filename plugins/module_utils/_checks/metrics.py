# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind metrics: what a service says of itself on its metrics page, now or over a short while, is within limits.

Needs requests. The page is read as it comes and only what is wanted of it is kept. The lines are taken apart by our own
reader: prometheus_client has one for each of the two formats, gives up a page at its first broken line without saying
which it was, and would be one more library to install on each host.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import duration
from .._core.errors import NoEvidence, NotThere, OpsError
from .._core.exposition import Page, Wanted, read_page
from .._core.http import HttpClient, Request, Stream, TooLarge, without_user
from .._core.http_options import authorization, client_key, given_headers, make_client
from .._core.matchers import matcher
from .asking import asking_spec, refuse_denied
from .base import COMMON, UNKNOWN, Condition, Context, Options, Values
from .metrics_types import (
    OVER_TIME,
    TYPES,
    Computed,
    Reading,
    aggregate_of,
    compute,
    require_samples,
    selected,
    series_wanted,
)
from .series import EACH, name_of_many, series_conditions, series_values
from .series import SPEC as SERIES

_MAX_BYTES = 10 << 20
_LABELS = {"type": "list", "elements": matcher, "default": []}
# The plain format is asked for: what only OpenMetrics has is not used here.
_ACCEPT = {"Accept": "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5, */*;q=0.1"}
_IGNORE = "ignore"


def share(value: object) -> float:
    """Return ``value`` as a number from 0 to 1.

    :raises ValueError: it is none.
    """
    number = float(str(value))
    if not 0 <= number <= 1:
        raise ValueError("expected a number from 0 to 1, such as 0.95")
    return number


def _shorter_than(seconds: float) -> Callable[[object], float]:
    def shorter(value: object) -> float:
        length = duration(value)
        if not 0 < length < seconds:
            raise ValueError(f"expected more than 0 and less than the check's timeout, {seconds:g} s")
        return length

    shorter.__name__ = duration.__name__  # for messages
    return shorter


class _Spec(ArgSpec):
    """The options; how long the window may be depends on the timeout, what can be put together on the type."""

    def for_options(self, given: Mapping[str, Any]) -> ArgSpec:
        """See ArgSpec.for_options."""
        try:
            timeout = float(given.get("timeout", COMMON.options["timeout"]["default"]))
        except (TypeError, ValueError):
            return self  # its own message says so
        options = {**self.options, "window": {"type": _shorter_than(timeout)}}
        if given.get("type") == "ratio":
            options["aggregate"] = {**options["aggregate"], "choices": [EACH, "sum"]}
        return replace(self, options=options)


SPEC: ArgSpec = _Spec(
    **vars(
        ArgSpec(
            options={
                "url": {"type": "str", "required": True},
                "metric": {"type": "str", "required": True},
                "labels": _LABELS,
                "type": {"type": "str", "default": "value", "choices": list(TYPES)},
                "window": {"type": duration},
                "quantile": {"type": share},
                "of": {"type": "dict", "options": {"metric": {"type": "str"}, "labels": _LABELS}},
                "broken_lines": {"type": "str", "default": UNKNOWN, "choices": [UNKNOWN, _IGNORE]},
            },
            required_if=[
                *(("type", name, ["window"]) for name in OVER_TIME),
                ("type", "quantile", ["quantile"]),
                ("type", "ratio", ["of"]),
            ],
        )
        + SERIES
        + asking_spec(_MAX_BYTES)
    )
)
LIBRARIES: Sequence[str] = ("requests",)


def probe(options: Options, context: Context) -> Values:
    """Read the page once, or twice ``window`` seconds apart; compute what ``type`` asks for.

    :raises Unreachable: no answer. :raises OpsError: a status that says that the service is at fault.
    :raises AccessDenied: the login. :raises NotThere: no page there, or nothing to divide by.
    :raises WrongType: a metric of another type. :raises NoEvidence: no metrics page, too large, or counters were reset.
    """
    deadline = time.monotonic() + options["timeout"]
    client = context.shared(client_key(options), lambda: make_client(options))
    wanted = series_wanted(options)
    readings = [_read(client, options, deadline, wanted)]
    if options["window"] is not None:
        time.sleep(max(readings[0].at + options["window"] - time.monotonic(), 0.0))
        readings.append(_read(client, options, deadline, wanted))
    require_samples(readings[-1].page, options)
    computed = compute(readings, options)
    return {
        **series_values(computed.series, {**options, "aggregate": aggregate_of(options)}),
        **_of_pages([reading.page for reading in readings]),
        **_beyond(computed),
        "window": round(readings[-1].at - readings[0].at, 3),
        "_nothing": f"nothing on the page is {selected(options)}",
    }


def _read(client: HttpClient, options: Options, deadline: float, wanted: Wanted) -> Reading:
    request = Request(
        url=options["url"],
        headers={**_ACCEPT, **given_headers(options), **authorization(options)},
        timeout=max(deadline - time.monotonic(), 0.0),
        max_bytes=options["max_bytes"],
    )
    try:
        with client.open(request) as answer:
            at = time.monotonic()
            _require_page(answer)
            page = read_page(answer.pieces, wanted)
    except TooLarge as error:
        raise NoEvidence(error.failed, on=error.on, advice=error.advice) from error
    if not page.lines:
        begins = page.first_broken or "it has no sample"
        raise NoEvidence("the answer is no metrics page", on=without_user(options["url"]), advice=begins)
    if "openmetrics" in answer.headers.get("content-type", "") and not page.ended:
        page.mark_broken("the end", "# EOF is missing, so the page is not whole", wanted=True)
    return Reading(page, at)


def _require_page(answer: Stream) -> None:
    """Refuse an answer by its status.

    :raises AccessDenied: 401, 403. :raises NotThere: 404. :raises OpsError: any other but 200.
    """
    refuse_denied(answer.status, answer.url)
    if answer.status == 200:
        return
    refused = NotThere if answer.status == 404 else OpsError
    raise refused(f"the metrics page answers with status {answer.status}", on=without_user(answer.url))


def _of_pages(pages: Sequence[Page]) -> Values:
    """Return what was read and what could not be; the worse of two pages."""
    worst = max(pages, key=lambda page: page.broken)
    return {
        "lines": pages[-1].lines,
        "broken_lines": worst.broken,
        "_broken_lines_of_the_metric": max(page.broken_wanted for page in pages),
        "_first_broken": worst.first_broken,
    }


def _beyond(computed: Computed) -> Values:
    return {"beyond_buckets": len(computed.beyond), "_which_beyond": name_of_many(computed.series, computed.beyond)}


def conditions(options: Options) -> list[Condition]:
    """Expect a page without broken lines, and of the series what ``series_conditions`` does.

    A quantile above the highest bucket's bound is unknown: it may be beyond any limit.
    """
    broken = "broken_lines" if options["broken_lines"] == UNKNOWN else "_broken_lines_of_the_metric"
    return [
        Condition(broken, "le", 0, otherwise=UNKNOWN, detail="_first_broken"),
        Condition("beyond_buckets", "le", 0, otherwise=UNKNOWN, detail="_which_beyond"),
        *series_conditions({**options, "aggregate": aggregate_of(options)}),
    ]
