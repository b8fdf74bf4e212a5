# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of configuration through the whole of it: made, sent to S3, kept or let go, told, proven from there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import config_backup, information, verification
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import place_of
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.s3_server import client
from ansible_collections.day2.ops.tests.lab.state import S3Facts

from .backups_s3_help import made_backup, storage_of


@pytest.fixture
def there(tmp_path: Path, s3: S3Facts) -> dict[str, Any]:
    """Where backups are: a folder and a prefix of their own."""
    return {"path": str(tmp_path / "backups"), "name": "web", "storage": storage_of(s3)}


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "conf").write_text("port = 1\n")
    return folder


def back_up(etc: Path, there: dict[str, Any], check_mode: bool = False, **options: Any) -> Result:
    given = {"paths": [str(etc)], **there, **options}
    return config_backup.operate(config_backup.SPEC.validate(given, "config_backup"), check_mode)


def look(there: dict[str, Any], **options: Any) -> dict[str, Any]:
    result = information.operate(information.SPEC.validate({**there, **options}, "backup_info"))
    return dict(result.data)


def verify(there: dict[str, Any], **options: Any) -> Result:
    return verification.operate(verification.SPEC.validate({**there, **options}, "backup_verify"), False)


def change(etc: Path, number: int) -> None:
    (etc / "conf").write_text(f"port = {number}\n")


def test_backups_are_in_both_places_and_let_go_in_each(etc: Path, there: dict[str, Any]) -> None:
    folder = Path(there["path"]) / "web"
    old = [made_backup(folder, time.time() - hours * 3600) for hours in (5, 4, 3)]
    first = back_up(etc, there)
    assert first.data["storage"]["backups"] == [
        first.data["backup"]
    ]  # the storage was empty: the newest alone goes there
    change(etc, 2)
    planned = back_up(etc, there, check_mode=True, retention={"last": 2})
    gone = [one["backup"] for one in planned.data["removed"]]
    assert gone == [folder.name for folder in old]
    second = back_up(etc, there, retention={"last": 2})
    assert [one["backup"] for one in second.data["removed"]] == gone
    (catalog,) = look(there, name=None)["catalogs"]
    assert [(row["backup"], row["where"]) for row in catalog["backups"]] == [
        (second.data["backup"], ["local", "storage"]),
        (first.data["backup"], ["local", "storage"]),
    ]
    assert not back_up(etc, there).changed
    change(etc, 3)
    third = back_up(etc, there, retention={"last": 1})
    assert sorted(one["where"].partition(":")[0] for one in third.data["removed"]) == [str(folder)] * 2 + ["s3"] * 2


def test_the_local_one_goes_only_when_the_other_is_there(
    etc: Path, there: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(there["path"]) / "web"
    with pytest.raises(InputError, match="keep_local"):
        back_up(etc, {**there, "storage": None}, keep_local=False)
    lost = {**there, "storage": {**there["storage"], "bucket": "no-such-bucket"}}
    with pytest.raises(OpsError, match="there is no such bucket"):
        back_up(etc, lost, keep_local=False)
    made = back_up(etc, there, keep_local=False)
    assert (made.data["path"], read_catalog(folder).backups) == (None, [])
    assert not back_up(etc, there, keep_local=False).changed  # compared with that in the storage
    (catalog,) = look(there)["catalogs"]
    assert [row["where"] for row in catalog["backups"]] == [["storage"]]


def test_what_did_not_come_to_the_storage_is_sent_by_the_next_run(etc: Path, there: dict[str, Any]) -> None:
    back_up(etc, there)
    change(etc, 2)
    broken = {**there, "storage": {**there["storage"], "endpoint_url": "https://localhost:1"}}
    with pytest.raises(OpsError) as failed:
        back_up(etc, {**there, "storage": None})
        back_up(etc, broken)
    assert "no answer" in str(failed.value)
    (catalog,) = look(there)["catalogs"]
    assert [row["where"] for row in catalog["backups"]] == [["local"], ["local", "storage"]]
    again = back_up(etc, there)
    assert (again.changed, len(again.data["storage"]["backups"])) == (True, 1)
    assert not back_up(etc, there).changed


def test_a_drill_from_the_storage_is_written_down_in_both(etc: Path, there: dict[str, Any]) -> None:
    made = back_up(etc, there, verify="L1")
    done = verify(there, source="storage", level="L4", objectives={"rto": "15m", "rpo": "1h"})
    assert (done.failed, done.data["level"], done.data["where"]) == (False, "L4", "storage")
    assert done.data["rto_seconds"] >= done.data["fetch_seconds"] > 0
    place = place_of(there["storage"], "web")
    assert place is not None
    assert place.catalog().backups[0].manifest.level == "L4"
    assert read_catalog(Path(made.data["path"]).parent).backups[0].manifest.level == "L4"
    assert [path.name for path in Path(there["path"]).iterdir()] == ["web"]  # what was fetched is gone


def test_a_copy_that_is_broken_there_is_marked_there_alone(etc: Path, there: dict[str, Any], s3: S3Facts) -> None:
    made = back_up(etc, there)
    prefix = there["storage"]["prefix"]
    stored = Path(s3["data_dir"], s3["bucket"], prefix, "web", made.data["backup"], made.data["files"][0])
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.write_bytes(data)
    done = verify(there, source="storage")
    assert (done.failed, done.data["level_failed"], done.data["level"]) == (True, "L1", "L0")
    assert not verify(there).failed  # that on the host
    told = verify(there, all=True, source="storage", name=None)
    assert (told.failed, len(told.data["verified"])) == (True, 1)
    one = look(there, backup="newest")["backup"]
    assert [copy["damage"][:9] for copy in one["copies"]] == ["", "L1 failed"]


def test_many_backups_in_a_bucket_are_told_in_seconds(there: dict[str, Any], s3: S3Facts, tmp_path: Path) -> None:
    backup = made_backup(tmp_path / "web", time.time() - 60)
    bucket, data = client(s3), (backup / "manifest.json").read_bytes()
    root = f"{there['storage']['prefix']}/web"
    keys = [f"{root}/20260101T{number // 60:02}{number % 60:02}00Z-x/manifest.json" for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: bucket.put_object(Bucket=s3["bucket"], Key=key, Body=data), keys))
    begin = time.process_time()
    assert look({**there, "path": str(tmp_path)})["catalogs"][-1]["count"] == 201
    assert time.process_time() - begin < 30  # it takes about 1 s
