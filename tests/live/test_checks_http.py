# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind http against servers that behave badly, plain and with good and bad certificates."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, run_gate
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts, ServiceFacts
from ansible_collections.day2.ops.tests.live.checks import attempt

SECRET = "hunter2"


def test_status_latency_and_size(bad_http: BadHttpFacts) -> None:
    outcome = attempt("http", url=f"{bad_http['url']}/ok?token={SECRET}", max_latency="5s", json=[ok("status")])
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["status"] == 200
    assert outcome.values["url"] == f"{bad_http['url']}/ok"
    assert outcome.values["bytes"] > 0
    assert 0 < outcome.values["latency"] < 5
    assert SECRET not in str(outcome)


def ok(path: str) -> dict[str, Any]:
    return {"path": path, "value": "ok"}


def test_the_demo_service_tells_what_it_depends_on(service: ServiceFacts) -> None:
    outcome = attempt(
        "http", url=f"{service['url']}/ready", json=[ok("checks.*"), {"path": "status", "value": "ready"}]
    )
    assert outcome.status == "pass", outcome.reason


@pytest.mark.parametrize(
    ("path", "options", "status", "words"),
    [
        ("/status/503", {}, "fail", "status is 503, expected 200"),
        ("/status/204", {"status": [200, 202]}, "fail", "status is 204, expected one of [200, 202]"),
        (
            "/no-content",
            {"status": [204], "json": [ok("status")]},
            "fail",
            "status 204 and no body: {url}; JSON was expe",
        ),
        ("/no-content", {"json": [ok("status")]}, "fail", "status is 204, expected 200: {url}; the body is not JSON"),
        ("/not-json", {"json": [ok("status")]}, "fail", "the answer is not JSON: {url}; it begins with '<html>"),
        ('/json?body={"a":[1]}', {"json": [{"path": "a", "op": "lt", "value": 5}]}, "unknown", "a number was expected"),
        ('/json?body={"a":"x"}', {"json": [{"path": "a", "op": "lt", "value": 5}]}, "unknown", "a number was expected"),
        ('/json?body={"a":null}', {"json": [{"path": "a", "op": "lt", "value": 5}]}, "unknown", "json a is null"),
        ("/json?body={}", {"json": [ok("a.b")]}, "unknown", "json a.b is not there"),
        ('/json?body={"a":{}}', {"json": [ok("a.*")]}, "unknown", "json a.* is not there"),
        ('/json?body={"a":{"x":"ok","y":"no"}}', {"json": [ok("a.*")]}, "fail", "json a.y is 'no', expected 'ok'"),
        ("/json?body=[7]", {"json": [{"path": "[0]", "value": 7}, {"path": "", "value": [7]}]}, "pass", ""),
        ("/ok", {"contains": "down"}, "fail", "expected to contain 'down'"),
        ("/ok", {"matches": "^down"}, "fail", "expected to match '^down'"),
        ("/ok", {"contains": "ok", "matches": "status.*ok"}, "pass", ""),
        ("/ok", {"header": [{"path": "Content-Type", "op": "contains", "value": "json"}]}, "pass", ""),
        ("/ok", {"header": [{"path": "X-Version", "value": "1"}]}, "unknown", "x-version"),
        ("/slow?seconds=0.3", {"max_latency": 0.1}, "fail", "latency is 0.3"),
        ("/redirect-once", {}, "pass", ""),
        ("/redirect-once", {"follow_redirects": "none", "status": [302]}, "pass", ""),
        ("/redirect-loop", {}, "fail", "redirected more than 5 times: {url}"),
        ("/redirect-other-host", {}, "fail", "redirected to another host, {other}/headers: {url}"),
        ("/redirect-other-host", {"follow_redirects": "all"}, "pass", ""),
        ("/big", {}, "fail", "the answer is larger than 1048576 bytes: {url}; raise max_bytes"),
        ("/endless", {}, "fail", "the answer is larger than 1048576 bytes: {url}; raise max_bytes"),
        ("/drip", {"timeout": 0.5}, "fail", "no complete answer within 0.5 s: {url}"),
        ("/hang", {"timeout": 0.5}, "fail", "no complete answer within 0.5 s: {url}"),
        ("/cut", {}, "fail", "no answer ("),
    ],
)
def test_each_answer_gets_its_line(
    bad_http: BadHttpFacts, path: str, options: dict[str, Any], status: str, words: str
) -> None:
    outcome = attempt("http", url=bad_http["url"] + path, **options)
    url = bad_http["url"] + path.partition("?")[0]
    assert outcome.status == status, outcome.reason
    assert words.format(url=url, other=bad_http["other_url"]) in outcome.reason
    assert "\n" not in outcome.reason


def test_headers_that_drip_for_ever_end_with_the_gates_patience(bad_http: BadHttpFacts) -> None:
    check = {"name": "drip", "kind": "http", "url": f"{bad_http['url']}/drip-headers", "timeout": 0.5}
    result = run_gate(SPEC.validate({"checks": [check]}, "health_gate"))
    assert result.failed
    assert result.data["checks"][0]["status"] != "pass"


def test_a_token_a_login_and_a_body_are_sent(bad_http: BadHttpFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAY2_TEST_TOKEN", SECRET)
    url = f"{bad_http['url']}/headers"

    def sent(value: str, path: str = "Authorization") -> list[dict[str, str]]:
        return [{"path": path, "value": value}]

    with_token = attempt("http", url=url, token_env="DAY2_TEST_TOKEN", json=sent(f"Bearer {SECRET}"))
    assert with_token.status == "pass", with_token.reason
    with_login = attempt("http", url=url, url_username="u", url_password="p", json=sent("Basic dTpw"))
    assert with_login.status == "pass", with_login.reason
    formats = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
    for body_format, content_type in formats.items():
        asked = {"body": {"a": 1}, "body_format": body_format, "json": sent(content_type, "Content-Type")}
        assert attempt("http", url=url, **asked).status == "pass"


def test_a_secret_header_stays_with_its_host(bad_http: BadHttpFacts) -> None:
    outcome = attempt(
        "http",
        url=f"{bad_http['url']}/redirect-other-host",
        headers={"X-Admin-Token": SECRET, "X-Trace": "here"},
        follow_redirects="all",
        json=[{"path": "X-Admin-Token", "value": SECRET}, {"path": "X-Trace", "value": "here"}],
    )
    assert (outcome.status, outcome.reason.count("is not there")) == ("unknown", 1)


def test_a_body_that_does_not_fit_its_format(bad_http: BadHttpFacts) -> None:
    outcome = attempt("http", url=f"{bad_http['url']}/ok", method="POST", body={"a": 1})
    assert (outcome.status, outcome.reason) == ("unknown", "body is a dict; say body_format: json, or form")


@pytest.mark.parametrize(
    ("server", "options", "status", "words"),
    [
        ("tls_url", {}, "pass", ""),
        ("tls_url", {"ca_certs": None}, "unknown", "TLS failed ("),
        ("tls_url", {"ca_certs": "wrong"}, "unknown", "TLS failed ("),
        ("tls_url", {"ca_certs": "/nowhere.pem"}, "unknown", "/nowhere.pem"),
        ("tls_url", {"ca_certs": None, "validate_certs": False}, "pass", ""),
        ("tls_url", {"validate_certs": False, "min_tls_days": 1}, "unknown", "min_tls_days needs validate_certs"),
        ("tls_url", {"min_tls_days": 1}, "pass", ""),
        ("tls_expired_url", {}, "fail", "certificate has expired"),
        ("tls_expired_url", {"min_tls_days": 1}, "fail", "the certificate has expired: "),
        ("tls_wrong_host_url", {}, "unknown", "TLS failed ("),
        ("tls_wrong_host_url", {"min_tls_days": 1}, "unknown", "TLS failed ("),
        ("tls_soon_url", {}, "pass", ""),
        ("tls_soon_url", {"min_tls_days": 1000}, "fail", " days, expected at least 1000 days"),
        ("url", {"min_tls_days": 1}, "unknown", "only an https URL has a certificate"),
    ],
)
def test_certificates(bad_http: BadHttpFacts, server: str, options: dict[str, Any], status: str, words: str) -> None:
    known = {"ca_certs": bad_http["ca_certs"], **options}
    if known["ca_certs"] == "wrong":
        known["ca_certs"] = bad_http["wrong_ca"]
    given = {name: value for name, value in known.items() if value is not None}
    outcome = attempt("http", url=f"{dict(bad_http)[server]}/ok", **given)
    assert outcome.status == status, outcome.reason
    assert words in outcome.reason


def test_the_days_left_are_told(bad_http: BadHttpFacts) -> None:
    outcome = attempt("http", url=f"{bad_http['tls_soon_url']}/ok", ca_certs=bad_http["ca_certs"], min_tls_days=0.5)
    assert outcome.values["tls_days"] == pytest.approx(bad_http["soon_days"], abs=1)


def test_tls_to_a_plain_port(bad_http: BadHttpFacts) -> None:
    outcome = attempt("http", url=bad_http["url"].replace("http:", "https:"), min_tls_days=1)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no TLS handshake (")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "missing required arguments: url"),
        ({"url": "http://h/", "token": "a", "token_env": "B"}, "mutually exclusive"),
        ({"url": "http://h/", "token": "a", "url_password": "b", "url_username": "c"}, "mutually exclusive"),
        ({"url": "http://h/", "url_password": "b"}, "url_username"),
        ({"url": "http://h/", "json": [{"path": "a..b", "value": 1}]}, "not a path into JSON"),
        ({"url": "http://h/", "json": [{"path": "a", "op": "matches", "value": "("}]}, "not a regular expression"),
        ({"url": "http://h/", "json": [{"path": "a", "op": "lt", "value": "x"}]}, "a number was expected"),
        ({"url": "http://h/", "json": [{"path": "a", "op": "about", "value": 1}]}, "value of op must be one of"),
        ({"url": "http://h/", "status": ["ok"]}, "status"),
        ({"url": "http://h/", "verify": True}, "unknown option verify"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=r"^checks\[0\] \(it\): ") as caught:
        attempt("http", **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", [f"http://u:{SECRET}@127.0.0.1:1/", f"http://u:{SECRET}@127.0.0.1:99999/"])
def test_a_url_with_a_password_is_refused_unseen(url: str) -> None:
    outcome = attempt("http", url=url)
    assert outcome.status == "unknown"
    assert SECRET not in outcome.reason


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://host.invalid/x"])
def test_nobody_there(url: str) -> None:
    outcome = attempt("http", url=url, use_proxy=False)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no answer (")
    assert outcome.reason.endswith(f": {url}")


def test_many_checks_at_once_share_a_client(bad_http: BadHttpFacts) -> None:
    checks = [{"name": f"c{number}", "kind": "http", "url": f"{bad_http['url']}/ok"} for number in range(50)]
    result = run_gate(SPEC.validate({"checks": checks}, "health_gate"))
    assert (result.failed, result.data["counts"]) == (False, {"pass": 50, "fail": 0, "unknown": 0})
