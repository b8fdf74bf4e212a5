# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live tests of storages of backups share: backups that were made by hand, and the options of the lab's S3."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import File, Manifest, Proof, write_manifest
from ansible_collections.day2.ops.tests.lab.state import S3Facts


def storage_of(facts: S3Facts, **options: Any) -> dict[str, Any]:
    """Return the option ``storage`` with a prefix of its own; options win, None takes one away."""
    given = {
        "kind": "s3",
        "bucket": facts["bucket"],
        "prefix": f"t{uuid.uuid4().hex[:8]}",
        "endpoint_url": facts["url"],
        "region": facts["region"],
        "addressing_style": "path",
        "access_key": facts["access_key"],
        "secret_key": facts["secret_key"],
        "ca_certs": facts["ca_certs"],
        "timeout": "10s",
        "part_size": 5,
        **options,
    }
    return {name: value for name, value in given.items() if value is not None}


def made_backup(
    catalog: Path, started_at: float, files: Mapping[str, bytes] | None = None, level: str = "L1", **changed: Any
) -> Path:
    """Write a backup with a right manifest, and return its folder."""
    number = changed.pop("id", uuid.uuid4().hex[:8])
    stamp = datetime.fromtimestamp(started_at, UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = catalog / f"{stamp}-{number}"
    folder.mkdir(parents=True)
    os.chmod(catalog, 0o700)
    told = []
    for name, data in (files or {"data": b"some data"}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        told.append(File(name, len(data), hashlib.sha256(data).hexdigest()))
    given: dict[str, Any] = {
        "name": catalog.name,
        "kind": "config",
        "id": number,
        "started_at": float(int(started_at)),
        "finished_at": float(int(started_at)) + 1,
        "level": level,
        "verified_at": float(int(started_at)) + 1,
        "size": sum(file.size for file in told),
        "files": tuple(told),
        "server": {"version": "1"},
        "proofs": (Proof(level, float(int(started_at)) + 1, 0.1, {}),),
        **changed,
    }
    write_manifest(folder, Manifest(**given))
    return folder
