# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The errors of pg_dump in a user's terms: what was missing, denied, full or gone."""

from __future__ import annotations

from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable

# What the last words hold -> our error, what to call it, what to do about it. The first that fits.
_WORDS: tuple[tuple[str, type[OpsError], str, str], ...] = (
    ("No space left on device", OpsError, "the disk is full", "free space where backups are made"),
    ("Disk quota exceeded", OpsError, "the disk is full", "free space where backups are made"),
    ("no matching tables were found", NotThere, "a pattern of tables matches none", "check tables"),
    ("no matching schemas were found", NotThere, "a pattern of schemas matches none", "check schemas"),
    ("improper qualified name", InputError, "a pattern is wrong", "expected NAME, or SCHEMA.NAME for tables"),
    ("cross-database references", InputError, "a pattern is wrong", "expected NAME, or SCHEMA.NAME for tables"),
    ("permission denied", AccessDenied, "the role may not read all", "give it pg_read_all_data, or exclude the table"),
    ("row-level security", AccessDenied, "rows are hidden from the role", "use a role with BYPASSRLS"),
    # pg_dump sets this one for its locks only
    ("statement timeout", Unreachable, "a table stayed locked", "see lock_wait_timeout"),
    ("lock timeout", Unreachable, "a table stayed locked", "see lock_wait_timeout"),
    ("could not obtain lock", Unreachable, "a table is about to be changed by another session", "try again later"),
    ("conflict with recovery", Unreachable, "the standby ended the dump", "raise max_standby_streaming_delay there"),
    ("server closed the connection", Unreachable, "the server went away", "the dump was thrown away"),
    ("terminating connection", Unreachable, "the server went away", "the dump was thrown away"),
    ("shutting down", Unreachable, "the server went away", "the dump was thrown away"),
    ("connection to server", Unreachable, "the server cannot be reached any more", "the dump was thrown away"),
)


def explained(error: OpsError, on: str) -> OpsError:
    """Return the error with what it means in front, if its last words tell.

    :param on: server and database.
    """
    said = error.advice if error.failed.startswith("pg_dump") and error.advice else error.failed
    for words, kind, meaning, advice in _WORDS:
        if words in said:
            return kind(f"{meaning} ({said})", on=error.on or on, advice=advice, **error.details)
    return error if error.on else type(error)(error.failed, on=on, advice=error.advice, **error.details)
