# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the controller's process: the journal is the controller's, and its life is what the lock hangs on."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.day2.ops.plugins.module_utils._core.controller import run_here
from ansible_collections.day2.ops.plugins.module_utils._core.errors import one_line
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._windows.journal import REQUIRE, UNDO
from ansible_collections.day2.ops.plugins.module_utils._windows.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._windows.owner import Owner


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.maintenance_window``."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)

        def operation(params: dict[str, Any], check_mode: bool) -> Result:
            # a worker process runs the task; its parent is the ansible-playbook that holds the window
            return operate(params, check_mode, Owner.of_process(os.getppid()))

        result = run_here(SPEC, self._task.args, operation, bool(self._task.check_mode))
        self._show(result)
        return result

    def _show(self, result: dict[str, Any]) -> None:
        """Show what was seen, as a line of its own. It holds no secret, like all of the journal."""
        tell = _LINES.get(str(self._task.args.get("state")))
        line = tell(self, result) if tell and not (result["failed"] or self._task.no_log) else ""
        if line:
            Display().display(line)

    def _noted(self, _result: dict[str, Any]) -> str:
        message = one_line(str(self._task.args.get("message") or ""), 4000)
        return f"{self._task.args['step']}: {message}" if message else ""

    def _opened(self, result: dict[str, Any]) -> str:
        window = result["window"]
        if not result["resumed"]:
            return ""
        ended = "; it is only ended" if self._task.args.get("unfinished") == REQUIRE or UNDO in window["steps"] else ""
        done = ", ".join(result["done"]) or "nothing"
        return f"taking up window {window['id']}, opened {window['opened_at']}; done already: {done}{ended}"


_LINES = {"open": ActionModule._opened, "noted": ActionModule._noted}
