# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the controller's process: people are told by the controller, once for all hosts."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.day2.ops.plugins.module_utils._announce.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here


class ActionModule(ActionBase):
    """See the documentation of the module ``day2.ops.announce``."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        super().run(tmp, task_vars)
        return run_here(SPEC, plain(self._task.args), operate, bool(self._task.check_mode))
