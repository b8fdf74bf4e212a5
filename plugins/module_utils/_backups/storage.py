# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where whole backups are kept besides the folder in which they are made: a place behind one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Protocol

from .._core.argspec import ArgSpec
from .catalog import Catalog

SPEC = ArgSpec(options={"kind": {"type": "str", "required": True, "choices": ["s3"]}})


class Place(Protocol):
    """Keeps backups of one catalogue. A backup is there when its manifest is, which is put there last."""

    def where(self) -> str:
        """Return the place for messages: ``s3://bucket/prefix/name``."""

    def catalog(self) -> Catalog:
        """Return what is there; a backup's folder has the name only, its files are not on this host."""

    def send(self, folder: Path) -> Mapping[str, Any]:
        """Put the backup in ``folder`` there, what a broken try left is gone on with; return what was done.

        :raises OpsError: it could not be put there whole. A backup that is there is never changed.
        """

    def fetch(self, name: str, target: Path) -> None:
        """Bring the backup ``name`` into the new folder ``target``, checksums compared. :raises OpsError: not so."""

    def remove(self, name: str) -> None:
        """Remove a backup, its manifest first. :raises OpsError: it is locked, or may not be removed."""

    def update(self, folder: Path) -> None:
        """Put the manifest in ``folder`` in the place of that there, as it was proven further."""


def _s3(options: Mapping[str, Any], name: str) -> Place:
    from .storage_s3 import S3Place

    return S3Place.of(options, name)


PLACES: Mapping[str, Callable[[Mapping[str, Any], str], Place]] = {"s3": _s3}


def place_of(options: Mapping[str, Any] | None, name: str) -> Place | None:
    """Return the place of the option ``storage`` for the catalogue ``name``; None when that is not given.

    :raises InputError: it is none that can be.
    """
    if not options:
        return None
    kind = str(options.get("kind", "s3"))
    SPEC.validate({"kind": kind}, "storage")
    return PLACES[kind]({**options, "kind": kind}, name)
