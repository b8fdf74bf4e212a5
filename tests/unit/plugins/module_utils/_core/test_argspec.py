# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications that add up, and validation in one line."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import TLS, ArgSpec, secret
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

HOST = ArgSpec(options={"host": {"type": "str", "required": True}, "port": {"type": "int", "default": 1}})


def test_the_right_one_wins() -> None:
    both = HOST + ArgSpec(options={"port": {"type": "int", "default": 2}}, required_together=[("host", "port")])
    assert both.validate({"host": "a"}, "here") == {"host": "a", "port": 2}
    assert both.rules()["required_together"] == [["host", "port"]]


def test_types_are_converted() -> None:
    assert HOST.validate({"host": "a", "port": "7"}, "here")["port"] == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "missing required arguments: host"),
        ({"host": "a", "port": "seven"}, "port"),
        ({"host": "a", "hots": "b"}, "unknown option hots; known are host, port"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        HOST.validate(given, "checks[3] (api)")
    text = str(caught.value)
    assert text.startswith("checks[3] (api): ")
    assert words in text
    assert "\n" not in text


def test_a_secret_is_given_in_one_way_only() -> None:
    spec = secret("password")
    assert spec.validate({"password_env": "X"}, "here")["password_env"] == "X"
    with pytest.raises(InputError, match="mutually exclusive"):
        spec.validate({"password": "a", "password_file": "/b"}, "here")


def test_a_required_secret_is_missed() -> None:
    with pytest.raises(InputError, match="one of the following is required"):
        secret("password", required=True).validate({}, "here")


def test_a_client_certificate_needs_its_key() -> None:
    with pytest.raises(InputError, match="required together"):
        TLS.validate({"client_cert": "/a.pem"}, "here")
