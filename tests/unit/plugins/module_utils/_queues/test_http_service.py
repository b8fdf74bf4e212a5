# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests as they are described, placeholders filled in."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.http_service import COUNT, IDS, Service, asks_for


def service(**options: Any) -> Service:
    """Return a service that is never asked."""
    queue = {"name": "q", "kind": "http", "depth": {"url": "http://127.0.0.1/"}, **options}
    (one,) = described([queue], {})
    return Service(one.options, client=object())  # type: ignore[arg-type]


def described_request(**options: Any) -> dict[str, Any]:
    """Return a request with its defaults."""
    return {"url": "http://127.0.0.1/", "method": "post", "path": [], "expect_status": [200], **options}


def test_placeholders_in_an_address_are_encoded() -> None:
    url = "http://127.0.0.1/{ids}/retry?count={count}&of={ids}&keep={this}"
    request = service().request(described_request(url=url), 2, ["a/b", "c&d"])
    assert request.url == "http://127.0.0.1/a%2Fb%2Cc%26d/retry?count=2&of=a%2Fb%2Cc%26d&keep={this}"
    assert (request.method, request.body) == ("POST", None)


def test_placeholders_in_json_become_numbers_and_arrays() -> None:
    body = {"uuids": "{ids}", "n": "{count}", "note": "{count} of {ids}", "deep": [{"limit": "{count}"}], "x": None}
    request = service().request(described_request(body=body), 2, ["a", "b"])
    assert json.loads(request.body or b"") == {
        "uuids": ["a", "b"],
        "n": 2,
        "note": "2 of a,b",
        "deep": [{"limit": 2}],
        "x": None,
    }
    assert request.headers["Content-Type"] == "application/json"


def test_a_text_is_sent_as_it_is() -> None:
    request = service(headers={"content-type": "text/x"}).request(
        described_request(body="n={count}&ids={ids}"), 1, ["ä"]
    )
    assert request.body == b"n=1&ids=%C3%A4"
    assert dict(request.headers) == {"content-type": "text/x"}


def test_which_placeholders_a_request_has() -> None:
    assert asks_for(described_request(url="http://127.0.0.1/?n={count}"), COUNT)
    assert asks_for(described_request(body={"a": ["{ids}"]}), IDS)
    assert not asks_for(described_request(body="ids"), IDS)


def test_a_service_that_takes_ids_has_letters_with_ids() -> None:
    queue = {"name": "q", "kind": "http", "dead": {"url": "http://127.0.0.1/"}}
    by_number, by_ids = described(
        [
            {**queue, "redrive": {"url": "http://127.0.0.1/?n={count}"}},
            {**queue, "name": "r", "redrive": {"url": "http://127.0.0.1/", "body": {"ids": "{ids}"}}},
        ],
        {},
    )
    traits: list[Any] = [getattr(one, "TRAITS", None) for one in (by_number, by_ids)]
    assert traits == [frozenset({"sweeps"}), frozenset({"sweeps", "ids"})]
