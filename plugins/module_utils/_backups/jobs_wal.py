# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What an inventory says of the log of a PostgreSQL cluster that is archived without a pause, by pgBackRest.

The options are variables of the role ``wal_archiving`` without their prefix, with the defaults that they have there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec

_SERVER = ArgSpec(
    options={
        "stanza": {"type": "str", "required": True},
        "data_dir": {"type": "str", "required": True},
        "port": {"type": "int", "default": 5432},
        "socket_dir": {"type": "str", "default": "/var/run/postgresql"},
        "database": {"type": "str", "default": "postgres"},
        "user": {"type": "str", "default": "postgres"},
        "control_user": {"type": "str", "default": "root"},
        "bin_dir": {"type": "str", "default": ""},
        "unit": {"type": "str", "default": "postgresql"},
        "start_command": {"type": "list", "elements": "str", "default": []},
        "stop_command": {"type": "list", "elements": "str", "default": []},
        "pgbackrest": {"type": "str", "default": "/usr/bin/pgbackrest"},
        "config": {"type": "str", "default": "/etc/pgbackrest/pgbackrest.conf"},
        "lock_dir": {"type": "str", "default": "/tmp/pgbackrest"},
        "timeout": {"type": "int", "default": 21600},
    }
)
MAKING = _SERVER + ArgSpec(
    options={
        "type": {"type": "str", "default": "auto", "choices": ["auto", "full", "diff", "incr"]},
        "verify": {"type": "bool", "default": False},
    }
)
RESTORING = ArgSpec(
    options={
        "set": {"type": "str", "default": ""},
        "assertions": {"type": "list", "elements": "dict", "default": []},
        "keep_old": {"type": "bool", "default": True},
    }
)


def wal_plan(
    options: Mapping[str, Any], restoring: Mapping[str, Any], rehearsal: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Return ``make`` and ``restore``, variables of the role, ``read``, options of ``wal_verify``, and others.

    ``schedule_options`` are those of a scheduled job, ``user`` is who runs it.

    :param options, restoring, rehearsal: what a backup says under ``options``, ``restore`` and ``rehearsal``.
    :raises InputError: an unknown or wrong option.
    """
    making = MAKING.validate(options, f"{where}: options")
    server = {name: making[name] for name in _SERVER.options}
    restored = {**server, **RESTORING.validate(restoring, f"{where}: restore")}
    wanted = "full" if making["type"] == "auto" else making["type"]  # a schedule looks at no earlier backups
    scheduled = {
        "stanza": making["stanza"],
        "type": wanted,
        "program": making["pgbackrest"],
        "config": making["config"],
        "verify": making["verify"],
    }
    read = {
        "stanza": making["stanza"],
        "program": making["pgbackrest"],
        "config": making["config"],
        "database": making["database"],
        "command_timeout": making["timeout"],
        "rehearsal": {"user": making["user"], **rehearsal},
    }
    return {"make": making, "read": read, "restore": restored, "schedule_options": scheduled, "user": making["user"]}
