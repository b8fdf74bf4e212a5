# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a module may as well be run in the controller's own process."""

from __future__ import annotations

import os
import sys
from typing import Any

from ansible.plugins.action import ActionBase


def is_here(action: ActionBase, task_vars: dict[str, Any]) -> bool:
    """Tell whether the module would be a child of this process that sees just what this process sees.

    Such a child costs half a second of CPU for nothing. Another user, another environment, another Python that was
    chosen, or a task in the background are reasons for one.
    """
    task, connection = action._task, action._connection
    python = _chosen_python(action, task_vars)
    same_python = not python or os.path.realpath(python) == os.path.realpath(sys.executable)
    apart = task.async_val or any(task.environment or []) or getattr(connection, "become", None)
    return connection.transport in ("local", "ansible.builtin.local") and same_python and not apart


def _chosen_python(action: ActionBase, task_vars: dict[str, Any]) -> str:
    """Return the Python that was chosen for the host, or for the one that a task is delegated to; else nothing."""
    of_host = task_vars
    if action._task.delegate_to:
        of_host = task_vars.get("ansible_delegated_vars", {}).get(action._task.delegate_to, {})
    return str(action._templar.template(of_host.get("ansible_python_interpreter") or ""))
