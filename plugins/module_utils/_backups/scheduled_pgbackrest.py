# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup by pgBackRest as a schedule runs it: full, differential or incremental, and its repository verified.

The program does the work and knows its stanza; here it is started, and asked what came of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.durations import seconds_of
from .._core.errors import OpsError
from .._core.result import Result

SPEC = ArgSpec(
    options={
        "stanza": {"type": "str", "required": True},
        "type": {"type": "str", "default": "diff", "choices": ["diff", "full", "incr"]},
        "program": {"type": "path", "default": "pgbackrest"},
        "config": {"type": "path"},
        "verify": {"type": "bool", "default": False},
        "command_timeout": {"type": "raw", "default": "6h"},
    }
)


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Make a backup, verify the repository when asked to, and tell of the newest backup.

    :param params: validated by ``SPEC``. :raises OpsError: the program failed, or knows of no backup afterwards.
    """
    timeout = seconds_of("command_timeout", params["command_timeout"])
    stanza = params["stanza"]
    if check_mode:
        return Result(changed=True, msg=f"pgbackrest {stanza}: a {params['type']} backup would be made")
    run([*_argv(params), f"--type={params['type']}", "backup"], timeout)
    if params["verify"]:
        run([*_argv(params), "verify"], timeout)
    newest = _newest(run([*_argv(params), "--output=json", "info"], timeout).stdout, stanza)
    level = "L1" if params["verify"] else "L0"
    size = newest.get("info", {}).get("size")
    return Result(
        changed=True,
        msg=f"pgbackrest {stanza}: backed up as {newest.get('label')} ({newest.get('type')}, {level})",
        data={"backup": newest.get("label"), "level": level, "size": size},
    )


def _argv(params: Mapping[str, Any]) -> list[str]:
    config = [f"--config={params['config']}"] if params["config"] else []
    return [params["program"], f"--stanza={params['stanza']}", "--log-level-console=warn", *config]


def _newest(text: str, stanza: str) -> Mapping[str, Any]:
    """Return the newest backup that ``info`` tells of. :raises OpsError: it tells of none, or of a faulty one."""
    try:
        (told,) = [one for one in json.loads(text) if one["name"] == stanza]
        newest: Mapping[str, Any] = told["backup"][-1]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise OpsError("pgbackrest tells of no backup after it made one", on=stanza) from error
    if newest.get("error"):
        raise OpsError("pgbackrest found pages with wrong checksums in the newest backup", on=stanza)
    return newest
