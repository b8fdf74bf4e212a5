# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups in a real server of the S3 protocol: sent whole, gone on with, compared, fetched, removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import storage_s3_sending
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import FILE_NAME
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import Corrupt, Place, names_in, place_of
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.tests.lab.s3_server import client
from ansible_collections.day2.ops.tests.lab.state import S3Facts

from .backups_s3_help import made_backup, storage_of

BIG = os.urandom(11 << 20)  # three parts of 5 MiB


@pytest.fixture
def storage(s3: S3Facts) -> dict[str, Any]:
    return storage_of(s3)


@pytest.fixture
def place(storage: dict[str, Any]) -> Place:
    found = place_of(storage, "my%20words")
    assert found is not None
    return found


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return made_backup(tmp_path / "my%20words", time.time() - 60, {"big": BIG, "small": b"s", "dump/a b": b""})


def keys(s3: S3Facts, storage: dict[str, Any]) -> list[str]:
    found = client(s3).list_objects_v2(Bucket=s3["bucket"], Prefix=storage["prefix"] + "/").get("Contents", [])
    return sorted(str(entry["Key"]).partition("/")[2] for entry in found)


def file_of(s3: S3Facts, storage: dict[str, Any], backup: Path, name: str) -> Path:
    return Path(s3["data_dir"], s3["bucket"], storage["prefix"], "my%20words", backup.name, name)


def test_a_backup_goes_there_and_comes_back_whole(
    s3: S3Facts, storage: dict[str, Any], place: Place, backup: Path, tmp_path: Path
) -> None:
    done = place.send(backup)
    assert done["sent"] == len(BIG) + 1 + (backup / FILE_NAME).stat().st_size
    assert f"my%20words/{backup.name}/dump/a b" in keys(s3, storage)
    (known,) = place.catalog().backups
    assert known.folder.name == backup.name
    assert place.damage(known) == ""
    assert names_in(storage) == ["my%20words"]
    place.fetch(backup.name, tmp_path / backup.name)
    (here,) = read_catalog(tmp_path).backups
    assert here.manifest == known.manifest
    assert (tmp_path / backup.name / "big").read_bytes() == BIG
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / backup.name).rglob("*")} == {0}
    assert place.send(backup)["sent"] == 0


def test_a_broken_upload_is_gone_on_with(
    s3: S3Facts, place: Place, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = storage_s3_sending.Sender._part

    def cut(self: Any, key: str, digests: Any, upload: str, number: int) -> tuple[int, str]:
        if number == 3:
            raise Unreachable("the network was cut")
        return part(self, key, digests, upload, number)

    monkeypatch.setattr(storage_s3_sending.Sender, "_part", cut)
    with pytest.raises(Unreachable):
        place.send(backup)
    assert not place.catalog().backups
    assert [one.why for one in place.catalog().refused] in ([], ["it has no manifest"])
    monkeypatch.undo()
    sent = place.send(backup)["sent"]
    assert sent == len(BIG) - (10 << 20) + 1 + (backup / FILE_NAME).stat().st_size
    assert len(place.catalog().backups) == 1
    assert not client(s3).list_multipart_uploads(Bucket=s3["bucket"]).get("Uploads")


# Sends the backup in the folder argv[2] to the storage argv[1], and gets no further than the second part.
STUCK = """
import json, pathlib, sys, threading
from ansible_collections.day2.ops.plugins.module_utils._backups import storage_s3_sending
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import place_of
part = storage_s3_sending.Sender._part
def stuck(self, key, digests, upload, number):
    if number > 2:
        print("stuck", flush=True)
        threading.Event().wait()
    return part(self, key, digests, upload, number)
storage_s3_sending.Sender._part = stuck
storage_s3_sending._WORKERS = 1
place_of(json.loads(sys.argv[1]), "my%20words").send(pathlib.Path(sys.argv[2]))
"""


def test_what_a_killed_sender_left_is_gone_on_with(storage: dict[str, Any], place: Place, backup: Path) -> None:
    argv = [sys.executable, "-c", STUCK, json.dumps(storage), str(backup)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None and sender.stdout.readline() == b"stuck\n"
        sender.kill()
    assert not place.catalog().backups
    assert place.send(backup)["sent"] == len(BIG) - (10 << 20) + 1 + (backup / FILE_NAME).stat().st_size
    assert [place.damage(one) for one in place.catalog().backups] == [""]


def test_abandoned_uploads_of_other_backups_are_ended(
    s3: S3Facts, storage: dict[str, Any], place: Place, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"{storage['prefix']}/my%20words/20200101T000000Z-x/data"
    client(s3).create_multipart_upload(Bucket=s3["bucket"], Key=key)
    place.send(backup)
    assert client(s3).list_multipart_uploads(Bucket=s3["bucket"]).get("Uploads")
    monkeypatch.setattr("time.time", lambda real=time.time: real() + 2 * 86400)
    uploads = storage_s3_sending.Uploads(place._bucket, f"{storage['prefix']}/my%20words/")  # type: ignore[attr-defined]
    assert uploads.abort_older(time.time() - 86400, but="other") == 1
    assert not client(s3).list_multipart_uploads(Bucket=s3["bucket"]).get("Uploads")


def test_what_was_altered_there_is_seen(
    s3: S3Facts, storage: dict[str, Any], place: Place, backup: Path, tmp_path: Path
) -> None:
    place.send(backup)
    stored = file_of(s3, storage, backup, "big")
    data = bytearray(BIG)
    data[7 << 20] ^= 4
    stored.write_bytes(data)
    with pytest.raises(Corrupt, match="big has another checksum"):
        place.fetch(backup.name, tmp_path / backup.name)
    assert not (tmp_path / backup.name / FILE_NAME).exists()
    client(s3).delete_object(Bucket=s3["bucket"], Key=f"{storage['prefix']}/my%20words/{backup.name}/big")
    (known,) = place.catalog().backups
    assert place.damage(known) == "big is not there"
    with pytest.raises(Corrupt, match="big is not there"):
        place.fetch(backup.name, tmp_path / "again")


def test_what_was_altered_here_is_not_sent(place: Place, backup: Path) -> None:
    (backup / "big").write_bytes(BIG[:-1] + b"?")
    with pytest.raises(Corrupt, match="big has another checksum here"):
        place.send(backup)
    (backup / "big").write_bytes(BIG[:-1])
    with pytest.raises(Corrupt, match="big is no file of"):
        place.send(backup)
    assert not place.catalog().backups


def test_a_backup_that_is_there_is_never_changed_but_its_proofs_are(place: Place, backup: Path) -> None:
    place.send(backup)
    text = (backup / FILE_NAME).read_bytes()
    os.rename(backup, backup.with_name("away"))
    other = made_backup(backup.parent, time.time() - 60, id=backup.name.partition("-")[2])
    os.rename(other, backup)
    with pytest.raises(OpsError, match="another backup of that name is there"):
        place.send(backup)
    with pytest.raises(OpsError, match="another backup of that name is there"):
        place.update(backup)
    (backup.with_name("away") / FILE_NAME).write_bytes(text)
    os.rename(backup, backup.with_name("other"))
    os.rename(backup.with_name("away"), backup)
    place.update(backup)


def test_removal_takes_the_manifest_first_and_is_gone_on_with(
    s3: S3Facts, storage: dict[str, Any], place: Place, backup: Path
) -> None:
    place.send(backup)
    bucket, root = s3["bucket"], f"{storage['prefix']}/my%20words/"
    client(s3).put_object(Bucket=bucket, Key=f"{root}.removing-{backup.name}", Body=b"")
    assert not place.catalog().backups  # it was begun
    assert place.sweep() == [backup.name]
    assert keys(s3, storage) == []
    place.send(backup)
    place.remove(backup.name)
    assert keys(s3, storage) == []


def test_manifests_that_cannot_be_trusted_are_told(
    s3: S3Facts, storage: dict[str, Any], place: Place, backup: Path
) -> None:
    place.send(backup)
    key = f"{storage['prefix']}/my%20words/20300101T000000Z-x/{FILE_NAME}"
    client(s3).put_object(Bucket=s3["bucket"], Key=key, Body=(backup / FILE_NAME).read_bytes()[:-9])
    found = place.catalog()
    assert [one.folder.name for one in found.backups] == [backup.name]
    assert [(one.name, one.why) for one in found.refused] == [("20300101T000000Z-x", "the manifest is cut or no JSON")]


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        ({"bucket": "no-such-bucket"}, NotThere, "there is no such bucket"),
        ({"secret_key": "wrong-" * 6}, AccessDenied, "SignatureDoesNotMatch"),
        ({"access_key": "AKIA0000000000000000"}, AccessDenied, "InvalidAccessKeyId"),
        ({"ca_certs": "wrong_ca"}, AccessDenied, "CERTIFICATE_VERIFY_FAILED"),
        ({"endpoint_url": "https://localhost:1"}, Unreachable, "no answer"),
        ({"bucket": "Not a bucket"}, InputError, "Invalid bucket name"),
    ],
)
def test_what_goes_wrong_is_one_line_without_the_secret(
    s3: S3Facts, wrong: dict[str, str], kind: type[OpsError], told: str
) -> None:
    given = {**wrong, **({"ca_certs": s3["wrong_ca"]} if "ca_certs" in wrong else {})}
    options = storage_of(s3, timeout="2s", **given)
    with pytest.raises(kind, match=told) as failed:
        place_of(options, "x").catalog()  # type: ignore[union-attr]
    assert options["secret_key"] not in str(failed.value)


def test_what_is_locked_is_not_removed(s3: S3Facts, backup: Path) -> None:
    place = place_of(storage_of(s3, object_lock_mode="GOVERNANCE", object_lock_for="1d"), "x")
    assert place is not None
    place.send(backup)
    with pytest.raises(AccessDenied, match="it is locked until 20"):
        place.remove(backup.name)
    assert len(place.catalog().backups) == 1


@pytest.fixture
def cut_streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Each answer is cut after 3 MB."""
    from ansible_collections.day2.ops.plugins.module_utils._backups import storage_s3_receiving
    from ansible_collections.day2.ops.plugins.module_utils._backups.storage_s3_bucket import Bucket

    offsets: list[int] = []
    real = Bucket.stream

    def stream(self: Bucket, key: str, offset: int = 0, etag: str = "") -> Iterator[bytes]:
        if not key.endswith("big"):
            yield from real(self, key, offset, etag)
            return
        offsets.append(offset)
        size = 0
        for piece in real(self, key, offset, etag):
            yield piece
            size += len(piece)
            if size > 3 << 20:
                raise Unreachable("cut")

    monkeypatch.setattr(Bucket, "stream", stream)
    monkeypatch.setattr(storage_s3_receiving, "_PAUSE", 0)
    yield offsets


def test_a_cut_connection_is_gone_on_with(place: Place, backup: Path, tmp_path: Path, cut_streams: list[int]) -> None:
    place.send(backup)  # this server's ETag is of another kind, so that what is there is read
    assert len(cut_streams) >= 4
    cut_streams.clear()
    place.fetch(backup.name, tmp_path / backup.name)
    assert cut_streams == sorted(set(cut_streams))
    assert (tmp_path / backup.name / "big").read_bytes() == BIG
