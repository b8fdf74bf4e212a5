# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups in a STAND-IN for Amazon S3 (moto's server), for what that does and other servers do not.

ETags of parts that are MD5s of MD5s, ETags that are no MD5 (KMS), object lock with versions.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import storage_s3_sending
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import Place, place_of
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, OpsError
from ansible_collections.day2.ops.tests.lab.state import UrlFacts

from .backups_s3_help import made_backup
from .sqs_help import KEY, SECRET

BIG = os.urandom(6 << 20)


@pytest.fixture
def bucket(sqs: UrlFacts) -> dict[str, Any]:
    """The option ``storage`` for a new bucket that locks."""
    name = f"b{uuid.uuid4().hex[:12]}"
    boto3.client(
        "s3", endpoint_url=sqs["url"], region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    ).create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return {
        "bucket": name,
        "endpoint_url": sqs["url"],
        "region": "us-east-1",
        "addressing_style": "path",
        "access_key": KEY,
        "secret_key": SECRET,
        "part_size": 5,
    }


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return made_backup(tmp_path / "x", time.time() - 60, {"big": BIG, "small": b"s"})


@pytest.fixture
def read_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The keys of the objects that are read back as their ETag did not tell."""
    read: list[str] = []
    real = storage_s3_sending._sha256

    def noted(bucket: Any, key: str, size: int) -> str:
        read.append(key)
        return real(bucket, key, size)

    monkeypatch.setattr(storage_s3_sending, "_sha256", noted)
    yield read


def place(options: dict[str, Any], **more: Any) -> Place:
    found = place_of({**options, **more}, "x")
    assert found is not None
    return found


def test_an_etag_of_parts_is_compared_without_reading(
    bucket: dict[str, Any], backup: Path, read_keys: list[str], tmp_path: Path
) -> None:
    place(bucket).send(backup)
    assert read_keys == []
    place(bucket).fetch(backup.name, tmp_path / "back")
    assert (tmp_path / "back" / "big").read_bytes() == BIG


def test_what_kms_encrypts_is_read_back_where_the_etag_is_no_md5(
    bucket: dict[str, Any], backup: Path, monkeypatch: pytest.MonkeyPatch, read_keys: list[str]
) -> None:
    monkeypatch.setattr(storage_s3_sending.Digests, "etag", lambda self: "another")
    place(bucket, server_side_encryption="aws:kms").send(backup)
    assert sorted(key.rpartition("/")[2] for key in read_keys) == ["big", "small"]
    assert len(place(bucket).catalog().backups) == 1


def test_objects_are_locked_with_the_service(bucket: dict[str, Any], tmp_path: Path) -> None:
    backup = made_backup(tmp_path / "x", time.time() - 60)  # moto forgets to lock what comes in parts
    locking = place(bucket, object_lock_mode="COMPLIANCE", object_lock_for="1d")
    locking.send(backup)
    with pytest.raises(AccessDenied, match="it is locked until 20"):
        locking.remove(backup.name)
    client = boto3.client(
        "s3",
        endpoint_url=bucket["endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    key = f"x/{backup.name}/manifest.json"
    before = client.head_object(Bucket=bucket["bucket"], Key=key)
    place(bucket, object_lock_mode="COMPLIANCE", object_lock_for="9d").update(backup)  # a new version
    after = client.head_object(Bucket=bucket["bucket"], Key=key)
    assert after["VersionId"] != before["VersionId"]
    assert after["ObjectLockRetainUntilDate"] == before["ObjectLockRetainUntilDate"]
    assert len(locking.catalog().backups) == 1


def test_what_the_service_did_not_lock_is_told(bucket: dict[str, Any], backup: Path) -> None:
    with pytest.raises(OpsError, match="does not say that the object is locked"):
        place(bucket, object_lock_mode="GOVERNANCE", object_lock_for="1d").send(backup)
    assert not place(bucket).catalog().backups
