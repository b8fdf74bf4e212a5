# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a redrive done in parts of some seconds, and shows between them how it goes."""

from __future__ import annotations

import os
from math import isnan
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here
from ansible_collections.day2.ops.plugins.module_utils._core.libraries import load_if_there
from ansible_collections.day2.ops.plugins.module_utils._queues.pace_line import PaceLine
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC, operate
from ansible_collections.day2.ops.plugins.plugin_utils._here import is_here
from ansible_collections.day2.ops.plugins.plugin_utils._live import Live
from ansible_collections.day2.ops.plugins.plugin_utils._parts import Parts

# The class is loaded once, in the process that all workers are copies of: they find this imported already.
load_if_there("redis")

_PART_SECONDS = 5.0


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.dlq_reprocess``."""

    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        self._task_vars = task_vars or {}
        self._by_module = not is_here(self, self._task_vars)
        arguments = dict(self._task.args)
        if self._task.check_mode or self._task.async_val or _is_no_number(arguments.get("max_seconds")):
            return self._call(arguments)
        return self._in_parts(arguments)

    def _in_parts(self, arguments: dict[str, Any]) -> dict[str, Any]:
        live = Live(silent=bool(self._task.no_log))
        parts = Parts(self._call, arguments, _PART_SECONDS)
        parent = os.getppid()
        line = PaceLine(_whole(arguments.get("limit")))
        for progress in parts.run():
            if os.getppid() != parent:  # ansible-playbook was killed: nobody watches, so nothing more is begun
                break
            if live.show(line.line(self._name(parts.result), progress)):
                line.begin(progress)
        if not parts.result.get("failed") and not parts.result.get("unreachable"):
            live.end(parts.result["msg"])
        return parts.result

    def _call(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if not self._by_module:
            result = run_here(SPEC, plain(arguments), operate, bool(self._task.check_mode))
            if not result.get("missing_libraries"):
                return result
            self._by_module = True  # the host's own Python, or its private one, may have them
        wrapped = bool(self._task.async_val) and not self._task.check_mode
        by_module: dict[str, Any] = self._execute_module(
            module_args=dict(arguments), task_vars=self._task_vars, wrap_async=wrapped
        )
        return by_module

    def _name(self, result: dict[str, Any]) -> str:
        """Return what lines begin with: the queue, behind the host where there are several."""
        name = str(result.get("name", ""))
        several = len(self._task_vars.get("ansible_play_hosts_all") or ()) > 1
        return f"{self._task_vars.get('inventory_hostname')}: {name}" if several else name


def _is_no_number(value: Any) -> bool:
    """Tell whether the module will refuse it."""
    try:
        return value is not None and (float(value) <= 0 or isnan(float(value)))
    except (TypeError, ValueError):
        return True


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
