# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Roles out of ``globals.sql``, which pg_dumpall has written: those that are not there are made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._core.libraries import load
from .opened import Opened

if TYPE_CHECKING:
    import psycopg

GLOBALS = "globals.sql"
# What pg_dumpall writes: names and strings in quotes, comments, meta-commands of psql on lines of their own, words.
_TOKEN = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")|(?P<string>[eE]?'(?:[^']|'')*')|(?P<comment>--[^\n]*|^\\[^\n]*)"""
    r"""|(?P<end>;)|(?P<word>[^\s;'"]+)""",
    re.MULTILINE,
)


def globals_of(backup: Opened) -> str | None:
    """Return the script with the roles, None if the backup has none."""
    if not any(file.path.startswith(GLOBALS) for file in backup.manifest.files):
        return None
    with backup.reading(GLOBALS) as stream:
        return stream.read().decode("utf-8", "surrogateescape")


def statements(text: str) -> Iterator[list[str]]:
    """Yield the statements of a script, each as its tokens: words, names and strings as they are written."""
    tokens: list[str] = []
    for match in _TOKEN.finditer(text):
        if match["end"]:
            if tokens:
                yield tokens
            tokens = []
        elif not match["comment"]:
            tokens.append(match[0])


def _name(token: str) -> str:
    """Return the name that a token stands for."""
    return token[1:-1].replace('""', '"') if token.startswith('"') else token.lower()


def role_of(tokens: Sequence[str]) -> str | None:
    """Return the role that a statement makes or changes; None for a statement about something else."""
    head = [token.upper() for token in tokens[:4]]
    if head[:2] in (["CREATE", "ROLE"], ["ALTER", "ROLE"]) and len(tokens) > 2:
        return _name(tokens[2])
    if head[:3] == ["COMMENT", "ON", "ROLE"] and len(tokens) > 3:
        return _name(tokens[3])
    if head[:1] == ["GRANT"] and head[2:3] == ["TO"] and len(tokens) > 3:
        return _name(tokens[3])
    return None


def make_names(connection: psycopg.Connection[Any], text: str) -> None:
    """Make the missing roles as mere names that own things: nobody logs in as one, none has a password.

    Superusers are such too, as some things can only be owned by one. For a server of our own.
    """
    sql = load("psycopg.sql")
    missing = _missing(connection, text)
    for tokens in statements(text):
        role, words = role_of(tokens), {token.upper() for token in tokens[3:]}
        if role not in missing:
            continue
        if tokens[0].upper() == "CREATE":
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        elif "SUPERUSER" in words:
            connection.execute(sql.SQL("ALTER ROLE {} SUPERUSER").format(sql.Identifier(role)))


def make_missing(connection: psycopg.Connection[Any], text: str) -> list[str]:
    """Make the missing roles with all that is theirs: attributes, passwords, settings, memberships; return their names.

    Roles that are there are not touched.
    """
    sql = load("psycopg.sql")
    missing = _missing(connection, text)
    with connection.transaction():
        for tokens in statements(text):
            if role_of(tokens) in missing:
                connection.execute(sql.SQL(" ".join(tokens)))
    return sorted(missing)


def missing_roles(connection: psycopg.Connection[Any], text: str) -> list[str]:
    """Return the names of those that are not there."""
    return sorted(_missing(connection, text))


def _missing(connection: psycopg.Connection[Any], text: str) -> set[str]:
    there = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
    made = {role_of(tokens) for tokens in statements(text) if tokens[0].upper() == "CREATE"}
    return {role for role in made if role is not None} - there
