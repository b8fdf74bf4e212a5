# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where whole backups are kept besides the folder in which they are made: a place behind one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Protocol

from .._core.errors import InputError, OpsError
from .catalog import Backup, Catalog
from .manifest import Manifest


class Corrupt(OpsError):
    """What is kept is not what the manifest says: cut, altered, gone."""


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
        """Bring the backup ``name`` into the new folder ``target``, checksums compared.

        :raises Corrupt: it is not what its manifest says. :raises OpsError: it could not be brought.
        """

    def remove(self, name: str) -> None:
        """Remove a backup, its manifest first. :raises OpsError: it is locked, or may not be removed."""

    def sweep(self) -> list[str]:
        """End the removals that were begun and not ended, and return the names of those backups."""

    def update(self, folder: Path) -> None:
        """Put the manifest in ``folder`` in the place of that there, as it was proven further."""

    def damage(self, backup: Backup) -> str:
        """Return what is plainly wrong with its files there (gone, of another size); empty when nothing is."""


def same(one: Manifest, other: Manifest) -> bool:
    """Tell whether two manifests are of the same backup, whatever was proven since."""
    return (one.id, one.kind, one.started_at, one.files) == (other.id, other.kind, other.started_at, other.files)


def _s3(options: Mapping[str, Any], name: str) -> Place:
    from .storage_s3 import S3Place

    return S3Place.of(options, name)


def _s3_names(options: Mapping[str, Any]) -> list[str]:
    from .storage_s3 import catalog_names

    return catalog_names(options)


PLACES: Mapping[str, Callable[[Mapping[str, Any], str], Place]] = {"s3": _s3}
_NAMES: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {"s3": _s3_names}


def place_of(options: Mapping[str, Any] | None, name: str) -> Place | None:
    """Return the place of the option ``storage`` for the catalogue ``name``; None when that is not given.

    :raises InputError: it is none that can be.
    """
    return None if not options else PLACES[_kind(options)](options, name)


def names_in(options: Mapping[str, Any] | None) -> list[str]:
    """Return the names of the catalogues in the option ``storage``; none when that is not given.

    :raises InputError: it is none that can be.
    """
    return [] if not options else _NAMES[_kind(options)](options)


def _kind(options: Mapping[str, Any]) -> str:
    kind = str(options.get("kind", "s3"))
    if kind not in PLACES:
        raise InputError(f"storage: kind: expected {' or '.join(PLACES)}", on=kind)
    return kind
