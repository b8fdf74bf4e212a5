# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of S3 needs no server: sizes of parts, ETags, options, what the answers of services mean."""

from __future__ import annotations

import hashlib
import io
import os
import time
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import storage_s3
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import File
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import Corrupt
from ansible_collections.day2.ops.plugins.module_utils._backups.storage_s3 import S3Place
from ansible_collections.day2.ops.plugins.module_utils._backups.storage_s3_bucket import NotKnown, explain
from ansible_collections.day2.ops.plugins.module_utils._backups.storage_s3_receiving import whole
from ansible_collections.day2.ops.plugins.module_utils._backups.storage_s3_sending import (
    Digests,
    Piece,
    Protection,
    part_size_of,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)

from .toy_kind import made_toy

MIB = 1 << 20


class Refusal(Exception):
    """As botocore tells what a service answered."""

    def __init__(self, code: str, status: int = 400, message: str = "", **headers: str) -> None:
        told = {"HTTPStatusCode": status, "HTTPHeaders": {k.replace("_", "-"): v for k, v in headers.items()}}
        self.response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": told}
        super().__init__(code)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (Refusal("NoSuchBucket", 404), NotThere, "there is no such bucket"),
        (Refusal("404", 404), NotThere, "it is not there"),
        (Refusal("AccessDenied", 403, "Access Denied"), AccessDenied, "lacks a permission"),
        (Refusal("403", 403, "Forbidden"), AccessDenied, "403 (Forbidden)"),
        (Refusal("ExpiredToken"), AccessDenied, "check access_key and secret_key"),
        (Refusal("RequestTimeTooSkewed", 403), AccessDenied, "set this host's clock"),
        (Refusal("PermanentRedirect", 301, x_amz_bucket_region="eu-west-1"), InputError, "it is eu-west-1"),
        (Refusal("301", 301), InputError, "the bucket is in another region"),
        (Refusal("SlowDown", 503), Unreachable, "the service answers SlowDown"),
        (Refusal("Strange", 502), Unreachable, "the service answers Strange"),
        (Refusal("NotImplemented", 501), NotKnown, "does not know this"),
        (Refusal("InvalidRequest", 400, "Bucket is missing\nObject Lock"), OpsError, "Bucket is missing Object Lock"),
        (type("ReadTimeoutError", (Exception,), {})("x"), Unreachable, "no answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), Unreachable, "no answer (Connection refused)"),
        (type("NoCredentialsError", (Exception,), {})("Unable"), AccessDenied, "or a role to the host"),
    ],
)
def test_each_answer_is_one_line(error: Exception, kind: type[OpsError], told: str) -> None:
    said = explain(error, "send", "s3://b/k at there")
    assert said.__class__ is kind
    assert told in str(said)
    assert str(said).startswith("cannot send: ") and "\n" not in str(said)


def test_parts_grow_where_there_would_be_too_many() -> None:
    assert part_size_of(1, 16 * MIB) == 16 * MIB
    assert part_size_of(160_000 * MIB, 16 * MIB) == 16 * MIB
    assert part_size_of(160_000 * MIB + 1, 16 * MIB) == 17 * MIB
    for size in (5 << 40, 3 << 40, (1 << 40) + 7):
        assert -(-size // part_size_of(size, 5 * MIB)) <= 10_000


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 30, 35])
def test_digests_of_parts_and_of_all(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "f").write_bytes(data)
    with (tmp_path / "f").open("rb") as file:
        digests = Digests(file.fileno(), File("f", size, hashlib.sha256(data).hexdigest()), 10)
        digests.require_right()
        pieces = [digests.piece(number).read() for number in range(1, digests.count + 1)]
        assert b"".join(pieces) == data
        md5s = [hashlib.md5(piece).digest() for piece in pieces]
        whole_etag = md5s[0].hex() if len(md5s) == 1 else f"{hashlib.md5(b''.join(md5s)).hexdigest()}-{len(md5s)}"
        assert digests.etag() == whole_etag
        with pytest.raises(Corrupt, match="another checksum here"):
            Digests(file.fileno(), File("f", size, "0" * 64), 10).require_right()


def test_a_piece_is_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"0123456789")
    with (tmp_path / "f").open("rb") as file:
        piece = Piece(file.fileno(), 3, 4)
        assert (piece.seek(0, io.SEEK_END), piece.seek(-1, io.SEEK_CUR), piece.read(), piece.read()) == (
            4,
            3,
            b"6",
            b"",
        )
        assert (piece.seek(0), piece.read(), piece.tell()) == (0, b"3456", 4)


class Cutting:
    """A bucket with one object whose answers are cut after so many bytes."""

    def __init__(self, data: bytes, each: int) -> None:
        self.data, self.each, self.asked = data, each, 0

    def told(self, key: str) -> str:
        return key

    def stream(self, key: str, offset: int, etag: str) -> Any:
        self.asked += 1
        yield self.data[offset : offset + self.each]
        raise Unreachable("cut")


def test_a_stream_goes_on_where_it_was_cut_and_not_for_ever() -> None:
    pauses: list[float] = []
    data = os.urandom(3 * MIB)
    bucket: Any = Cutting(data, MIB)
    assert b"".join(whole(bucket, "k", len(data), sleep=pauses.append)) == data
    assert bucket.asked == 3
    slow: Any = Cutting(data, 10)
    with pytest.raises(Unreachable, match="cut, 5 times in a row; 50 bytes came"):
        list(whole(slow, "k", len(data), sleep=pauses.append))
    assert sum(pauses) < 20


def test_a_service_must_say_that_it_protects() -> None:
    bucket: Any = Cutting(b"", 1)
    until, encrypted = {"ObjectLockMode": "GOVERNANCE"}, {"ServerSideEncryption": "AES256"}
    Protection({}, {}).require(bucket, "k", {})
    Protection({"ServerSideEncryption": "AES256"}, until).require(
        bucket, "k", {"ServerSideEncryption": "AES256", **until}
    )
    with pytest.raises(OpsError, match="is encrypted: k"):
        Protection(encrypted, {}).require(bucket, "k", {})
    with pytest.raises(OpsError, match="is locked: k"):
        Protection({}, until).require(bucket, "k", {"ObjectLockMode": "COMPLIANCE"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"prefix": "a/../b"},
        {"access_key": "AKIAIOSFODNN7EXAMPLE"},
        {"secret_key": "x", "secret_key_file": "/x"},
        {"endpoint_url": "ftp://x"},
        {"endpoint_url": "https://user:password@x"},
        {"part_size": 4},
        {"timeout": "soon"},
        {"object_lock_mode": "GOVERNANCE"},
        {"object_lock_mode": "GOVERNANCE", "object_lock_for": "soon"},
        {"kms_key_id": "x"},
        {"server_side_encryption": "ROT13"},
    ],
)
def test_options_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    pytest.importorskip("boto3")
    with pytest.raises(InputError) as failed:
        S3Place.of({"bucket": "b", "region": "x", **wrong}, "x")
    assert "password@" not in str(failed.value)


def test_keys_are_below_the_prefix() -> None:
    pytest.importorskip("boto3")
    for given, expected in (("", "s3://b/a%20x"), ("/p//q/", "s3://b/p/q/a%20x")):
        assert S3Place.of({"bucket": "b", "region": "x", "prefix": given}, "a%20x").where() == expected


@pytest.mark.parametrize(
    ("told", "wanted", "expected"),
    [
        ({"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": 100}, True, ("COMPLIANCE", 100)),
        ({"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": 100}, False, ("COMPLIANCE", 100)),
        ({"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": -100}, True, None),
        ({}, True, ("GOVERNANCE", 86400 - 3600)),  # it does not tell
        ({}, False, None),
    ],
)
def test_a_manifest_that_is_updated_stays_locked_as_long_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], wanted: bool, expected: Any
) -> None:
    now = float(int(time.time()))
    monkeypatch.setattr(time, "time", lambda: now)
    backup = made_toy(tmp_path / "x", now - 3601)  # it ended a second later
    put: list[Any] = []

    class Puts:
        def __init__(self, _bucket: Any, protection: Protection, *_more: Any) -> None:
            put.append(protection.lock)

        def put(self, key: str, data: bytes) -> None:
            assert (key, data) == (f"x/{backup.name}/manifest.json", (backup / "manifest.json").read_bytes())

    monkeypatch.setattr(storage_s3, "Sender", Puts)
    monkeypatch.setattr(storage_s3, "Uploads", lambda *_given: None)
    known = {
        name: datetime.fromtimestamp(now + value, timezone.utc) if isinstance(value, int) else value
        for name, value in told.items()
    }
    bucket: Any = SimpleNamespace(
        name="b", head=lambda _key: known, read=lambda _key, _most: (backup / "manifest.json").read_bytes()
    )
    options = {"object_lock_mode": "GOVERNANCE", "object_lock_for": "1d"} if wanted else {}
    S3Place(bucket, "", "x", options).update(backup)
    (lock,) = put
    if expected is None:
        assert lock == {}
    else:
        assert (lock["ObjectLockMode"], lock["ObjectLockRetainUntilDate"].timestamp() - now) == expected
