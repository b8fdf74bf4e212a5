# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A rehearsal of a backup of PostgreSQL: restored apart (L3) and compared with its source (L4).

Where: in a server of its own, made for it and gone after it; or, with ``login_host`` or ``login_unix_socket``, in a
database of its own on a server that is there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from .._core import postgres_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from .._core.postgres_connection import connect
from . import postgres_tools
from .opened import Opened
from .postgres_compare import compared
from .postgres_restore import Wanted, restore
from .postgres_scratch import Scratch
from .postgres_scratch_database import own_database
from .postgres_scratch_server import own_server

_LOGIN = {name: {**option, "default": None} for name, option in postgres_connection.SPEC.options.items()}
_MOST_JOBS = 8

REHEARSAL = (
    postgres_tools.SPEC
    + ArgSpec(
        options=_LOGIN,
        mutually_exclusive=postgres_connection.SPEC.mutually_exclusive,
        required_together=postgres_connection.SPEC.required_together,
    )
    + ArgSpec(
        options={
            "user": {"type": "str"},
            "folder": {"type": "path"},
            "jobs": {"type": "int"},
            "amcheck": {"type": "bool", "default": True},
            "assertions": {"type": "list", "elements": "dict", "default": []},
            "assertion_timeout": {"type": "raw", "default": "5m"},
        }
    )
)
ASSERTION = ArgSpec(options={"sql": {"type": "str", "required": True}, "expected": {"type": "raw"}})


@dataclass(frozen=True)
class PostgresRehearsal:
    """See base.Rehearsal."""

    found: Mapping[str, Any]
    scratch: Scratch
    backup: Opened
    options: Mapping[str, Any]

    def compare(self) -> Mapping[str, Any]:
        """See base.Rehearsal.compare."""
        return compared(self.scratch, self.backup, self.options)


@contextmanager
def rehearsed(backup: Opened, options: Mapping[str, Any]) -> Iterator[PostgresRehearsal]:
    """See base.Kind.rehearsed."""
    options = completed(options, ASSERTION)
    with _scratch(backup, options) as scratch:
        begin = time.monotonic()
        restore(backup, scratch.tools, scratch.login, _wanted(scratch, options))
        seconds = time.monotonic() - begin
        yield PostgresRehearsal(_found(scratch, seconds, options), scratch, backup, options)


def completed(options: Mapping[str, Any], assertion: ArgSpec) -> dict[str, Any]:
    """Return the options with what depends on others and on the host.

    :param assertion: what each of the assertions is. :raises InputError: one is wrong.
    """
    jobs = min(os.cpu_count() or 1, _MOST_JOBS) if options["jobs"] is None else options["jobs"]
    if jobs < 1:
        raise InputError("rehearsal: jobs must be 1 or more", on=str(jobs))
    assertions = [
        assertion.validate(given, f"rehearsal: assertions[{number}]")
        for number, given in enumerate(options["assertions"])
    ]
    timeout = seconds_of("rehearsal: assertion_timeout", options["assertion_timeout"])
    return {**options, "jobs": jobs, "assertions": assertions, "assertion_timeout": timeout}


def _scratch(backup: Opened, options: Mapping[str, Any]) -> AbstractContextManager[Scratch]:
    given = {name: options[name] for name in _LOGIN if options[name] is not None}
    if "login_host" in given or "login_unix_socket" in given:
        return own_database(backup, options, postgres_connection.SPEC.validate(given, "rehearsal"))
    if given:
        raise InputError(f"rehearsal: {', '.join(given)} without login_host or login_unix_socket")
    return own_server(backup, options)


def _wanted(scratch: Scratch, options: Mapping[str, Any]) -> Wanted:
    """Leave out what only means something in the place that the backup came from."""
    return Wanted(
        folder=scratch.folder,
        server_version=scratch.version,
        jobs=options["jobs"],
        owners=scratch.roles,
        leave_out=("--no-tablespaces", "--no-subscriptions", "--no-publications", "--no-security-labels"),
    )


def _found(scratch: Scratch, seconds: float, options: Mapping[str, Any]) -> dict[str, Any]:
    with connect(scratch.login) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    size = int(row[0]) if row else None
    return {
        "place": scratch.place,
        "version": postgres_tools.version_text(scratch.version),
        "jobs": options["jobs"],
        "seconds": round(seconds, 3),
        "bytes": size,
        "seconds_per_gb": round(seconds / (size / 1e9), 3) if size else None,
        "notes": list(scratch.notes),
    }
