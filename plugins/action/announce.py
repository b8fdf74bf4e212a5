# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the controller's process: people are told by the controller, once for all hosts."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.day2.ops.plugins.module_utils._announce.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.announce``."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        result = run_here(SPEC, plain(self._task.args), operate, bool(self._task.check_mode))
        for line in _warnings(result):
            Display().display(f"WARNING: {line}")
        return result


def _warnings(result: dict[str, Any]) -> list[str]:
    """Return who was not told and what was wrong all the same: shown under no_log too, as no line holds a secret."""
    if result["failed"]:
        return ["not told: anybody, as what to tell or whom cannot be read"]
    not_told = f"not told: {', '.join(result['not_told'])}; the work goes on" if result["not_told"] else ""
    return [line for line in (not_told, "; ".join(result["problems"])) if line]
