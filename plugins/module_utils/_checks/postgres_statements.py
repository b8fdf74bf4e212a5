# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What pg_stat_statements has counted: the slowest statements, and those that took most of the time."""

from __future__ import annotations

import re
from typing import Any

from .._core.errors import NotThere, one_line
from .._core.libraries import load
from .base import Options, Values
from .facts import TOP, Fact
from .limits import SECONDS, Limit
from .postgres_session import Session

_ADVICE = "put it into shared_preload_libraries, restart, and CREATE EXTENSION pg_stat_statements in login_db"
# An extension is updated by hand, so its columns may be older than the server: mean_time is mean_exec_time since 1.8.
_EXTENSION = """
SELECT nspname AS schema, EXISTS (
           SELECT FROM pg_attribute
            WHERE attrelid = format('%I.pg_stat_statements', nspname)::regclass AND attname = 'mean_exec_time'
       ) AS is_new
  FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
 WHERE extname = 'pg_stat_statements'
"""
_STATEMENTS = """
SELECT calls, ({total} / 1000)::float8 AS seconds, ({mean} / 1000)::float8 AS mean, rows, left(query, 4000) AS query
  FROM {schema}.pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND calls >= %(calls)s
 ORDER BY {order} DESC NULLS LAST LIMIT %(most)s
"""

# In these the extension puts $1 for what a client sent. Others, such as ALTER ROLE, it keeps as they were.
_NORMALISED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "VALUES", "TABLE")
# From the left, as the server reads: a comment, a name in quotes, a literal.
_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z)|--[^\n]*)
    |(?P<name>"(?:[^"]|"")*(?:"|\Z))
    |'(?:[^']|'')*(?:'|\Z)
    |\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)""",
    re.DOTALL | re.VERBOSE,
)


def _slowest(session: Session, options: Options) -> Values:
    """Return the highest mean among statements called often enough, in seconds, and which one it is."""
    found = _statements(session, "mean", options["min_statement_calls"], 1)
    if not found:
        return {"mean_exec_time": None, "mean_exec_time_of": None}
    return {"mean_exec_time": found[0]["mean"], "mean_exec_time_of": found[0]["query"]}


def _dearest(session: Session, _options: Options) -> Values:
    return {"statements": _statements(session, "seconds", 1, TOP)}


def _statements(session: Session, order: str, calls: int, most: int) -> list[Values]:
    """Return calls, seconds, mean, rows and query of statements in ``login_db``, the highest ``order`` first.

    :raises NotThere: the extension is not in this database, or the server has not loaded it.
    """
    extension = session.rows(_EXTENSION)
    if not extension:
        raise NotThere("the extension pg_stat_statements is not there", on=session.on, advice=_ADVICE)
    sql: Any = load("psycopg.sql")
    names = ("total_exec_time", "mean_exec_time") if extension[0]["is_new"] else ("total_time", "mean_time")
    query = sql.SQL(_STATEMENTS).format(
        schema=sql.Identifier(extension[0]["schema"]),
        total=sql.Identifier(names[0]),
        mean=sql.Identifier(names[1]),
        order=sql.Identifier(order),
    )
    found = session.rows(query, {"calls": calls, "most": most})
    return [{**row, "query": statement_text(row["query"])} for row in found]


def statement_text(query: str | None) -> str:
    """Return a statement fit to be shown: on one line, short, without comments and without what clients sent.

    Of a statement that is not normalised only the first two words are left.
    """
    # Whether a backslash escapes depends on settings: behind one, literals cannot be told from the rest.
    known, backslash, _rest = (query or "").partition("\\")
    text = one_line(_TOKEN.sub(_harmless, known) + (" ..." if backslash else ""), 4000)
    first = text.lstrip("( ").partition(" ")[0].upper()
    if first in _NORMALISED or text.startswith("<"):  # <insufficient privilege>
        return one_line(text, 200)
    return one_line(" ".join([*text.split()[:2], "..."]), 80)


def _harmless(token: re.Match[str]) -> str:
    if token["comment"] is not None:
        return " "
    return token[0] if token["name"] is not None else "'?'"


FACTS: tuple[Fact[Session], ...] = (
    Fact(
        ("mean_exec_time", "mean_exec_time_of"),
        _slowest,
        (
            Limit(
                "max_mean_exec_time",
                SECONDS,
                "mean_exec_time",
                unit="s",
                null_means="no statement in login_db was called min_statement_calls times",
                detail="mean_exec_time_of",
            ),
        ),
    ),
    Fact(("statements",), _dearest),
)
