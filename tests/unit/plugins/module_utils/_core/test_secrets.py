# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: where they come from, and how they are recognised."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.secrets import (
    is_secret_name,
    nested_secrets,
    option_secrets,
    resolve,
)


@pytest.mark.parametrize(
    "name",
    ["password", "login_password", "X-Admin-Key", "x-conserver-api-token", "Authorization", "Cookie", "api_key", "sig"],
)
def test_telling_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["login_password_file", "token_env", "host", "key", "design", "Content-Type"])
def test_names_that_hold_no_secret(name: str) -> None:
    assert not is_secret_name(name)


def test_secrets_are_found_wherever_options_nest() -> None:
    options = {
        "checks": [
            {"headers": {"X-Admin-Key": "one", "Accept": "text"}, "url": "http://u:two@host/?token=three&page=4"},
            {"login_password": "five", "login_password_file": "/a/path", "credentials": {"a": ["six"]}},
        ]
    }
    assert set(nested_secrets(options)) == {"one", "two", "three", "five", "six"}


def test_each_way_of_giving_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    monkeypatch.setenv("DAY2_TEST_SECRET", "from the environment")
    assert resolve({"token": "itself"}, "token") == "itself"
    assert resolve({"token_file": str(path)}, "token") == "from a file"
    assert resolve({"token_env": "DAY2_TEST_SECRET"}, "token") == "from the environment"
    assert resolve({"token": None}, "token") is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"token_file cannot be read \(No such file or directory\): .*/nowhere"):
        resolve({"token_file": str(tmp_path / "nowhere")}, "token")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text"):
        resolve({"token_file": str(path)}, "token")


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAY2_TEST_SECRET", raising=False)
    with pytest.raises(InputError, match="DAY2_TEST_SECRET; it is read on the host"):
        resolve({"token_env": "DAY2_TEST_SECRET"}, "token")


def test_a_password_that_is_a_number_is_a_secret_and_a_count_is_none() -> None:
    assert list(nested_secrets({"password": 20031, "counts": {"pass": 8, "fail": 0}})) == ["20031"]


def test_what_was_returned_earlier_is_no_secret_whatever_its_name() -> None:
    options = {
        "checks": [{"token": "one"}],
        "baseline": {"token age": {"status": "pass"}},
        "history": [{"password": "x"}],
    }
    assert list(option_secrets(options)) == ["one"]


def test_keys_in_settings_of_repositories_are_secrets_and_those_of_a_queue_are_none() -> None:
    settings = {"container": "c", "account": "one", "key": "two", "sas_token": "three", "key_size": 4}
    options = {"key": "orders", "backups": [{"settings": settings}], "settings": "text"}
    assert sorted(option_secrets(options)) == ["one", "three", "two"]
