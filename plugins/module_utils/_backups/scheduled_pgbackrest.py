# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup by pgBackRest as a schedule runs it: full, differential or incremental, and its repositories verified.

The program does the work and its configuration says where; here it is started, and asked what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import NotThere, OpsError
from .._core.result import Result
from . import wal_stanza
from .wal_stanza import Stanza

SPEC = wal_stanza.SPEC + ArgSpec(
    options={
        "type": {"type": "str", "default": "diff", "choices": ["diff", "full", "incr"]},
        "verify": {"type": "bool", "default": False},
    }
)


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Make a backup in each repository, verify them when asked to, and tell of the newest backup.

    :param params: validated by ``SPEC``.
    :raises OpsError: the program failed, knows of no new backup afterwards, or a repository is damaged.
    """
    stanza = Stanza(params, seconds_of("command_timeout", params["command_timeout"]))
    before = stanza.info()
    if check_mode:
        return Result(changed=True, msg=f"pgbackrest {params['stanza']}: a {params['type']} backup would be made")
    repositories = [part["repository"] for part in before["repositories"]]
    for repository in repositories:  # one call fills but one
        stanza.run(f"--repo={repository}", f"--type={params['type']}", "backup")
    made = _newest(before, stanza.info(), params["stanza"])
    if params["verify"]:
        stanza.verify(repositories)
    level = "L1" if params["verify"] else "L0"
    return Result(
        changed=True,
        msg=f"pgbackrest {params['stanza']}: backed up as {made['label']} ({made['type']}, {level})",
        data={"backup": made["label"], "level": level, "size": made["size"]},
    )


def _newest(before: Mapping[str, Any], after: Mapping[str, Any], stanza: str) -> Mapping[str, Any]:
    """Return the newest of the backups that were made. :raises OpsError: none was, or one has faulty pages."""
    known = {(one["repository"], one["label"]) for one in before["backups"]}
    made = [one for one in after["backups"] if (one["repository"], one["label"]) not in known]
    if not made:
        raise NotThere("pgbackrest ended well and knows of no new backup", on=stanza)
    if any(one["error"] for one in made):
        raise OpsError("pages with wrong checksums are in the new backup", on=stanza, advice="see pgbackrest info")
    newest: Mapping[str, Any] = max(made, key=lambda one: float(one["finished_at"]))
    return newest
