# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's nginx: before OpenSearch with logins and bad answers, and by itself with another configuration."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._search.connection import SPEC, connected
from ansible_collections.day2.ops.tests.lab import nginx
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.nginx import Nginx
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.state import SearchProxyFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .search_help import cluster_of


def _asked(url: str, path: str = "/", **options: Any) -> Any:
    with connected(SPEC.validate({"url": [url], "timeout": 5, **options}, "test")) as client:
        return client.ask("GET", path)


def _problem(url: str, path: str = "/", **options: Any) -> str:
    with pytest.raises(OpsError) as caught:
        _asked(url, path, **options)
    (line,) = str(caught.value).splitlines()
    return line


def test_who_may_come_in(search_proxy: SearchProxyFacts) -> None:
    trust = {"ca_certs": search_proxy["ca_certs"]}
    login = {"login_user": search_proxy["user"], "login_password": search_proxy["password"], **trust}
    key = {"api_key": search_proxy["api_key"], **trust}
    reader = {"login_user": search_proxy["reader"], "login_password": search_proxy["reader_password"], **trust}
    assert _asked(search_proxy["url"], "_snapshot", **login) == _asked(search_proxy["key_url"], "_snapshot", **key)
    assert _asked(search_proxy["url"], **reader)["version"]
    assert "status is 403" in _problem(search_proxy["url"], "_snapshot", **reader)
    assert "status is 401" in _problem(search_proxy["url"], **trust)
    wrong = {**login, "login_password": "hunter2-wrong"}
    assert "status is 401" in (told := _problem(search_proxy["url"], **wrong))
    assert "hunter2" not in told
    assert "status is 401" in _problem(search_proxy["key_url"], **{**key, "api_key": "other:one"})
    assert "ertificate" in _problem(search_proxy["url"], **{**login, "ca_certs": search_proxy["wrong_ca"]})


def test_what_is_in_the_way(search_proxy: SearchProxyFacts) -> None:
    trust = {"ca_certs": search_proxy["ca_certs"]}
    assert "not JSON" in _problem(search_proxy["page_url"], **trust)
    assert "status is 503" in _problem(search_proxy["unavailable_url"], **trust)
    assert "status is 502" in _problem(search_proxy["nobody_url"], **trust)
    assert _asked(search_proxy["limited_url"], **trust)["version"]
    assert "status is 503" in _problem(search_proxy["limited_url"], **trust)


def test_a_node_that_hangs_behind_it(lab: Lab, search_proxy: SearchProxyFacts) -> None:
    trust = {"ca_certs": search_proxy["ca_certs"]}
    assert _asked(search_proxy["impatient_url"], **trust)["version"]
    lab.break_server("opensearch", "hang")
    assert "status is 504" in _problem(search_proxy["impatient_url"], **trust)
    lab.mend("opensearch")


def test_what_is_passed_on_is_passed_on_whole(lab: Lab, search_proxy: SearchProxyFacts) -> None:
    with cluster_of("opensearch", lab.facts["opensearch"]) as cluster:
        index = cluster.filled_index("data", 3)
        url = f"{search_proxy['open_url']}/{index}/_count"
        assert requests.get(url, verify=search_proxy["ca_certs"], timeout=10).json()["count"] == 3


def test_another_configuration_is_taken_without_a_start(lab: Lab, request: pytest.FixtureRequest) -> None:
    if nginx.missing():
        pytest.skip(nginx.missing())
    server = Nginx(lab.home, f"nginx-{request.node.name}")
    (port,) = free_ports(1)
    said = "server {{ listen {host}:{port}; location / {{ return 200 {text}; }} }}"
    running = server.start(said.format(host=HOST, port=port, text="first"))
    try:
        wait_for("an answer", lambda: requests.get(f"http://{HOST}:{port}", timeout=5).text == "first")
        server.reload(said.format(host=HOST, port=port, text="second"))
        assert requests.get(f"http://{HOST}:{port}", timeout=5).text == "second"
        with pytest.raises(LabError, match=r"does not accept its configuration: .*unknown directive"):
            server.reload("nonsense on;")
        assert requests.get(f"http://{HOST}:{port}", timeout=5).text == "second"
        assert lab.home.process(server.name)["pid"] == running["pid"]
    finally:
        lab.home.stop(server.name)
