# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of the kind backup, of a catalogue in a real server of the S3 protocol."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import place_of
from ansible_collections.day2.ops.plugins.module_utils._checks import backup as kind
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.tests.lab.s3_server import client
from ansible_collections.day2.ops.tests.lab.state import S3Facts

from .backups_s3_help import made_backup, storage_of


def values_of(storage: dict[str, Any], catalog: str = "a web") -> dict[str, Any]:
    options = kind.SPEC.validate({"storage": storage, "catalog": catalog}, "backup")
    return dict(kind.probe(options, None))  # type: ignore[arg-type]


def test_the_newest_backup_in_a_bucket(s3: S3Facts, tmp_path: Path) -> None:
    storage = storage_of(s3)
    with pytest.raises(OpsError, match="there is no backup"):
        values_of(storage)
    place = place_of(storage, "a%20web")
    assert place is not None
    folder = made_backup(tmp_path / "a%20web", time.time() - 600)
    place.send(folder)
    values = values_of(storage)
    assert (values["newest"], values["level"], values["damage"]) == (folder.name, "L1", "none")
    assert 590 < values["age"] < 700
    client(s3).delete_object(Bucket=s3["bucket"], Key=f"{storage['prefix']}/a%20web/{folder.name}/data")
    assert values_of(storage)["damage"] == "data is not there"


def test_one_place_is_meant() -> None:
    for given in ({}, {"storage": {"bucket": "b"}}, {"path": "/x", "storage": {"bucket": "b"}, "catalog": "x"}):
        with pytest.raises(InputError):
            kind.SPEC.validate(given, "backup")
