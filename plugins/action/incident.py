# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the controller's process, where the records are, and what all hosts told."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._incidents.operation import SPEC, operate


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.incident``."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        arguments = plain(self._task.args)

        def operation(_none: dict[str, Any], check_mode: bool) -> Result:
            return operate(SPEC.validate(arguments, "arguments"), check_mode)

        # The operation masks secrets by itself, of those to hide too. What it was told of hosts has names that people
        # chose: below "token service" is no secret.
        return run_here(ArgSpec(), {}, operation, bool(self._task.check_mode))
