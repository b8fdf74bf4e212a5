# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's OpenSearch and Elasticsearch index, snapshot and restore, and leave nothing."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import requests
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import SearchFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

_KINDS = {"opensearch": "2.19.1", "elasticsearch": "7.17.28"}


@pytest.fixture(params=list(_KINDS))
def search(request: pytest.FixtureRequest) -> SearchFacts:
    """Each of the two, where the machine has it."""
    return cast("SearchFacts", request.getfixturevalue(request.param))


def _call(facts: SearchFacts, method: str, path: str, body: object = None) -> dict[str, object]:
    answer = requests.request(method, f"{facts['url']}{path}", json=body, timeout=30)
    answer.raise_for_status()
    found: dict[str, object] = answer.json()
    return found


def _count(facts: SearchFacts, index: str) -> object:
    return _call(facts, "GET", f"/{index}/_count")["count"]


def test_it_says_what_it_is(search: SearchFacts) -> None:
    assert _call(search, "GET", "/")["version"]["number"] in _KINDS.values()  # type: ignore[index]


def test_an_index_is_restored_from_a_snapshot(search: SearchFacts) -> None:
    settings = {"type": "fs", "settings": {"location": f"{search['repositories_dir']}/lab-test"}}
    _call(search, "PUT", "/_snapshot/lab-test", settings)
    try:
        for number in range(3):
            _call(search, "PUT", f"/lab-test/_doc/{number}?refresh=true", {"number": number})
        _call(search, "PUT", "/_snapshot/lab-test/one?wait_for_completion=true", {"indices": "lab-test"})
        _call(search, "DELETE", "/lab-test")
        _call(search, "POST", "/_snapshot/lab-test/one/_restore?wait_for_completion=true")
        assert _count(search, "lab-test") == 3
    finally:
        _call(search, "DELETE", "/lab-test?ignore_unavailable=true")
        _call(search, "DELETE", "/_snapshot/lab-test/one")
        _call(search, "DELETE", "/_snapshot/lab-test")


def test_a_script_updates_by_query_in_opensearch(opensearch: SearchFacts) -> None:
    _call(opensearch, "PUT", "/lab-script/_doc/1?refresh=true", {"number": 1})
    try:
        script = {"script": {"source": "ctx._source.number += params.by", "params": {"by": 4}}}
        assert _call(opensearch, "POST", "/lab-script/_update_by_query?refresh=true", script)["updated"] == 1
        assert _call(opensearch, "GET", "/lab-script/_doc/1")["_source"] == {"number": 5}
    finally:
        _call(opensearch, "DELETE", "/lab-script")


def test_what_is_broken_does_not_answer_until_it_is_mended(lab: Lab, opensearch: SearchFacts) -> None:
    _call(opensearch, "PUT", "/lab-kept/_doc/1?refresh=true", {"number": 1})
    lab.break_server("opensearch", "hang")
    with pytest.raises(requests.Timeout):
        requests.get(opensearch["url"], timeout=0.5)
    lab.mend("opensearch")
    lab.break_server("opensearch", "kill")
    with pytest.raises(requests.ConnectionError):
        requests.get(opensearch["url"], timeout=5)
    lab.mend("opensearch")
    wait_for("the index", lambda: _count(opensearch, "lab-kept") == 1)
    _call(opensearch, "DELETE", "/lab-kept")


@pytest.mark.usefixtures("opensearch")
def test_it_leaves_nothing(lab_folder: Path) -> None:
    with Lab(lab_folder) as own:
        known = own.up(["opensearch"])["processes"]["opensearch"]
    assert not process.is_alive(known)
    assert not lab_folder.exists()
