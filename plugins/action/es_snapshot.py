# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows how far a snapshot is, where the controller's own process waits for it; else the module is called."""

from __future__ import annotations

from functools import partial
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here
from ansible_collections.day2.ops.plugins.module_utils._core.libraries import load_if_there
from ansible_collections.day2.ops.plugins.module_utils._search.making import SPEC, operate
from ansible_collections.day2.ops.plugins.plugin_utils._here import is_here
from ansible_collections.day2.ops.plugins.plugin_utils._live import Live

# The class is loaded once, in the process that all workers are copies of: they find this imported already.
load_if_there("requests")


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.es_snapshot``."""

    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        if is_here(self, task_vars or {}):
            live = Live(silent=bool(self._task.no_log))
            waiting = partial(operate, tell=live.show)
            result = run_here(SPEC, plain(self._task.args), waiting, bool(self._task.check_mode))
            if not result.get("missing_libraries"):  # else the host's own Python, or its private one, may have them
                return result
        wrapped = bool(self._task.async_val) and not self._task.check_mode
        by_module: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=wrapped)
        return by_module
