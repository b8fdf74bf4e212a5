# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the controller's process, where the results of all hosts are, and shows the report's lines as they are."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.controller import run_here
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import operate, validated
from ansible_collections.day2.ops.plugins.plugin_utils._known_secrets import known_secrets


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.report``."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)

        def operation(_none: dict[str, Any], check_mode: bool) -> Result:
            return operate(validated(self._task.args), check_mode, known_secrets(self._templar, task_vars or {}))

        # The operation masks secrets by itself. Here a host or a check with a telling name ("token service") is a key,
        # and what stands below it would be taken for a secret.
        result = run_here(ArgSpec(), {}, operation, bool(self._task.check_mode))
        where = "would be written" if self._task.check_mode else "written"
        files = sorted(result.get("files", {}).values())
        for line in [*result.get("lines", []), *(f"report {where}: {file}" for file in files)]:
            Display().display(line)
        if "lines" in result and "files" not in result:  # a play may go on, and hardly shows why there is none
            Display().warning(f"no report was left: {result['msg']}")
        return result
