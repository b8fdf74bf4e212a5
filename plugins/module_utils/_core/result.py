# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What an operation hands back to the runner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Result:
    """Outcome of one operation, not yet in Ansible's words.

    ``failed`` is for a job that was done and found something wrong (a gate that does not pass); a job that could not be
    done raises :class:`OpsError` instead. ``data`` holds the module's own return values, JSON-safe.
    """

    changed: bool = False
    failed: bool = False
    msg: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    diff: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)

    def as_exit_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for ``exit_json``/``fail_json``, less ``failed``."""
        arguments: dict[str, Any] = {**self.data, "changed": self.changed, "msg": self.msg}
        if self.diff is not None:
            arguments["diff"] = self.diff
        return arguments
