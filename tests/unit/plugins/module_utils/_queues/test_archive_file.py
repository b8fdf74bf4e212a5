# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of dead letters."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_file import (
    read_archive,
    records_of,
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
    def broken():  # type: ignore[no-untyped-def]
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
        if at in (4, 5, 6, 7, 8, 9):  # time stamp, flags and system of the gzip header, which say nothing
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
    checksum = write_checksum(path)
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (path.parent / f"{path.name}.sha256").read_text() == f"{checksum}  {path.name}\n"
