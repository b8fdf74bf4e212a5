# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind prometheus: what a PromQL query returns is there, fresh, a number and within limits. Needs requests.

The server is a witness only: that it is down, slow or confused says nothing of what the query is about, so the check is
unknown then. See https://prometheus.io/docs/prometheus/latest/querying/api/ for the interface.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, Callable, NamedTuple

from .._core.argspec import ArgSpec
from .._core.durations import duration
from .._core.errors import InputError, NoEvidence, NotThere, WrongType, one_line
from .._core.http import Response, without_user
from .asking import Server, asking_spec, begins, json_or_none, only_a_witness, refuse_denied, understood
from .base import PASS, UNKNOWN, Condition, Context, Options, Values
from .series import SPEC as SERIES
from .series import Series, series_conditions, series_values

LAST = "last"
_OVER: dict[str, Callable[[Sequence[float]], float]] = {
    LAST: lambda points: points[-1],
    "avg": fmean,
    "min": min,
    "max": max,
}
# The step of a range, where none is given: so many points, and none closer than a second.
_POINTS = 100
_MAX_BYTES = 4 << 20
_WARNINGS = 10
_WHOSE = "a Prometheus"
# A selector of series alone: timestamp() of anything else is the time of the query.
_SELECTOR = re.compile(
    r'\s*[a-zA-Z_:][\w:]*\s*(\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})?\s*\Z|\s*\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}\s*\Z'
)
# What the server says of a query that is wrong in itself, by its errorType.
_WRONG_QUERY = ("bad_data", "execution")


class _Spec(ArgSpec):
    """The options; max_age needs age_of where the query's own age cannot be seen."""

    def for_options(self, given: Mapping[str, Any]) -> ArgSpec:
        """See ArgSpec.for_options."""
        if _SELECTOR.match(str(given.get("query", ""))):
            return self
        return replace(self, required_by={**self.required_by, "max_age": ["age_of"]})


SPEC: ArgSpec = _Spec(
    **vars(
        ArgSpec(
            options={
                "url": {"type": "str", "required": True},
                "query": {"type": "str", "required": True},
                "range": {"type": duration},
                "step": {"type": duration},
                "over_range": {"type": "str", "choices": list(_OVER)},
                "max_age": {"type": duration},
                "age_of": {"type": "str"},
            },
            required_by={"range": ["over_range"], "step": ["range"], "age_of": ["max_age"]},
        )
        + SERIES
        + asking_spec(_MAX_BYTES)
    )
)
LIBRARIES: Sequence[str] = ("requests",)


class _Result(NamedTuple):
    """What a query returned: ``kind`` is vector, matrix, scalar or string. Warnings are folded and bounded."""

    kind: str
    data: Any
    warnings: list[str]


class _Point(NamedTuple):
    time: float
    value: float


def probe(options: Options, context: Context) -> Values:
    """Ask once, for a range once more for the server's time, and once more for the age where max_age asks for it.

    :raises InputError: the query is wrong. :raises NoEvidence: the server did not answer it. :raises NotThere: no such
        interface there. :raises AccessDenied: the login. :raises WrongType: a result that is no number.
    """
    with only_a_witness():
        server = Server(options, context, options["url"])
        result, end = _query(server, options)
        values = understood(server.url, _WHOSE, lambda: _values(result, end, options))
        age = {} if options["max_age"] is None else {"age": _age(server, options["age_of"] or options["query"])}
    return {**values, **age, "warnings": result.warnings, "_nothing": "the query returned nothing"}


def _query(server: Server, options: Options) -> tuple[_Result, float | None]:
    """Return the result and, for a range, its end on the server's clock: ours may be another."""
    if options["range"] is None:
        return _ask(server, "api/v1/query", {"query": options["query"]}), None
    now = _ask(server, "api/v1/query", {"query": "time()"})
    end = understood(server.url, _WHOSE, lambda: _point(now.data).value)
    asked = {"query": options["query"], "start": end - options["range"], "end": end, "step": _step(options)}
    return _ask(server, "api/v1/query_range", asked), end


def _step(options: Options) -> float:
    return float(options["step"] or max(options["range"] / _POINTS, 1.0))


def _ask(server: Server, path: str, fields: Mapping[str, Any]) -> _Result:
    wanted = {**fields, "timeout": f"{max(server.left, 0.001):.3f}"}
    answer = server.post_form(path, wanted)
    if answer.status == 405:  # a proxy that lets only reading methods through
        answer = server.get(path, wanted)
    refuse_denied(answer.status, answer.url)
    body = json_or_none(answer)
    if not isinstance(body, dict) or "status" not in body:
        raise _no_prometheus(answer)
    warnings = [one_line(text, 200) for text in _list(body.get("warnings"))[:_WARNINGS]]
    if body["status"] != "success":
        raise _refusal(body, answer)
    data = body.get("data") or {}
    return understood(server.url, _WHOSE, lambda: _Result(data["resultType"], data["result"], warnings))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _no_prometheus(answer: Response) -> NotThere:
    on = without_user(answer.url)
    if answer.status == 404:
        return NotThere(
            "no Prometheus there (status is 404)", on=on, advice="url is the server's address with its path prefix"
        )
    if answer.status != 200:
        return NoEvidence(f"status is {answer.status}", on=on, advice=begins(answer))
    return NoEvidence("the answer is not that of a Prometheus", on=on, advice=begins(answer))


def _refusal(body: Mapping[str, Any], answer: Response) -> InputError | NoEvidence:
    """Return the error for the server's own reason."""
    reason = one_line(body.get("error") or f"status is {answer.status}", 300)
    on = without_user(answer.url)
    if body.get("errorType") in _WRONG_QUERY:
        return InputError(f"the query is refused ({reason})", on=on, advice="see query")
    return NoEvidence(f"the query was not answered ({reason})", on=on)


def _values(result: _Result, end: float | None, options: Options) -> Values:
    if result.kind == "string":
        text = one_line(result.data[1], 500)
        return {**series_values([], options), "value": text, "lowest": text, "highest": text, "series_total": 1}
    return series_values(_READERS[result.kind](result.data, end, options), options)


def _scalar(data: Any, _end: float | None, _options: Options) -> list[Series]:
    return [Series({}, _point(data).value)]


def _vector(data: Any, _end: float | None, _options: Options) -> list[Series]:
    return [Series(_labels(one), _point(_sample(one, "value")).value) for one in data]


def _matrix(data: Any, end: float | None, options: Options) -> list[Series]:
    """Make one number of the points of each series.

    With ``last``, a series that ended before the range did has none: it says nothing of now.
    """
    if options["over_range"] is None:
        raise InputError(
            "the query returns many points a series",
            on=options["query"],
            advice="say over_range: last, avg, min or max",
        )
    found = []
    for one in data:
        points = [_point(pair) for pair in _sample(one, "values")]
        ended = end is not None and options["over_range"] == LAST and points[-1].time < end - _step(options)
        if not ended:
            found.append(Series(_labels(one), _over(points, options)))
    return found


_READERS: dict[str, Callable[[Any, float | None, Options], list[Series]]] = {
    "scalar": _scalar,
    "vector": _vector,
    "matrix": _matrix,
}


def _over(points: Sequence[_Point], options: Options) -> float:
    """Return what the points come to; NaN when one of them is, unless that is to be passed over."""
    numbers = [point.value for point in points]
    real = [number for number in numbers if not math.isnan(number)]
    if options["nan"] == PASS:
        numbers = real
    elif len(real) < len(numbers) and options["over_range"] != LAST:
        return math.nan
    return _OVER[options["over_range"]](numbers) if numbers else math.nan


def _labels(one: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in sorted(one["metric"].items())}


def _sample(one: Any, name: str) -> Any:
    """Return the points of a series.

    :raises WrongType: it is a native histogram, of which no limit can be said.
    """
    if name not in one and any(key.startswith("histogram") for key in one):
        raise WrongType("the query returns histograms", advice="make numbers of them, with histogram_quantile")
    return one[name]


def _point(pair: Any) -> _Point:
    moment, text = pair
    return _Point(float(moment), float(text))


def _age(server: Server, selector: str) -> float | None:
    """Return how old, in seconds by the server's clock, the newest sample of the most outdated series is.

    The samples of an instant query carry the time of the query; timestamp() of a selector tells that of the sample.
    """
    result = _ask(server, "api/v1/query", {"query": f"timestamp({selector})"})
    moments = understood(server.url, _WHOSE, lambda: [_point(one["value"]) for one in result.data])
    return round(max(asked - newest for asked, newest in moments), 3) if moments else None


def conditions(options: Options) -> list[Condition]:
    """Expect what ``series_conditions`` does, and samples no older than max_age: old ones say nothing of now."""
    fresh = []
    if options["max_age"] is not None:
        none = "there is no sample at all, or none of the last minutes"
        fresh.append(Condition("age", "le", options["max_age"], "s", none, otherwise=UNKNOWN))
    return [*series_conditions(options), *fresh]
