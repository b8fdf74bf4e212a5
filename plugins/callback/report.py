# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands the results of any play to the same report that the daily checks leave."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report
type: aggregate
short_description: Leave a report of any play
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Writes the results of all tasks on all hosts in the forms of P(day2.ops.report#module) when the playbook has ended.
    Each task is a check; a failed one is a problem, an unreachable host is unknown.
  - What C(no_log) hides stays hidden. In check mode nothing is written.
  - A report that cannot be written is a warning and does not change how the playbook ends.
requirements:
  - enable in configuration, C(callbacks_enabled = day2.ops.report)
options:
  report_name:
    description: The files' name. Without it the name of the playbook's file.
    type: str
    default: ""
    env:
      - name: DAY2_REPORT_NAME
    ini:
      - section: day2_report
        key: name
  report_title:
    description: The heading. Without it the name.
    type: str
    default: ""
    env:
      - name: DAY2_REPORT_TITLE
    ini:
      - section: day2_report
        key: title
  report_dir:
    description: The folder on the controller, made if needed. A relative one is below the current folder.
    type: str
    default: reports
    env:
      - name: DAY2_REPORT_DIR
    ini:
      - section: day2_report
        key: dir
  report_formats:
    description: The forms to write, of V(json), V(html), V(markdown), V(prometheus) and V(junit).
    type: list
    elements: str
    default: [json, html]
    env:
      - name: DAY2_REPORT_FORMATS
    ini:
      - section: day2_report
        key: formats
  report_keep:
    description: How many reports of the name to keep; V(0) keeps all.
    type: int
    default: 0
    env:
      - name: DAY2_REPORT_KEEP
    ini:
      - section: day2_report
        key: keep
  report_textfile_dir:
    description: The folder of node_exporter's textfile collector.
    type: str
    default: ""
    env:
      - name: DAY2_REPORT_TEXTFILE_DIR
    ini:
      - section: day2_report
        key: textfile_dir
seealso:
  - plugin: day2.ops.nagios
    plugin_type: callback
"""

from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.controller import run_here
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import operate, validated
from ansible_collections.day2.ops.plugins.module_utils._reports.plays import Collector, Outcome


class CallbackModule(CallbackBase):
    """Collects results and writes the report when Ansible sums up."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "day2.ops.report"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._collector = Collector()
        self._playbook = "playbook"

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Note the playbook's name; one of a collection has a path, too."""
        self._playbook = Path(playbook._file_name).stem

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Note when a task begins."""
        self._collector.begin(host.get_name(), task._uuid)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Take in a task that went well."""
        self._end(result, Outcome("pass"))

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Take in a task that was not made."""
        self._end(result, Outcome("skipped"))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Take in a task that failed."""
        self._end(result, Outcome("fail", ignored=ignore_errors))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Take in a task whose host could not be reached."""
        self._end(result, Outcome("unknown", ignored=result._task.ignore_unreachable is True))

    def _end(self, result: Any, outcome: Outcome) -> None:
        # the names with an underscore are those that every supported ansible-core has
        self._collector.end(result._host.get_name(), result._task, result._result, outcome)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the report."""
        hosts = self._collector.hosts({host: stats.summarize(host) for host in stats.processed})

        def operation(_none: dict[str, Any], check_mode: bool) -> Result:
            return operate(validated(self._arguments(hosts)), check_mode)

        check_mode = bool(context.CLIARGS.get("check"))
        told = run_here(ArgSpec(), {}, operation, check_mode)
        if told["failed"]:
            self._display.warning(f"no report of the play was written: {told['msg']}")
            return
        for warning in told["warnings"]:
            self._display.warning(warning)
        for file in sorted(told["files"].values()):
            self._display.display(f"report {'would be written' if check_mode else 'written'}: {file}")

    def _arguments(self, hosts: dict[str, Any]) -> dict[str, Any]:
        name = self.get_option("report_name") or self._playbook
        return {
            "name": name,
            "title": self.get_option("report_title"),
            "dir": self.get_option("report_dir"),
            "formats": self.get_option("report_formats"),
            "keep": self.get_option("report_keep"),
            "textfile_dir": self.get_option("report_textfile_dir") or None,
            "hosts": hosts,
        }
