# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes checks that run on the controller in the controller's own process, all others by the module on their host."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, run_gate
from ansible_collections.day2.ops.plugins.module_utils._checks.progress import needed_history
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here
from ansible_collections.day2.ops.plugins.module_utils._core.libraries import load_if_there
from ansible_collections.day2.ops.plugins.plugin_utils._here import is_here

# The class is loaded once, in the process that all workers are copies of: they find these imported already.
load_if_there("requests", "redis", "psycopg")
for _kind in ("disk", "http", "postgres", "queue", "redis", "worker"):  # those that most services have
    KINDS[_kind]()


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.health_gate``."""

    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        self._task.args = {**self._task.args, **needed_history(self._task.args)}
        if is_here(self, task_vars or {}):
            result = run_here(SPEC, plain(self._task.args), run_gate, bool(self._task.check_mode))
            if not result.get("missing_libraries"):  # else the host's own Python, or its private one, may have them
                return result
        wrapped = bool(self._task.async_val) and not self._task.check_mode
        by_module: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=wrapped)
        return by_module
