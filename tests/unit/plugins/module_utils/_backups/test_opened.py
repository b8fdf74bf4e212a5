# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup that is read: plain or through a program that decrypts it, and what was given for that."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import File, Manifest, parse
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import Command
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError

from .catalogs import add_backup

WORDS = b"some words\n" * 10_000


@dataclass(frozen=True)
class Base64:
    """No cipher at all, but a program that turns data into others and back."""

    method: str = "base64"
    suffix: str = ".b64"
    has_key: bool = True

    def encrypting(self) -> Command:
        return Command(["base64"])

    def decrypting(self) -> Command:
        return Command(["base64", "--decode"])

    def readable(self) -> bool:
        return self.has_key

    def told(self) -> dict[str, Any]:
        return {"method": self.method}


def backup(folder: Path, layout: Mapping[str, Any], name: str, data: bytes) -> Opened:
    made = add_backup(folder)
    (made / name).write_bytes(data)
    manifest: Manifest = parse((made / "manifest.json").read_bytes())
    return Opened(made, replace(manifest, layout=layout, files=(File(name, len(data), ""),)), None, 60.0)


@pytest.fixture
def plain(tmp_path: Path) -> Opened:
    return backup(tmp_path, {}, "words", WORDS)


@pytest.fixture
def encrypted(tmp_path: Path) -> Opened:
    layout = {"encryption": {"method": "base64"}}
    return replace(backup(tmp_path, layout, "words.b64", base64.encodebytes(WORDS)), cipher=Base64())


def test_what_is_plain(plain: Opened, tmp_path: Path) -> None:
    with plain.reading("words") as stream:
        assert stream.read() == WORDS
    with plain.reading("words", [Command(["tr", "a-z", "A-Z"])]) as stream:
        assert stream.read() == WORDS.upper()
    plain.feed("words", [Command(["tee", str(tmp_path / "copy")])])
    assert (tmp_path / "copy").read_bytes() == WORDS
    assert (plain.encrypted, plain.readable()) == (False, True)


def test_what_is_encrypted(encrypted: Opened, tmp_path: Path) -> None:
    with encrypted.reading("words") as stream:
        assert stream.read() == WORDS
    encrypted.feed("words", [Command(["tee", str(tmp_path / "copy")])])
    assert (tmp_path / "copy").read_bytes() == WORDS
    assert (encrypted.encrypted, encrypted.readable()) == (True, True)


def test_a_cipher_is_not_used_for_what_is_plain(plain: Opened) -> None:
    with replace(plain, cipher=Base64()).reading("words") as stream:
        assert stream.read() == WORDS


def test_what_is_missing_to_read_it_is_told(encrypted: Opened) -> None:
    for cipher, words in (
        (None, "the backup is encrypted with base64: .*; give encryption"),
        (Base64(method="rot13"), "the backup is encrypted with base64, not rot13"),
    ):
        other = replace(encrypted, cipher=cipher)
        with pytest.raises(InputError, match=words), other.reading("words"):
            pass
        with pytest.raises(InputError, match=words):
            other.feed("words", [Command(["cat"])])
    assert not replace(encrypted, cipher=None).readable()
    assert not replace(encrypted, cipher=Base64(has_key=False)).readable()


def test_a_file_that_it_does_not_have(plain: Opened) -> None:
    with pytest.raises(OpsError, match="the backup has no other"), plain.reading("other"):
        pass


def test_a_link_in_the_place_of_a_file_is_not_followed(plain: Opened, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(WORDS)
    (plain.folder / "words").unlink()
    (plain.folder / "words").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OpsError, match="cannot read the file"), plain.reading("words"):
        pass


def test_a_program_that_fails_is_told(encrypted: Opened) -> None:
    (encrypted.folder / "words.b64").write_bytes(b"!" * 100)
    with pytest.raises(OpsError, match="base64 ended with status 1"), encrypted.reading("words") as stream:
        stream.read()
    with pytest.raises(OpsError, match="base64 ended with status 1"):
        encrypted.feed("words", [Command(["cat"])])
