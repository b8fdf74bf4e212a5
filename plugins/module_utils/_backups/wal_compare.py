# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Looking at all databases of a cluster that was restored (L4): each row is read, the structure, the user's questions.

What the source held at that moment is not known, so numbers of rows are told and compared with nothing; that no
transaction is lost is what its log says.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from .._core.errors import OpsError
from .._core.postgres_connection import connect
from .postgres_compare import all_counts, amchecked
from .postgres_compare_answers import answered
from .postgres_scratch import Scratch

_DATABASES = (
    "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn ORDER BY pg_database_size(oid) DESC, datname"
)


def looked_at(scratch: Scratch, options: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Look at all databases; return what was seen.

    :param options: of the rehearsal, completed. :raises OpsError: damage, an assertion fails; the database is told.
    """
    begin = time.monotonic()
    with connect(scratch.login) as connection:
        names = [str(row[0]) for row in connection.execute(_DATABASES)]
    rows: list[int] = []
    for name in names:
        rows += _one(replace(scratch, login={**scratch.login, "login_db": name}), name, options, timeout)
    return {
        "databases": len(names),
        "tables": len(rows),
        "rows": sum(rows),
        "amcheck": options["amcheck"],
        "assertions": _answers(scratch, options),
        "seconds": round(time.monotonic() - begin, 3),
    }


def _one(scratch: Scratch, name: str, options: Mapping[str, Any], timeout: float) -> list[int]:
    """Look at one database; return the numbers of rows of its tables."""
    try:
        with ThreadPoolExecutor(2) as both:
            checking = both.submit(amchecked, scratch, timeout, options["jobs"]) if options["amcheck"] else None
            counted = list(all_counts(scratch.login, options["jobs"]).values())
            if checking is not None:
                checking.result()
    except OpsError as error:
        raise OpsError(f"database {name}: {error.failed}", error.on, error.advice, **error.details) from error
    return counted


def _answers(scratch: Scratch, options: Mapping[str, Any]) -> int:
    """Ask the assertions, each of its database; return how many there were."""
    count = 0
    databases = [one["database"] or options["database"] for one in options["assertions"]]
    for name in dict.fromkeys(databases):
        asked = [one for one, database in zip(options["assertions"], databases) if database == name]
        count += answered({**scratch.login, "login_db": name}, asked, options["assertion_timeout"])
    return count
