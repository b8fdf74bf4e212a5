# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A database as a whole: made like another one, and given the owner, privileges and settings of another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._core.libraries import load
from .manifest import Manifest
from .postgres_restore_names import table_name

if TYPE_CHECKING:
    import psycopg

Properties = Mapping[str, Any]

_READ = """
SELECT to_jsonb(d) || jsonb_build_object(
    'encoding', pg_encoding_to_char(encoding),
    'owner', pg_get_userbyid(datdba),
    'tablespace', (SELECT spcname FROM pg_tablespace t WHERE t.oid = dattablespace),
    'comment', shobj_description(d.oid, 'pg_database'),
    'settings', coalesce((
        SELECT jsonb_agg(jsonb_build_array(rolname, setconfig))
        FROM pg_db_role_setting LEFT JOIN pg_roles r ON r.oid = setrole WHERE setdatabase = d.oid), '[]'),
    'grants', (
        SELECT coalesce(jsonb_agg(jsonb_build_array(
            CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, privilege_type, is_grantable)), '[]')
        FROM aclexplode(datacl) WHERE datacl IS NOT NULL))
FROM pg_database d WHERE datname = %s
"""
# Settings whose value is a list of names, each quoted by itself.
_LISTS = ("local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces")
_ICU, _BUILTIN = "i", "b"
# Names in a manifest, and those of the columns; which of the last but one there is depends on the server's version.
_TOLD = {
    "encoding": "encoding",
    "collate": "datcollate",
    "ctype": "datctype",
    "provider": "datlocprovider",
    "icu_locale": "daticulocale",
    "locale": "datlocale",
    "icu_rules": "daticurules",
}


def be_patient(connection: psycopg.Connection[Any]) -> None:
    """Let statements of the session, and pauses between them, take as long as they take."""
    names = ["statement_timeout", "transaction_timeout", "idle_session_timeout", "lock_timeout"]
    connection.execute("SELECT set_config(name, '0', false) FROM pg_settings WHERE name = ANY(%s)", [names])


def read_properties(connection: psycopg.Connection[Any], database: str) -> Properties | None:
    """Return what the server knows of a database as a whole: columns of ``pg_database``, settings, grants.

    None when there is no such database.
    """
    row = connection.execute(_READ, [database]).fetchone()
    return None if row is None else dict(row[0])


def database_names(connection: psycopg.Connection[Any]) -> set[str]:
    """Return the names of all databases of the server."""
    return {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}


def source_locale(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Return what a manifest says of the encoding and the locale of the database that was connected to."""
    row = connection.execute(_READ, [connection.info.dbname]).fetchone()
    properties = {} if row is None else dict(row[0])
    return {name: properties[column] for name, column in _TOLD.items() if properties.get(column) is not None}


def source_properties(manifest: Manifest) -> Properties:
    """Return what the manifest tells of the database's encoding and locale, by the names of :func:`read_properties`."""
    told = manifest.server.get("locale") or {}
    return {column: told.get(name) for name, column in _TOLD.items()}


def make_schemas(connection: psycopg.Connection[Any], manifest: Manifest, chosen: Sequence[str] = ()) -> None:
    """Make the schemas that pg_restore does not: those of a backup of chosen tables, and those that are ``chosen``.

    :param connection: to the database that it is restored into.
    """
    schemas = set(chosen)
    if (manifest.layout.get("filters") or {}).get("tables"):
        schemas |= {table_name(text)[0] for text in manifest.facts.get("rows") or {}}
    sql = load("psycopg.sql")
    for schema in sorted(schemas):
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))


def create_like(
    connection: psycopg.Connection[Any], database: str, properties: Properties, tablespace: bool = True
) -> None:
    """Make an empty database with the encoding and the locale of another one.

    :param properties: as :func:`read_properties` returns them; what is not in it is the server's default.
    :param tablespace: whether it lies in the same one.
    """
    sql = load("psycopg.sql")
    words = [sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database))]
    words += [sql.SQL(f"{option} {{}}").format(sql.Literal(value)) for option, value in _locale(properties)]
    # that of template0 is not named, as not everybody may
    if tablespace and properties.get("tablespace") not in (None, "pg_default"):
        words.append(sql.SQL("TABLESPACE {}").format(sql.Identifier(properties["tablespace"])))
    connection.execute(sql.SQL(" ").join(words))


def _locale(properties: Properties) -> Iterator[tuple[str, str]]:
    provider = properties.get("datlocprovider")
    name = properties.get("datlocale") or properties.get("daticulocale")
    wanted = {
        "ENCODING": properties.get("encoding"),
        "LC_COLLATE": properties.get("datcollate"),
        "LC_CTYPE": properties.get("datctype"),
        "LOCALE_PROVIDER": {_ICU: "icu", _BUILTIN: "builtin"}.get(str(provider)),
        "ICU_LOCALE": name if provider == _ICU else None,
        "ICU_RULES": properties.get("daticurules"),
        "BUILTIN_LOCALE": name if provider == _BUILTIN else None,
    }
    return ((option, str(value)) for option, value in wanted.items() if value)


def give_properties(connection: psycopg.Connection[Any], database: str, properties: Properties) -> None:
    """Give a database the owner, privileges, settings, limit and comment of another one. To be run in a transaction."""
    sql = load("psycopg.sql")
    name, owner = sql.Identifier(database), sql.Identifier(properties["owner"])

    def change(words: str, *values: Any) -> None:
        connection.execute(sql.SQL(words).format(name, *values))

    change("ALTER DATABASE {} OWNER TO {}", owner)
    change("ALTER DATABASE {} CONNECTION LIMIT {}", sql.Literal(properties["datconnlimit"]))
    if properties["comment"] is not None:
        change("COMMENT ON DATABASE {} IS {}", sql.Literal(properties["comment"]))
    if properties["datacl"] is not None:
        change("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}", owner)
        for grantee, privilege, grantable in properties["grants"]:
            to = sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee)
            change(f"GRANT {privilege} ON DATABASE {{}} TO {{}}{' WITH GRANT OPTION' if grantable else ''}", to)
    for role, values in properties["settings"]:
        for value in values:
            _set(connection, name, role, *value.split("=", 1))
    if properties["datistemplate"]:
        change("ALTER DATABASE {} IS_TEMPLATE true")
    if not properties["datallowconn"]:
        change("ALTER DATABASE {} ALLOW_CONNECTIONS false")


def _set(connection: psycopg.Connection[Any], database: Any, role: str | None, setting: str, value: str) -> None:
    sql = load("psycopg.sql")
    # the name of a setting may have dots: each part is a name
    parts = sql.SQL(".").join(map(sql.Identifier, setting.split(".")))
    whose = sql.SQL("DATABASE {}").format(database)
    if role is not None:
        whose = sql.SQL("ROLE {} IN DATABASE {}").format(sql.Identifier(role), database)
    if setting in _LISTS:
        connection.execute("SELECT set_config(%s, %s, true)", [setting, value])
        connection.execute(sql.SQL("ALTER {} SET {} FROM CURRENT").format(whose, parts))
    else:
        connection.execute(sql.SQL("ALTER {} SET {} TO {}").format(whose, parts, sql.Literal(value)))
