# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks over HTTP, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.http_options import (
    SPEC,
    address_under,
    authorization,
    client_key,
    given_headers,
)


def options(**given: Any) -> dict[str, Any]:
    return SPEC.validate(given, "here")


def test_a_token_a_login_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    assert authorization(options(token_file=str(tmp_path / "token"))) == {"Authorization": "Bearer secret"}
    assert authorization(options(url_username="u", url_password="p")) == {"Authorization": "Basic dTpw"}
    assert authorization(options()) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"token": "a", "url_username": "u", "url_password": "b"},
        {"token": "a", "token_env": "b"},
        {"url_password": "b"},
        {"client_cert": "/a"},
    ],
)
def test_what_does_not_go_together(given: dict[str, str]) -> None:
    with pytest.raises(InputError, match="here: "):
        options(**given)


def test_headers_are_text_and_clients_are_told_apart_by_what_they_trust() -> None:
    assert given_headers(options(headers={"X-Tenant": 7})) == {"X-Tenant": "7"}
    assert client_key(options(token="a")) == client_key(options(token="b"))
    assert (
        len({client_key(options()), client_key(options(validate_certs=False)), client_key(options(use_proxy=False))})
        == 3
    )


@pytest.mark.parametrize(
    ("base", "path", "query", "address"),
    [
        ("http://h:1", "a/b", None, "http://h:1/a/b"),
        ("http://h:1/", "/a", {}, "http://h:1/a"),
        ("https://h/team/prom/", "a", {"q": "x y&z", "f": ["1", "2"]}, "https://h/team/prom/a?q=x%20y%26z&f=1&f=2"),
    ],
)
def test_an_address_under_a_base(base: str, path: str, query: Any, address: str) -> None:
    assert address_under(base, path, query) == address


@pytest.mark.parametrize("base", ["http://h/?a=b", "http://h/#a", "h:9090", "ftp://h", "http://u:hunter2@h"])
def test_a_base_that_is_none(base: str) -> None:
    with pytest.raises(InputError) as caught:
        address_under(base, "a")
    assert "hunter2" not in str(caught.value)
