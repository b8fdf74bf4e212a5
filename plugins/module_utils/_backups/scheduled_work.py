# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What can run by a schedule: modules of backups, by name, with their options, their operation and their kind.

Each is imported only when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.errors import MissingLibrary
from .._core.libraries import load
from .._core.result import Result

Operate = Callable[[dict[str, Any], bool], Result]


@dataclass(frozen=True)
class Work:
    """A module as a schedule runs it.

    :param kind: what it works on, for metrics. :param spec: its options. :param operate: its operation.
    :param libraries: what it imports besides the standard library.
    """

    kind: str
    spec: ArgSpec
    operate: Operate
    libraries: Sequence[str] = ()


def _pg_backup() -> Work:
    from .postgres_dump import SPEC, operate

    return Work("postgres", SPEC, operate, ("psycopg",))


def _redis_backup() -> Work:
    from .redis_backup import SPEC, operate

    return Work("redis", SPEC, operate, ("redis",))


def _es_snapshot() -> Work:
    from .scheduled_search import SPEC, operate

    return Work("search", SPEC, operate, ("requests",))


def _es_snapshot_verify() -> Work:
    from .._search.drill import SPEC, operate

    return Work("verify", SPEC, operate, ("requests",))


def _config_backup() -> Work:
    from .config_backup import SPEC, operate

    return Work("config", SPEC, operate)


def _backup_verify() -> Work:
    from . import verification

    return Work("verify", verification.SPEC, verification.operate)


def _pgbackrest() -> Work:
    from .scheduled_pgbackrest import SPEC, operate

    return Work("pgbackrest", SPEC, operate)


WORK: Mapping[str, Callable[[], Work]] = {
    "backup_verify": _backup_verify,
    "config_backup": _config_backup,
    "es_snapshot": _es_snapshot,
    "es_snapshot_verify": _es_snapshot_verify,
    "pg_backup": _pg_backup,
    "pgbackrest": _pgbackrest,
    "redis_backup": _redis_backup,
}


def missing_libraries(work: Work, options: Mapping[str, Any]) -> list[str]:
    """Return the packages that a job with these options needs and this host lacks."""
    missing = []
    for name in (*work.libraries, *(("boto3",) if options.get("storage") or options.get("aws") else ())):
        try:
            load(name)
        except MissingLibrary as error:
            missing.append(error.package)
    return missing
