# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ciphers as options describe them; the programs themselves are run by the tests against real ones."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.cipher import cipher_of
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere


@pytest.fixture
def key(tmp_path: Path) -> str:
    (tmp_path / "key").write_text("not shown")
    return str(tmp_path / "key")


def test_none_is_none() -> None:
    assert cipher_of(None) is None
    assert cipher_of({}) is None


def test_age_needs_only_what_it_is_used_for(key: str) -> None:
    writer = cipher_of({"method": "age", "recipients": ["age1x", "-R/etc/passwd"]})
    assert writer is not None
    assert list(writer.encrypting().argv)[2:] == ["--recipient", "age1x", "--recipient", "-R/etc/passwd"]
    assert (writer.suffix, writer.readable()) == (".age", False)
    with pytest.raises(InputError, match="identity_file is needed"):
        writer.decrypting()
    reader = cipher_of({"method": "age", "identity_file": key})
    assert reader is not None
    assert reader.readable()
    with pytest.raises(InputError, match="recipients are needed"):
        reader.encrypting()


def test_what_a_manifest_tells_is_no_secret(key: str) -> None:
    told: list[dict[str, Any]] = [
        {"method": "age", "recipients": ["age1x"], "identity_file": key},
        {"method": "gpg", "recipients": ["ops@example.com"], "gnupg_home": "/etc/day2/gnupg"},
        {"method": "ansible-vault", "vault_password_file": key},
    ]
    for options in told:
        cipher = cipher_of(options)
        assert cipher is not None
        assert set(cipher.told()) <= {"method", "recipients"}
        assert "not shown" not in str(cipher)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recipients": ["age1x"]}, "method"),
        ({"method": "rot13"}, "method"),
        ({"method": "age", "recipient": "age1x"}, "unknown option recipient"),
        ({"method": "age"}, "recipients, identity_file"),
        ({"method": "age", "identity_file": "/no/such"}, "identity_file cannot be read: /no/such"),
        ({"method": "ansible-vault"}, "vault_password_file"),
        ({"method": "ansible-vault", "vault_password_file": "/no/such"}, "cannot be read: /no/such"),
    ],
)
def test_what_is_wrong_is_told(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        cipher_of(options)


def test_what_has_all_in_memory_is_for_small_backups_only(key: str) -> None:
    options = {"method": "ansible-vault", "vault_password_file": key}
    with pytest.raises(InputError, match="for backups of the kind config only"):
        cipher_of(options, "postgres")
    assert cipher_of(options, "config") is not None


def test_ansible_vault_is_missed_by_name(key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cipher = cipher_of({"method": "ansible-vault", "vault_password_file": key})
    assert cipher is not None
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(NotThere, match="the program ansible-vault is missing; install ansible-core"):
        cipher.encrypting()
    (tmp_path / "ansible-vault").touch(mode=0o755)
    argv = list(cipher.encrypting().argv)
    assert argv[0] == str(tmp_path / "ansible-vault")
    assert key in argv
