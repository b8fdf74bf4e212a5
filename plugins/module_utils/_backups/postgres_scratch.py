# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A database that a backup is restored into to try it, wherever that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core.libraries import load
from .manifest import Manifest
from .postgres_restore_database import create_like, source_properties
from .postgres_tools import Tools

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Scratch:
    """A database that a backup is restored into.

    :param place: where it is, for people. :param login: into it, as postgres_connection.SPEC has it.
    :param version: ``server_version_num``. :param tools: programs that fit. :param folder: a passing one, ours alone.
    :param roles: whether the roles are there that own what is restored. :param own: whether the server is ours alone.
    :param notes: what differs from the source, in words.
    """

    place: str
    login: Mapping[str, Any]
    version: int
    tools: Tools
    folder: Path
    roles: bool
    own: bool
    notes: Sequence[str] = ()


def create_scratch(connection: psycopg.Connection[Any], database: str, manifest: Manifest) -> list[str]:
    """Make the database with the source's locale, or with one that each system has; return what differs, in words."""
    library = load("psycopg")
    properties = source_properties(manifest)
    try:
        create_like(connection, database, properties, tablespace=False)
    except library.errors.DatabaseError:
        encoding = properties.get("encoding")
        plain = {"encoding": encoding, "datcollate": "C", "datctype": "C"}
        create_like(connection, database, plain)
        wanted = properties.get("datlocale") or properties.get("daticulocale") or properties.get("datcollate")
        return [f"the locale is C, as the server has no {wanted}: what depends on the order of text may differ"]
    return []
