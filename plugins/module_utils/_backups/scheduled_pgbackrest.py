# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup by pgBackRest as a schedule runs it: full, differential or incremental, and its repositories verified.

The program does the work and its configuration says where; here it is started, and asked what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.durations import seconds_of
from .._core.errors import NotThere, OpsError
from .._core.result import Result
from .._postgres.pgbackrest import stanza_info, verified

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
    """Make a backup in each repository, verify them when asked to, and tell of the newest backup.

    :param params: validated by ``SPEC``.
    :raises OpsError: the program failed, knows of no new backup afterwards, or a repository is damaged.
    """
    stanza = _Stanza(params)
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


class _Stanza:
    """The program, with what each of its calls needs."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._name = params["stanza"]
        self._timeout = seconds_of("command_timeout", params["command_timeout"])
        config = [f"--config={params['config']}"] if params["config"] else []
        quiet = ["--log-level-console=off", "--log-level-stderr=warn", "--no-log-timestamp"]
        self._argv = [params["program"], *config, f"--stanza={self._name}", *quiet]

    def run(self, *arguments: str) -> str:
        """Run a command of it; return what it wrote. :raises OpsError: it failed."""
        return run([*self._argv, *arguments], self._timeout).stdout

    def info(self) -> Mapping[str, Any]:
        """Return what it knows. :raises OpsError: it does not tell."""
        return stanza_info(self.run("--output=json", "info"), self._name, time.time())

    def verify(self, repositories: Sequence[int]) -> None:
        """Have all files read and their checksums compared. :raises OpsError: something is damaged."""
        for repository in repositories:
            found = verified(self.run(f"--repo={repository}", "--output=text", "verify"))
            if not found["ok"]:
                raise OpsError(f"repository {repository} is damaged: {'; '.join(found['wrong'])}", on=self._name)


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
