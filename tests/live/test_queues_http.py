# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind http: what the demo service's own API tells, and answers that are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts

from .answering import Answer, Asked, always, answering, as_json
from .checks import attempt
from .passing import Options, measured, queue_depth
from .queue_help import some


def stats(name: str, url: str, **options: Any) -> Options:
    """Return a queue of which one page tells everything."""
    return {
        "name": name,
        "kind": "http",
        "depth": {"url": f"{url}/stats", "path": f"queues.{name}.waiting"},
        "in_flight": {"url": f"{url}/stats", "path": f"queues.{name}.running"},
        "delayed": {"url": f"{url}/stats", "path": f"queues.{name}.later"},
        "dead": {"url": f"{url}/dead?queue={name}"},
        **options,
    }


def test_numbers_arrays_and_objects_and_one_page_for_all() -> None:
    asked: list[Asked] = []

    def reply(one: Asked) -> Answer:
        asked.append(one)
        if one.path == "/dead":
            return as_json(["a", "b"] if one.fields["queue"] == ["mails"] else {"uuids": ["c"], "count": 12})
        queues = {
            "mails": {"waiting": 3, "running": ["x"], "later": {}},
            "jobs": {"waiting": "7", "running": {"a": {}, "b": {}}, "later": {"list_name": "jobs", "depth": 5}},
        }
        return as_json({"queues": queues})

    with answering(reply) as url:
        mails, jobs = stats("mails", url), stats("jobs", url)
        result = queue_depth(mails)
        assert some(result.data["queues"][0], "status", "type", "ready", "in_flight", "delayed", "dead") == {
            "status": "ok",
            "type": "http",
            "ready": 3,
            "in_flight": 1,
            "delayed": 0,
            "dead": 2,
        }
        asked.clear()
        both = described([mails, jobs], {})
        with_one_connection = both[0].open()
        one, two = with_one_connection.measure(both)
        with_one_connection.close()
    assert (getattr(one, "ready", None), getattr(two, "ready", None)) == (3, 7)
    assert some(vars(two), "in_flight", "delayed", "dead") == {"in_flight": 2, "delayed": 5, "dead": 12}
    assert [one.path for one in asked] == ["/stats", "/dead", "/dead"]
    assert both[0].place() == both[1].place()


def test_secrets_and_bodies_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Asked] = []

    def reply(one: Asked) -> Answer:
        asked.append(one)
        return as_json(4)

    monkeypatch.setenv("API_TOKEN", "from-the-environment")
    with answering(reply) as url:
        queue = {
            "name": "jobs",
            "kind": "http",
            "headers": {"X-Api-Key": "the-key"},
            "token_env": "API_TOKEN",
            "depth": {"url": f"{url}/count", "method": "post", "body": "queue=jobs"},
        }
        assert measured(queue)["ready"] == 4
    assert (asked[0].method, asked[0].fields) == ("POST", {"queue": ["jobs"]})
    assert asked[0].headers["X-Api-Key"] == "the-key"
    assert asked[0].headers["Authorization"] == "Bearer from-the-environment"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (as_json({"detail": "Invalid API Key"}, 403), "the service answers with status 403: Invalid API Key"),
        (
            as_json({"detail": [{"loc": ["query", "count"], "msg": "too small"}]}, 422),
            "the service answers with status 422: query.count: too small",
        ),
        (as_json({"detail": "Method Not Allowed"}, 405), "the service does not take GET here (status 405)"),
        (as_json({"error": {"message": "no such list"}}, 404), "the service answers with status 404: no such list"),
        (Answer(b"Internal Server Error", 500), "the service answers with status 500: Internal Server Error"),
        (
            Answer(b"<html><head><title>Sign in</title></head>", kind="text/html"),
            "the service answers with a page of HTML ('Sign in')",
        ),
        (
            Answer(b"<html><title>502 Bad Gateway</title>", 502, "text/html"),
            "the service answers with status 502: 502 Bad Gateway",
        ),
        (Answer(b"many"), "the answer is not JSON ('many')"),
        (Answer(b""), "depth: the answer holds no number"),
        (as_json({"detail": "queue is gone"}), "depth: the answer holds no number"),
        (as_json({"pages": 2, "total": 12}), "depth: the answer holds no number"),
        (as_json(-1), "depth: the answer holds no number"),
        (as_json(True), "depth: the answer holds no number"),
    ],
)
def test_what_is_no_number_is_never_zero(answer: Answer, message: str) -> None:
    with answering(always(answer)) as url:
        found = measured({"name": "jobs", "kind": "http", "depth": {"url": f"{url}/count?key=secret"}})
    assert (found["status"], found["ready"]) == ("error", None)
    assert found["message"].startswith(message)
    assert "secret" not in found["message"]


@pytest.mark.parametrize("path", ["hang", "drip", "cut", "endless", "big"])
def test_servers_that_behave_badly(bad_http: BadHttpFacts, path: str) -> None:
    depth_of = {"url": f"{bad_http['url']}/{path}"}
    found = measured({"name": "jobs", "kind": "http", "timeout": 0.5, "max_bytes": 10_000, "depth": depth_of})
    assert found["status"] == "error"
    assert "\n" not in found["message"]


def test_a_server_that_is_down() -> None:
    found = measured({"name": "jobs", "kind": "http", "depth": {"url": "http://127.0.0.1:1/count"}})
    assert found["message"].startswith("no answer (Connection refused)")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": {"url": "ftp://127.0.0.1/"}}, "not a usable URL"),
        ({"depth": {"url": "http://127.0.0.1/", "path": "queues.*"}}, "depth: a path with"),
        ({"depth": {"url": "http://127.0.0.1/"}, "batch": 0}, "batch must be at least 1"),
        ({}, "one of the following is required: depth, in_flight, delayed, dead"),
    ],
)
def test_wrong_descriptions(options: Options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        described([{"name": "jobs", "kind": "http", **options}], {})


def test_a_check_of_the_gate_measures_it_too() -> None:
    with answering(always(as_json({"depth": 3}))) as url:
        outcome = attempt("queue", queue="jobs", queue_kind="http", depth={"url": f"{url}/count"}, max_ready=3)
        assert (outcome.status, outcome.values["ready"]) == ("pass", 3)
