# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of dead letters."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_file import (
    read_archive,
    records_of,
    rename,
    write_archive,
    write_checksum,
)

RECORDS = [{"id": str(number), "body": "eA=="} for number in range(50)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.jsonl.gz"


def test_an_archive_reads_back(path: Path) -> None:
    archive = write_archive(path, "orders", "redis_list", RECORDS)
    assert read_archive(path) == archive
    assert (archive.queue, archive.kind, archive.records) == ("orders", "redis_list", 50)
    assert list(records_of(path)) == RECORDS
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_archive_never_replaces_another(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(InputError, match="a file of that name is there already"):
        write_archive(path, "orders", "redis_list", RECORDS)
    assert path.read_text() == "precious"
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_nothing_is_left_when_the_letters_cannot_be_read_to_the_end(path: Path) -> None:
    def broken() -> Iterator[dict[str, str]]:
        yield RECORDS[0]
        raise OpsError("no connection")

    with pytest.raises(OpsError, match="no connection"):
        write_archive(path, "orders", "redis_list", broken())
    assert list(path.parent.iterdir()) == []


def test_every_damage_is_seen(path: Path) -> None:
    write_archive(path, "orders", "redis_list", RECORDS)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(bytes(damaged))
        # Bits may say nothing in gzip's header (time stamp, system), and in the last byte before its hash.
        if at in (*range(4, 10), len(whole) - 9):
            continue
        with pytest.raises(InputError):
            read_archive(path)
    for size in range(0, len(whole), 13):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            read_archive(path)


def test_lines_that_were_taken_out_are_seen(path: Path) -> None:
    write_archive(path, "orders", "redis_list", RECORDS)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join([*lines[:3], *lines[4:]])))
    with pytest.raises(InputError, match="damaged: its hash or the number of its letters is wrong"):
        read_archive(path)


@pytest.mark.parametrize("content", [b'{"format": 2}\n{}\n', b"[]\n[]\n", b"\xff\n"])
def test_what_is_no_archive_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content))
    with pytest.raises(InputError):
        read_archive(path)


def test_the_checksum_is_as_sha256sum_reads_it(path: Path) -> None:
    write_archive(path, "orders", "redis_list", RECORDS)
    checksum = write_checksum(path, path)
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (path.parent / f"{path.name}.sha256").read_text() == f"{checksum}  {path.name}\n"


def test_the_checksum_is_of_the_name_that_the_file_will_have(path: Path) -> None:
    pending = path.with_name("pending")
    write_archive(pending, "orders", "redis_list", RECORDS)
    checksum = write_checksum(pending, path)
    assert (path.parent / f"{path.name}.sha256").read_text() == f"{checksum}  {path.name}\n"


def test_the_checksum_can_come_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_names: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.link", killed)
        with pytest.raises(KeyboardInterrupt):
            write_archive(path, "orders", "redis_list", RECORDS, checksum=True)
    assert [one.name for one in path.parent.iterdir()] == [f"{path.name}.sha256"]
    write_archive(path, "orders", "redis_list", RECORDS, checksum=True)
    assert (path.parent / f"{path.name}.sha256").read_text().startswith(hashlib.sha256(path.read_bytes()).hexdigest())


def test_the_checksum_of_another_file_stays(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(InputError):
        write_archive(path, "orders", "redis_list", RECORDS, checksum=True)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_what_lies_in_wait_under_the_old_temporary_name_is_not_touched(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (tmp_path / f".{path.name}.part").symlink_to(elsewhere)
    write_archive(path, "orders", "redis_list", RECORDS)
    assert elsewhere.read_text() == "precious"
    assert not path.is_symlink() and path.stat().st_mode & 0o777 == 0o600


def test_a_rename_that_was_cut_short_is_finished(path: Path) -> None:
    pending = path.with_name("pending")
    pending.write_text("it")
    os.link(pending, path)
    rename(pending, path)
    assert (path.read_text(), pending.exists()) == ("it", False)


def test_a_rename_replaces_nothing(path: Path) -> None:
    pending = path.with_name("pending")
    pending.write_text("it")
    path.write_text("precious")
    with pytest.raises(InputError, match="a file of that name is there already"):
        rename(pending, path)
    assert (path.read_text(), pending.read_text()) == ("precious", "it")
