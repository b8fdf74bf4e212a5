# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""pgBackRest, asked about one stanza. Its own configuration says where repositories are and how they are read."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import OpsError
from .._postgres.pgbackrest import stanza_info, verified
from .streams import Command, chain

SPEC = ArgSpec(
    options={
        "stanza": {"type": "str", "required": True},
        "program": {"type": "path", "default": "pgbackrest"},
        "config": {"type": "path"},
        "command_timeout": {"type": "raw", "default": "6h"},
    }
)
_ANYWHERE = Path("/")  # a folder that each account may be in


class Stanza:
    """The program, with what each of its calls needs.

    :param options: validated by ``SPEC``. :param timeout: seconds that a call may take.
    :param user: the account that it runs as, None for ours.
    """

    def __init__(self, options: Mapping[str, Any], timeout: float, user: str | None = None) -> None:
        self.name = str(options["stanza"])
        self._timeout = timeout
        self._user = user
        config = [f"--config={options['config']}"] if options["config"] else []
        quiet = ["--log-level-console=off", "--log-level-stderr=warn", "--no-log-timestamp"]
        self._argv = [str(options["program"]), *config, f"--stanza={self.name}", *quiet]

    def argv(self, *arguments: str) -> list[str]:
        """Return the command line of a command of it."""
        return [*self._argv, *arguments]

    def run(self, *arguments: str) -> str:
        """Run a command of it; return what it wrote. :raises OpsError: it failed."""
        command = Command(self.argv(*arguments), user=self._user, folder=_ANYWHERE)
        with chain([command], self._timeout, stdout=subprocess.PIPE) as running:
            said = running.stdout.read()
        return said.decode("utf-8", "replace")

    def info(self) -> Mapping[str, Any]:
        """Return what it knows. :raises OpsError: it does not tell."""
        return stanza_info(self.run("--output=json", "info"), self.name, time.time())

    def verify(self, repositories: Sequence[int]) -> None:
        """Have all files read and their checksums compared. :raises OpsError: something is damaged."""
        for repository in repositories:
            found = verified(self.run(f"--repo={repository}", "--output=text", "verify"))
            if not found["ok"]:
                raise OpsError(f"repository {repository} is damaged: {'; '.join(found['wrong'])}", on=self.name)
