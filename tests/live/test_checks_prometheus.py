# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind prometheus against a real server, and against stand-ins for broken ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import PrometheusFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, always, answering, as_json, pages
from ansible_collections.day2.ops.tests.live.checks import attempt

UP = 'up{job="node"}'
PAGE = """\
# TYPE test_seconds histogram
test_seconds_bucket{path="/a",le="0.1"} 50
test_seconds_bucket{path="/a",le="0.5"} 71
test_seconds_bucket{path="/a",le="2.5"} 93
test_seconds_bucket{path="/a",le="+Inf"} 100
test_seconds_bucket{path="/b",le="0.1"} 3
test_seconds_bucket{path="/b",le="0.5"} 9
test_seconds_bucket{path="/b",le="2.5"} 9
test_seconds_bucket{path="/b",le="+Inf"} 9
"""


@pytest.fixture
def url(prometheus: PrometheusFacts) -> str:
    """The address of Prometheus, which has scraped the node exporter."""
    address = prometheus["url"]
    wait_for("a scrape", lambda: attempt("prometheus", url=address, query=UP, min=1).status == "pass", seconds=20)
    return address


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ({"query": UP, "min": 1}, "pass", ""),
        ({"query": UP, "min": 2}, "fail", 'lowest is 1, expected at least 2 (up{instance="'),
        ({"query": f"sum({UP})", "max": 0}, "fail", "highest is 1, expected at most 0"),
        ({"query": UP, "aggregate": "count", "max": 0}, "fail", "value is 1, expected at most 0"),
        ({"query": "7", "max": 7}, "pass", ""),
        ({"query": "nothing"}, "unknown", "series_total is 0, expected at least 1 (the query returned nothing)"),
        ({"query": "nothing", "empty": "pass", "max": 1}, "pass", ""),
        ({"query": "nothing", "empty": "fail"}, "fail", "series_total is 0"),
        ({"query": "0/0"}, "unknown", "nan_series is 1, expected at most 0"),
        ({"query": "0/0", "nan": "pass", "max": 1}, "pass", ""),
        ({"query": "0/0", "nan": "fail"}, "fail", "nan_series is 1"),
        ({"query": "1/0", "max": 5}, "fail", "highest is '+Inf', expected at most 5"),
        ({"query": '"words"', "max": 5}, "unknown", "highest is 'words', a number was expected"),
        ({"query": '"words"', "expect": [{"path": "value", "value": "words"}]}, "pass", ""),
        ({"query": UP, "expect": [{"path": "warnings", "value": []}]}, "pass", ""),
        ({"query": f"{UP}[1m]"}, "unknown", "the query returns many points a series"),
        ({"query": f"{UP}[1m]", "over_range": "min", "min": 0}, "pass", ""),
        ({"query": UP, "range": "10s", "over_range": "last", "min": 1}, "pass", ""),
        (
            {"query": UP, "range": "10s", "step": "1s", "over_range": "max", "max": 0},
            "fail",
            "highest is 1, expected at",
        ),
        ({"query": UP, "max_age": "1m"}, "pass", ""),
        ({"query": UP, "max_age": 0}, "unknown", ", expected at most 0 s"),
        ({"query": "1", "max_age": "1m", "age_of": "none"}, "unknown", "age is null (there is no sample at all"),
        ({"query": "sum(rate("}, "unknown", "the query is refused (invalid parameter"),
    ],
)
def test_what_a_query_comes_to(url: str, options: dict[str, Any], status: str, words: str) -> None:
    outcome = attempt("prometheus", url=url, **options)
    assert outcome.status == status, outcome.reason
    assert words in outcome.reason
    assert outcome.reason.isprintable()


def test_an_age_is_that_of_the_sample(url: str) -> None:
    outcome = attempt("prometheus", url=url, query=f"sum({UP})", max_age="30s", age_of=UP)
    assert outcome.status == "pass", outcome.reason
    assert 0 <= outcome.values["age"] < 30


def test_a_target_that_is_gone_is_seen(lab: Lab, url: str) -> None:
    lab.break_server("node_exporter", "stop")
    outcomes: list[Outcome] = []

    def failed() -> bool:
        outcomes.append(attempt("prometheus", url=url, query=UP, min=1))
        return outcomes[-1].status == "fail"

    wait_for("a failed scrape", failed, seconds=20)
    assert outcomes[-1].reason.startswith('lowest is 0, expected at least 1 (up{instance="')
    stale = attempt("prometheus", url=url, query="node_load1")
    assert (stale.status, stale.values["series_total"]) == ("unknown", 0)


@pytest.fixture
def histogram(prometheus: PrometheusFacts) -> Iterator[str]:
    """A page with a histogram that Prometheus has scraped; its address."""
    target = Path(prometheus["targets_dir"]) / "histogram.json"
    with answering(pages(PAGE)) as url:
        target.write_text(json.dumps([{"targets": [url.removeprefix("http://")]}]))
        target.chmod(0o644)
        try:
            query = {"url": prometheus["url"], "query": "test_seconds_bucket", "aggregate": "count", "min": 8}
            wait_for("a scrape", lambda: attempt("prometheus", **query).status == "pass", seconds=30)
            yield url
        finally:
            target.unlink()


def test_quantiles_are_those_of_prometheus(prometheus: PrometheusFacts, histogram: str) -> None:
    for share in (0.0, 0.1, 0.5, 0.55, 0.71, 0.9, 0.93, 0.99, 1.0):
        for query, options in (
            ('histogram_quantile({}, test_seconds_bucket{{path="/a"}})', {"labels": ["path=/a"]}),
            ('histogram_quantile({}, test_seconds_bucket{{path="/b"}})', {"labels": ["path=/b"]}),
            ("histogram_quantile({}, sum by (le) (test_seconds_bucket))", {"aggregate": "sum"}),
        ):
            theirs = attempt("prometheus", url=prometheus["url"], query=query.format(share))
            of_page = {"metric": "test_seconds", "type": "quantile", "quantile": share, **options}
            ours = attempt("metrics", url=histogram, **of_page)
            assert ours.values["value"] == pytest.approx(theirs.values["value"]), (query, share)


def test_a_server_that_is_gone_or_hangs_says_nothing_of_the_service(lab: Lab, url: str) -> None:
    lab.break_server("prometheus", "hang")
    hung = attempt("prometheus", url=url, query=UP, timeout=1)
    assert (hung.status, hung.reason) == ("unknown", f"no complete answer within 1 s: {url}/api/v1/query")
    lab.mend("prometheus")
    lab.break_server("prometheus", "stop")
    gone = attempt("prometheus", url=url, query=UP)
    assert (gone.status, gone.reason) == ("unknown", f"no answer (Connection refused): {url}/api/v1/query")


def test_another_path_and_a_query_in_the_address(url: str) -> None:
    other = attempt("prometheus", url=f"{url}/prefix", query=UP)
    assert other.status == "unknown"
    assert other.reason.startswith("no Prometheus there (status is 404)")
    cut = attempt("prometheus", url=f"{url}/?x=1", query=UP)
    assert (cut.status, cut.reason.partition(":")[0]) == ("unknown", "the URL has a query or a fragment")


def vector(*samples: tuple[dict[str, str], Any], **more: Any) -> Answer:
    result = [{"metric": labels, "value": value} for labels, value in samples]
    return as_json({"status": "success", "data": {"resultType": "vector", "result": result}, **more})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(b"<html>\nlog in</html>"),
            "the answer is not that of a Prometheus: {}; it begins with '<html> log in</html>'",
        ),
        (Answer(b"<html>down</html>", 503), "status is 503: {}; it begins with '<html>down</html>'"),
        (Answer(b"", 502), "status is 502: {}; it has no body"),
        (Answer(b"", 401), "status is 401: {}; see url_username and token"),
        (Answer(b"no", 403), "status is 403: {}; the login may not do this"),
        (
            as_json({"status": "error", "errorType": "timeout", "error": "query timed out\nin expression"}, 503),
            "the query was not answered (query timed out in expression): {}",
        ),
        (
            as_json({"status": "success"}),
            "the answer is not that of a Prometheus: {base}; it cannot be read (KeyError)",
        ),
        (as_json({"status": "success", "data": {"resultType": "odd", "result": []}}), "it cannot be read (KeyError)"),
        (vector(({}, [1, "x"])), "it cannot be read (ValueError)"),
        (vector(({}, None)), "it cannot be read (TypeError)"),
        (as_json([]), "the answer is not that of a Prometheus: {}; it begins with '[]'"),
        (
            as_json(
                {
                    "status": "success",
                    "data": {"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]},
                }
            ),
            "the query returns histograms; make numbers of them, with histogram_quantile",
        ),
        (Answer(b"[" + b" " * (5 << 20), kind="application/json"), "the answer is larger than 4194304 bytes: {}"),
    ],
)
def test_answers_of_stand_ins_that_are_broken(answer: Answer, words: str) -> None:
    with answering(always(answer)) as base:
        outcome = attempt("prometheus", url=base, query="x")
        assert outcome.status == "unknown"
        assert words.format(f"{base}/api/v1/query", base=base) in outcome.reason


def test_warnings_and_odd_labels_of_a_stand_in() -> None:
    evil = "<script>\x1b[31m\n" + "x" * 10_000
    answer = vector(({"a": evil}, [1, "5"]), warnings=["a store\nis gone", *["more"] * 50])
    complete = [{"path": "warnings", "value": []}]
    with answering(always(answer)) as base:
        outcome = attempt("prometheus", url=base, query="x", max=1, expect=complete)
    assert outcome.status == "fail"
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 500
    assert "warnings is ['a store is gone', 'more'" in outcome.reason
    assert len(outcome.values["warnings"]) == 10


def test_a_proxy_that_lets_only_get_through_and_a_path_before_it() -> None:
    query = 'sum(rate(x{code=~"5.."}[1h])) / 2 > 0 & é'

    def reply(asked: Asked) -> Answer:
        if asked.method != "GET":
            return Answer(b"", 405)
        assert (asked.path, asked.fields["query"]) == ("/team/prom/api/v1/query", [query])
        return vector(({}, [1, "5"]))

    with answering(reply) as base:
        outcome = attempt("prometheus", url=f"{base}/team/prom/", query=query, max=5)
    assert outcome.status == "pass", outcome.reason


def test_a_series_that_ended_counts_for_the_past_only() -> None:
    """The stand-in's clock is far from ours: the range is asked for by its own."""
    asked_for: list[dict[str, list[str]]] = []

    def reply(asked: Asked) -> Answer:
        if asked.path.endswith("query"):
            return as_json({"status": "success", "data": {"resultType": "scalar", "result": [5000, "5000"]}})
        asked_for.append(asked.fields)
        result = [
            {"metric": {"pod": "old"}, "values": [[4000, "9"], [4100, "9"]]},
            {"metric": {"pod": "new"}, "values": [[4900, "1"], [5000, "2"]]},
        ]
        return as_json({"status": "success", "data": {"resultType": "matrix", "result": result}})

    options = {"query": "x", "range": 1000, "step": 100}
    with answering(reply) as base:
        last = attempt("prometheus", url=base, **options, over_range="last", max=2)
        most = attempt("prometheus", url=base, **options, over_range="max", max=2)
    assert (last.status, last.values["value"]) == ("pass", 2.0)
    assert (most.status, most.reason) == ("fail", 'highest is 9, expected at most 2 ({pod="old"} of 2 series)')
    assert (asked_for[0]["start"], asked_for[0]["end"], asked_for[0]["step"]) == (["4000.0"], ["5000.0"], ["100.0"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"range": "1h"}, "required by 'range': over_range"),
        ({"step": "1m"}, "required by 'step': range"),
        ({"query": "sum(x)", "max_age": "1m"}, "required by 'max_age': age_of"),
        ({"empty": "ok"}, "empty"),
        ({"over_range": "sum"}, "over_range"),
        ({"token": "a", "url_password": "b", "url_username": "c"}, "mutually exclusive"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        attempt("prometheus", **{"url": "http://127.0.0.1:1", "query": "x", **options})
