# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action that does its module's work in the controller's own process, wherever that sees what the module would."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.controller import Operation, plain, run_here

from ._here import is_here


class HereFirst(ActionBase):
    """Take the module's ``SPEC`` and ``OPERATION``; a file of an action gives them and nothing else.

    A library that is missing here may be there for the module: the host's own Python, or its private one, may have it.
    """

    SPEC: ArgSpec
    OPERATION: Operation

    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        if is_here(self, task_vars or {}):
            result = run_here(self.SPEC, plain(self._task.args), type(self).OPERATION, bool(self._task.check_mode))
            if not result.get("missing_libraries"):
                return result
        wrapped = bool(self._task.async_val) and not self._task.check_mode
        by_module: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=wrapped)
        return by_module
