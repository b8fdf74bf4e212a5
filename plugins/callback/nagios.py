# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets ansible-playbook end as a plugin of Nagios does: one line with figures, and a status that says how bad it is."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nagios
type: aggregate
short_description: End with one line and an exit status for Nagios
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - The last line of a playbook's output becomes one for Nagios, with performance data, and the exit status of
    C(ansible-playbook) 0 (ok), 1 (warning), 2 (critical) or 3 (unknown), by the severity of what
    P(day2.ops.report#module) told in the playbook. Of several reports the worst counts.
  - A playbook that told of no report, that was broken off, or in which something failed although the report passed, is
    unknown.
  - Wrong arguments and syntax errors end C(ansible-playbook) before this plugin is there, with its own status.
requirements:
  - enable in configuration, C(callbacks_enabled = day2.ops.nagios)
seealso:
  - module: day2.ops.report
"""

import atexit
import os
import sys
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.day2.ops.plugins.module_utils._reports.nagios import Verdict

_ACTIONS = ("day2.ops.report", "report")


class CallbackModule(CallbackBase):
    """Listens for reports, and has the last word."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "day2.ops.nagios"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._verdict = Verdict()

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Be there at the end, however the playbook ends."""
        atexit.register(self._leave, os.getpid())

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note what a report told."""
        if result._task.action in _ACTIONS and isinstance(result._result.get("report"), dict):
            self._verdict.add(result._result["report"])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Note how the hosts ended."""
        self._verdict.end({host: stats.summarize(host) for host in stats.processed})

    def _leave(self, process: int) -> None:
        """End this process with the verdict's status; whatever else is to be done at the end is done before.

        Python has no way to change the status once it exits but to leave at once, and what was registered earlier
        (Ansible removes its temporary files) would be left undone. So it is done here.
        """
        if os.getpid() != process:
            return  # a worker that was forked; it ends as it always does
        atexit.unregister(self._leave)
        atexit._run_exitfuncs()
        print(self._verdict.line, flush=True)
        sys.stderr.flush()
        os._exit(self._verdict.exit_status)
