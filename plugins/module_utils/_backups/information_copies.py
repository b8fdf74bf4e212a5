# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The copies of backups that there are: on this host, in a storage, or in both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import AccessDenied, NotThere
from .catalog import Backup, Catalog, damage, read_catalog
from .draft import catalog_folder
from .options import catalog_name, root_of
from .storage import Place, names_in, place_of

LOCAL, STORAGE, ANY = "local", "storage", "any"


@dataclass(frozen=True)
class Copy:
    """One copy of a backup; ``place`` is None for one on this host."""

    backup: Backup
    place: Place | None

    @property
    def where(self) -> str:
        """Where it is: ``local`` or ``storage``."""
        return LOCAL if self.place is None else STORAGE

    def damage(self) -> str:
        """Return what is plainly wrong with it, see :func:`.catalog.damage`; empty when nothing is."""
        return damage(self.backup) if self.place is None else self.place.damage(self.backup)


@dataclass(frozen=True)
class Copies:
    """The copies of one catalogue.

    :param name: of its folder. :param folder: on this host, which may be missing. :param place: None without storage.
    """

    name: str
    folder: Path
    place: Place | None
    here: Catalog
    there: Catalog

    def of(self, source: str) -> list[Copy]:
        """Return the copies to read, the newest first: with ``any`` one of each backup, that on this host first."""
        here = [] if source == STORAGE else [Copy(backup, None) for backup in self.here.backups]
        known = {copy.backup.folder.name for copy in here}
        there = [] if source == LOCAL else [Copy(backup, self.place) for backup in self.there.backups]
        both = [*here, *(copy for copy in there if copy.backup.folder.name not in known)]
        return sorted(both, key=lambda copy: copy.backup.manifest.finished_at, reverse=True)

    def other(self, copy: Copy) -> Copy | None:
        """Return the other copy of the same backup."""
        others = self.there.backups if copy.place is None else self.here.backups
        place = self.place if copy.place is None else None
        found = [Copy(backup, place) for backup in others if backup.folder.name == copy.backup.folder.name]
        return found[0] if found else None


def copies_of(options: Mapping[str, Any], name: str) -> Copies:
    """Return the copies of the catalogue whose folder is named ``name``; there may be none.

    :raises OpsError: it cannot be looked at, here or in the storage.
    """
    folder = catalog_folder(root_of(options), name, make=False)
    place = place_of(options.get("storage"), name)
    here = read_catalog(folder) if folder.is_dir() else Catalog([], [])
    there = Catalog([], []) if place is None else place.catalog()
    return Copies(name, folder, place, here, there)


def catalog_names(options: Mapping[str, Any]) -> list[str]:
    """Return the names of the catalogues' folders that ``options`` mean: that of ``name``, or all here and there.

    :raises NotThere: there is no such folder, and no storage. :raises OpsError: they cannot be listed.
    """
    if options.get("name") is not None:
        return [catalog_name(options["name"], "")]
    names = set(names_in(options.get("storage")))
    root = root_of(options)
    try:
        with os.scandir(root) as entries:
            names |= {one.name for one in entries if one.is_dir(follow_symlinks=False) and one.name[0] != "."}
    except FileNotFoundError as error:
        if not options.get("storage"):
            raise NotThere("no such folder of backups", on=str(root)) from error
    except OSError as error:
        raise AccessDenied(f"cannot list the folder ({error.strerror})", on=str(root)) from error
    return sorted(names)
