# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind metrics against the pages of real programs and against pages that are broken."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts, PrometheusFacts, UrlFacts
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, always, answering, pages
from ansible_collections.day2.ops.tests.live.checks import attempt

SECRET = "hunter2"
REQUESTS = """\
# HELP requests_total What was asked.
# TYPE requests_total counter
requests_total{code="200",path="/a"} 90
requests_total{code="500",path="/a"} 5
requests_total{code="503",path="/b"} 5
# TYPE pool_used gauge
pool_used 8
pool_size 10
odd NaN
# TYPE seconds histogram
seconds_bucket{path="/a",le="0.1"} 50
seconds_bucket{path="/a",le="1"} 90
seconds_bucket{path="/a",le="+Inf"} 100
seconds_bucket{path="/b",le="0.1"} 10
seconds_bucket{path="/b",le="1"} 10
seconds_bucket{path="/b",le="+Inf"} 10
seconds_count{path="/a"} 100
"""
QUANTILE = {"metric": "seconds", "type": "quantile"}
ERRORS = {"metric": "requests_total", "type": "ratio", "of": {}}


def read(page: str, **options: Any) -> Outcome:
    with answering(pages(page)) as url:
        return attempt("metrics", url=f"{url}/metrics", **options)


def test_the_pages_of_real_programs(node_exporter: UrlFacts, prometheus: PrometheusFacts) -> None:
    load = attempt("metrics", url=f"{node_exporter['url']}/metrics", metric="node_load1", min=0, max=10_000)
    assert load.status == "pass", load.reason
    assert load.values["lines"] > 100
    quick = attempt(
        "metrics",
        url=f"{prometheus['url']}/metrics",
        metric="prometheus_http_request_duration_seconds",
        type="quantile",
        quantile=0.5,
        aggregate="sum",
        min=0.001,
    )
    assert quick.status == "pass", quick.reason
    grows = attempt(
        "metrics",
        url=f"{prometheus['url']}/metrics",
        metric="prometheus_http_requests_total",
        labels=['handler="/metrics"'],
        type="increase",
        window="0.5s",
        min=1,
    )
    assert grows.status == "pass", grows.reason
    assert grows.values["window"] >= 0.5


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ({"metric": "pool_used", "max": 8}, "pass", ""),
        ({"metric": "pool_used", "max": 7}, "fail", "highest is 8, expected at most 7 (pool_used)"),
        ({"metric": "pool_used", "min": 9, "aggregate": "sum"}, "fail", "value is 8, expected at least 9"),
        (
            {"metric": "requests_total", "max": 4},
            "fail",
            'highest is 90, expected at most 4 (requests_total{code="200", path="/a"}, and 2 more of 3 series)',
        ),
        ({"metric": "requests_total", "labels": ["code=~5.."], "max": 5}, "pass", ""),
        ({"metric": "requests_total", "labels": ["code!=200"], "aggregate": "sum", "max": 9}, "fail", "value is 10"),
        ({"metric": "requests_total", "aggregate": "count", "min": 3, "max": 3}, "pass", ""),
        ({"metric": "nothing"}, "unknown", "series_total is 0, expected at least 1 (nothing on the page is nothing)"),
        ({"metric": "nothing", "empty": "pass", "max": 1}, "pass", ""),
        ({"metric": "nothing", "empty": "fail"}, "fail", "series_total is 0"),
        ({"metric": "pool_used", "labels": ['a="b"']}, "unknown", '(nothing on the page is pool_used{a="b"})'),
        ({"metric": "odd"}, "unknown", "nan_series is 1, expected at most 0 (odd)"),
        ({"metric": "odd", "nan": "fail"}, "fail", "nan_series is 1"),
        ({"metric": "odd", "nan": "pass", "max": 1}, "pass", ""),
        ({**ERRORS, "labels": ["code=~5.."], "max": 0.1}, "pass", ""),
        ({**ERRORS, "labels": ["code=~5.."], "max": 0.09}, "fail", "highest is 0.1, expected at most 0.09"),
        ({**ERRORS, "labels": ["code=404"], "max": 0.1}, "unknown", "series_total is 0"),
        ({**ERRORS, "labels": ["code=404"], "max": 0.1, "empty": "pass"}, "pass", ""),
        ({**ERRORS, "of": {"metric": "none"}, "empty": "pass"}, "unknown", "there is no series to divide by: none"),
        ({"metric": "pool_used", "type": "ratio", "of": {"metric": "pool_size"}, "max": 0.7}, "fail", "highest is 0.8"),
        ({**QUANTILE, "quantile": 0.5, "labels": ["path=/a"], "max": 0.1}, "pass", ""),
        (
            {**QUANTILE, "quantile": 0.5, "labels": ["path=/a"], "max": 0.09},
            "fail",
            'at most 0.09 (seconds{path="/a"})',
        ),
        (
            {**QUANTILE, "quantile": 0.95, "max": 2},
            "unknown",
            'beyond_buckets is 1, expected at most 0 (seconds{path="/a"} of 2 series)',
        ),
        ({**QUANTILE, "quantile": 0.95, "max": 0.5}, "fail", "highest is 1, expected at most 0.5"),
        ({**QUANTILE, "quantile": 0.9, "aggregate": "sum", "max": 1}, "pass", ""),
        (
            {"metric": "seconds"},
            "unknown",
            "the metric is a histogram: seconds; ask for type quantile, or for seconds_count",
        ),
        ({"metric": "pool_used", "type": "rate", "window": "50ms"}, "unknown", "a gauge has no rate: pool_used"),
    ],
)
def test_what_a_page_comes_to(options: dict[str, Any], status: str, words: str) -> None:
    outcome = read(REQUESTS, **options)
    assert outcome.status == status, outcome.reason
    assert words in outcome.reason
    assert "\n" not in outcome.reason


def twice(first: str, second: str, **options: Any) -> Outcome:
    with answering(pages(first, second)) as url:
        return attempt("metrics", url=url, window="100ms", **options)


def test_a_counter_over_a_window() -> None:
    second = REQUESTS.replace(" 90\n", " 96\n").replace(" 5\n", " 7\n") + 'requests_total{code="404",path="/c"} 3\n'
    increase = twice(REQUESTS, second, metric="requests_total", type="increase", aggregate="sum", min=13, max=13)
    assert increase.status == "pass", increase.reason
    rate = twice(REQUESTS, second, metric="requests_total", type="rate", labels=["code=200"])
    assert rate.values["value"] == pytest.approx(6 / rate.values["window"], rel=0.05)
    errors = twice(REQUESTS, second, **ERRORS, labels=["code=~5.."])
    assert errors.values["value"] == pytest.approx(4 / 13)


def test_a_quantile_over_a_window_counts_what_is_new() -> None:
    second = REQUESTS.replace('path="/a",le="0.1"} 50', 'path="/a",le="0.1"} 60').replace(" 90\n", " 100\n")
    second = second.replace('le="+Inf"} 100', 'le="+Inf"} 110')
    outcome = twice(REQUESTS, second, **QUANTILE, quantile=0.5, labels=["path=/a"])
    assert outcome.values["value"] == pytest.approx(0.05), outcome.reason


def test_no_requests_in_the_window_is_no_number() -> None:
    outcome = twice(REQUESTS, REQUESTS, **ERRORS, labels=["code=~5.."], max=0.1)
    assert (outcome.status, outcome.reason) == ("unknown", "nan_series is 1, expected at most 0")
    assert twice(REQUESTS, REQUESTS, **ERRORS, labels=["code=~5.."], max=0.1, nan="pass").status == "pass"


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("requests_total 3\n", "a counter went back from 90 to 3: requests_total; the process was restarted"),
        ("other 1\n", "a counter vanished: requests_total; the process"),
        ("requests_total 95\nprocess_start_time_seconds 2\n", "process_start_time_seconds has changed"),
    ],
)
def test_a_counter_that_was_reset_tells_nothing(second: str, words: str) -> None:
    first = "requests_total 90\nprocess_start_time_seconds 1\n"
    outcome = twice(first, second, metric="requests_total", type="increase", max=10)
    assert outcome.status == "unknown"
    assert words in outcome.reason


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ({"metric": "good"}, "unknown", "broken_lines is 2, expected at most 0 (line 2: bad{x=)"),
        ({"metric": "good", "broken_lines": "ignore"}, "pass", ""),
        ({"metric": "bad", "broken_lines": "ignore", "empty": "pass"}, "unknown", "broken_lines_of_the_metric is 1"),
    ],
)
def test_broken_lines(options: dict[str, Any], status: str, words: str) -> None:
    outcome = read("good 1\nbad{x=\n<script>\x1b[31m\nlast 2\n", **options)
    assert outcome.status == status, outcome.reason
    assert words in outcome.reason
    assert outcome.values["broken_lines"] == 2


def test_openmetrics_is_whole_only_with_its_end() -> None:
    kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    for page, status in (('a_total 1 # {t="x"} 1\n# EOF\n', "pass"), ("a_total 1\n", "unknown")):
        with answering(pages(page, kind=kind)) as url:
            outcome = attempt("metrics", url=url, metric="a_total", broken_lines="ignore")
        assert outcome.status == status, outcome.reason
        assert ("# EOF is missing" in outcome.reason) is (status == "unknown")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            Answer(b"<html>\n<b>hi</b></html>", kind="text/html"),
            "unknown",
            "the answer is no metrics page: {}; line 1: <html>",
        ),
        (Answer(b""), "unknown", "the answer is no metrics page: {}; it has no sample"),
        (Answer(b"database is down", 500), "fail", "the metrics page answers with status 500: {}"),
        (Answer(b"", 404), "unknown", "the metrics page answers with status 404: {}"),
        (Answer(b"", 401), "unknown", "status is 401: {}; see url_username and token"),
        (Answer(b"", 403), "unknown", "status is 403: {}; the login may not do this"),
    ],
)
def test_answers_that_are_no_page(answer: Answer, status: str, words: str) -> None:
    with answering(always(answer)) as url:
        outcome = attempt("metrics", url=f"{url}/metrics", metric="a")
        assert (outcome.status, outcome.reason) == (status, words.format(f"{url}/metrics"))


def test_a_page_without_end_is_not_read_to_it(bad_http: BadHttpFacts) -> None:
    for path in ("/big", "/endless"):
        outcome = attempt("metrics", url=bad_http["url"] + path, metric="a")
        assert outcome.status == "unknown"
        assert "the answer is larger than 10485760 bytes" in outcome.reason


@pytest.mark.parametrize("path", ["/drip", "/hang"])
def test_a_page_that_does_not_come(bad_http: BadHttpFacts, path: str) -> None:
    outcome = attempt("metrics", url=bad_http["url"] + path, metric="a", timeout=0.5)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no complete answer within ")


def test_a_service_that_is_gone(lab: Lab, node_exporter: UrlFacts) -> None:
    lab.break_server("node_exporter", "stop")
    outcome = attempt("metrics", url=f"{node_exporter['url']}/metrics", metric="node_load1")
    assert (outcome.status, outcome.reason) == (
        "fail",
        f"no answer (Connection refused): {node_exporter['url']}/metrics",
    )


def test_a_login_and_a_header_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAY2_TEST_TOKEN", SECRET)
    seen: list[Asked] = []

    def reply(asked: Asked) -> Answer:
        seen.append(asked)
        return Answer(b"a 1\n")

    with answering(reply) as url:
        outcome = attempt("metrics", url=url, metric="a", token_env="DAY2_TEST_TOKEN", headers={"X-Tenant": 7})
    assert outcome.status == "pass"
    assert SECRET not in str(outcome)
    assert (seen[0].headers["Authorization"], seen[0].headers["X-Tenant"]) == (f"Bearer {SECRET}", "7")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"type": "rate"}, "type is rate but all of the following are missing: window"),
        ({"type": "quantile"}, "quantile"),
        ({"type": "ratio"}, "of"),
        ({"type": "ratio", "of": {}, "aggregate": "max"}, "aggregate"),
        ({"type": "rate", "window": "5s"}, "less than the check's timeout, 5 s"),
        ({"type": "rate", "window": "5s", "timeout": 3}, "less than the check's timeout, 3 s"),
        ({"type": "quantile", "quantile": 95}, "expected a number from 0 to 1, such as 0.95"),
        ({"labels": ["code"]}, "expected name="),
        ({"labels": ["code=~("]}, "holds no regular expression"),
        ({"max": "many"}, "max"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        attempt("metrics", url="http://127.0.0.1:1/", metric="a", **options)


def test_labels_of_others_are_data() -> None:
    evil = "<script>\x1b[31m" + "x" * 10_000
    outcome = read(f'a{{x="{evil}\\n"}} 5\n' * 1, metric="a", max=1)
    assert outcome.status == "fail"
    assert len(outcome.reason) < 300
    assert outcome.reason.isprintable()
    assert len(outcome.values["series"][0]["labels"]["x"]) <= 200


def test_only_the_first_series_are_shown_and_all_count() -> None:
    outcome = read("".join(f'a{{x="{number}"}} {number}\n' for number in range(200)), metric="a", max=198)
    assert '(a{x="199"} of 200 series)' in outcome.reason
    assert (len(outcome.values["series"]), outcome.values["series_total"]) == (50, 200)
