# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Backups in a bucket: ``<prefix>/<name>/<UTC timestamp>-<id>/`` with the same files as on a host."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from .._core.durations import seconds_of
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable
from .._core.files import atomic_write, fsync_folder
from .._core.moments import written_utc
from .catalog import MAX_BACKUPS, Backup, Catalog, Refused, is_backup_name
from .draft import require_space
from .manifest import FILE_NAME, MAX_BYTES, File, Manifest, failure, parse
from .storage import Corrupt, same
from .storage_s3_bucket import SPEC, Bucket
from .storage_s3_receiving import receive
from .storage_s3_sending import Protection, Sender, Uploads

# An empty object of that name and the backup's beside it: whoever comes next goes on with its removal.
REMOVING = ".removing-"
_WORKERS = 8
_ABANDONED = 86400.0  # seconds: uploads that are older are nobody's


class S3Place:
    """A catalogue in a bucket; see :class:`Place`."""

    def __init__(self, bucket: Bucket, prefix: str, name: str, options: Mapping[str, Any]) -> None:
        self._bucket = bucket
        self._root = f"{prefix}{name}/"
        self._options = options

    @classmethod
    def of(cls, given: Mapping[str, Any], name: str) -> S3Place:
        """Return the place that the option ``storage`` means. :raises InputError: it is none that can be."""
        options = SPEC.validate(given, "storage")
        if options.get("object_lock_for") is not None:
            seconds_of("storage: object_lock_for", options["object_lock_for"])
        return cls(_bucket(options), _prefix(options), name, options)

    def where(self) -> str:
        """See Place.where."""
        return f"s3://{self._bucket.name}/{self._root.rstrip('/')}"

    def catalog(self) -> Catalog:
        """See Place.catalog."""
        folders, objects = self._bucket.level(self._root)
        going = {name[len(REMOVING) :] for name in objects if name.startswith(REMOVING)}
        names = sorted((name for name in folders if is_backup_name(name) and name not in going), reverse=True)
        if len(names) > MAX_BACKUPS:
            raise OpsError(f"more than {MAX_BACKUPS} backups", on=self.where(), advice="let old ones go")
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = list(pool.map(self._found, names))
        backups = [one for one in found if isinstance(one, Backup)]
        refused = [one for one in found if isinstance(one, Refused)]
        return Catalog(sorted(backups, key=lambda one: one.manifest.finished_at, reverse=True), refused)

    def _found(self, name: str) -> Backup | Refused:
        try:
            return Backup(Path(name), self._manifest(name))
        except NotThere:
            return Refused(name, "it has no manifest")
        except (AccessDenied, Unreachable):
            raise
        except OpsError as error:
            return Refused(name, error.failed)

    def _manifest(self, name: str) -> Manifest:
        return parse(self._bucket.read(self._key(name, FILE_NAME), MAX_BYTES))

    def _key(self, name: str, path: str = "") -> str:
        return f"{self._root}{name}/{path}"

    def send(self, folder: Path) -> Mapping[str, Any]:
        """See Place.send."""
        name, data = folder.name, _written(folder)
        manifest = parse(data)
        begin = time.monotonic()
        if self._is_there(name, manifest):
            return {"sent": 0, "seconds": 0.0}
        there = {one.key: one for one in self._bucket.listed(self._key(name))}
        uploads = Uploads(self._bucket, self._root)
        uploads.abort_older(time.time() - _ABANDONED, but=self._key(name))
        sender = Sender(self._bucket, self._protection(), there, uploads)
        for file in manifest.files:
            sender.send(folder / file.path, file, self._key(name, file.path))
        sender.put(self._key(name, FILE_NAME), data)
        return {"sent": sender.sent, "seconds": round(time.monotonic() - begin, 3)}

    def _is_there(self, name: str, manifest: Manifest) -> bool:
        """Tell whether that backup is there. :raises OpsError: another one is, under its name."""
        try:
            known = self._manifest(name)
        except NotThere:
            return False
        if not same(known, manifest):
            raise OpsError("another backup of that name is there; it is not changed", on=f"{self.where()}/{name}")
        return True

    def _protection(self) -> Protection:
        options = self._options
        encryption = {
            "ServerSideEncryption": options.get("server_side_encryption"),
            "SSEKMSKeyId": options.get("kms_key_id"),
        }
        lock: dict[str, Any] = {}
        if options.get("object_lock_mode"):
            until = time.time() + seconds_of("storage: object_lock_for", options["object_lock_for"])
            lock = {
                "ObjectLockMode": options["object_lock_mode"],
                "ObjectLockRetainUntilDate": datetime.fromtimestamp(int(until), timezone.utc),
            }
        return Protection({name: value for name, value in encryption.items() if value}, lock)

    def fetch(self, name: str, target: Path) -> None:
        """See Place.fetch."""
        data = self._bucket.read(self._key(name, FILE_NAME), MAX_BYTES)
        manifest = parse(data)
        require_space(target.parent, manifest.size)
        target.mkdir(mode=0o700)
        for file in manifest.files:
            self._fetch_file(name, target, file)
        atomic_write(target / FILE_NAME, data)
        fsync_folder(target.parent)

    def _fetch_file(self, name: str, target: Path, file: File) -> None:
        try:
            receive(self._bucket, self._key(name, file.path), target / file.path, file)
        except NotThere as error:
            raise Corrupt(f"{file.path} is not there", on=error.on) from error

    def remove(self, name: str) -> None:
        """See Place.remove."""
        self._require_unlocked(name)
        self._bucket.call("put_object", "mark for removal", name, Key=f"{self._root}{REMOVING}{name}", Body=b"")
        self._finish_removal(name)

    def _require_unlocked(self, name: str) -> None:
        try:
            told = self._bucket.head(self._key(name, FILE_NAME))
        except NotThere:
            return
        until = told.get("ObjectLockRetainUntilDate")
        if until is not None and until.timestamp() > time.time():
            raise AccessDenied(f"it is locked until {written_utc(until.timestamp())}", on=f"{self.where()}/{name}")

    def _finish_removal(self, name: str) -> None:
        manifest = self._key(name, FILE_NAME)
        self._delete(manifest)
        self._delete_all([one.key for one in self._bucket.listed(self._key(name)) if one.key != manifest])
        Uploads(self._bucket, self._key(name)).abort_all()
        self._delete(f"{self._root}{REMOVING}{name}")

    def _delete_all(self, keys: Sequence[str]) -> None:
        # one by one: not every service knows how to delete many in one request
        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(self._delete, keys))

    def _delete(self, key: str) -> None:
        self._bucket.call("delete_object", "remove", key, Key=key)

    def sweep(self) -> list[str]:
        """See Place.sweep."""
        _folders, objects = self._bucket.level(self._root)
        names = [name[len(REMOVING) :] for name in objects if name.startswith(REMOVING)]
        names = [name for name in names if is_backup_name(name)]
        for name in names:
            self._finish_removal(name)
        return names

    def update(self, folder: Path) -> None:
        """See Place.update."""
        data = _written(folder)
        manifest = parse(data)
        if not self._is_there(folder.name, manifest):
            raise NotThere("the backup is not there any more", on=f"{self.where()}/{folder.name}")
        protection = self._protection()
        protection = replace(protection, lock=self._lock_of(folder.name, manifest, protection.lock))
        uploads = Uploads(self._bucket, self._key(folder.name))
        Sender(self._bucket, protection, {}, uploads).put(self._key(folder.name, FILE_NAME), data)

    def _lock_of(self, name: str, manifest: Manifest, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return how the manifest of a backup that is there is to be locked: as long as it is, not anew from now.

        Else each proof would keep the backup from being let go. Where the service does not tell, the time is counted
        from when the backup was made.
        """
        told = self._bucket.head(self._key(name, FILE_NAME))
        mode, until = told.get("ObjectLockMode"), told.get("ObjectLockRetainUntilDate")
        if until is None and wanted:
            mode = wanted["ObjectLockMode"]
            seconds = manifest.finished_at + seconds_of("storage: object_lock_for", self._options["object_lock_for"])
            until = datetime.fromtimestamp(int(seconds), timezone.utc)
        if until is None or until.timestamp() <= time.time():
            return {}
        return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}

    def damage(self, backup: Backup) -> str:
        """See Place.damage."""
        failed = failure(backup.manifest)
        if failed:
            return failed
        name = backup.folder.name
        sizes = {one.key: one.size for one in self._bucket.listed(self._key(name))}
        for file in backup.manifest.files:
            size = sizes.get(self._key(name, file.path))
            if size is None:
                return f"{file.path} is not there"
            if size != file.size:
                return f"{file.path} has {size} bytes, the manifest says {file.size}"
        return ""


def catalog_names(given: Mapping[str, Any]) -> list[str]:
    """Return the names of the catalogues in the bucket that the option ``storage`` means."""
    options = SPEC.validate(given, "storage")
    folders, _objects = _bucket(options).level(_prefix(options))
    return sorted(folders)


def _bucket(options: Mapping[str, Any]) -> Bucket:
    """Return the bucket; one of the same options is made once, as that takes half a second of work."""
    return _made(json.dumps({**options, "prefix": ""}, sort_keys=True))


@lru_cache(maxsize=8)
def _made(options: str) -> Bucket:
    return Bucket(json.loads(options))


def _prefix(options: Mapping[str, Any]) -> str:
    """Return what keys begin with: nothing, or text that ends in a slash. :raises InputError: it leads elsewhere."""
    parts = [part for part in str(options["prefix"]).split("/") if part]
    if any(part in (".", "..") for part in parts):
        raise InputError("storage: prefix: expected names without . and ..", on=str(options["prefix"]))
    return "".join(f"{part}/" for part in parts)


def _written(folder: Path) -> bytes:
    try:
        return (folder / FILE_NAME).read_bytes()
    except OSError as error:
        raise OpsError(f"cannot read the manifest ({error.strerror})", on=str(folder)) from error
