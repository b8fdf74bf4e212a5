# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role after real checks, with real histories: what is new from one run to the next, the textfile, old reports."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.own_plays import play

PLAY = """
- name: Check, remember, report
  hosts: good
  gather_facts: false
  vars:
    results: >-
      {{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars)
         | map(attribute='health_checks_result', default={}))) }}
  tasks:
    - name: Check
      ansible.builtin.include_role:
        name: day2.ops.health_checks
      vars:
        health_checks_report_only: true
        health_checks_list:
          - {name: disk, kind: disk, path: /, max_used_percent: "{{ allowed }}", runbook: "https://docs.example/disk"}

    - name: Remember
      day2.ops.check_history:
        service: shop
        state_dir: "{{ playbook_dir }}/state"
        hosts: "{{ results }}"
      register: remembered

    - name: Report
      ansible.builtin.include_role:
        name: day2.ops.report
      vars:
        report_name: disks
        report_hosts: "{{ results }}"
        report_history: "{{ remembered.history }}"
        report_formats: [json, html, markdown]
        report_dir: "{{ playbook_dir }}/reports"
        report_textfile_dir: "{{ playbook_dir }}"
        report_keep: 1

    - name: Tell
      ansible.builtin.debug:
        msg: "{{ report_result.report.severity }} {{ report_result.report.changes }}"
"""


def run(folder: Path, allowed: int, *arguments: str) -> str:
    status, output = play(folder, PLAY, "", "-e", json.dumps({"allowed": allowed}), *arguments)
    assert status == 0, output
    return output


def test_what_is_new_from_one_run_to_the_next(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    output = run(tmp_path, 100)
    assert "ok {}" in output
    second = int(time.time())
    wait_for("the next second", lambda: int(time.time()) > second)  # which names the next report
    output = run(tmp_path, 0)
    line = "good: critical disk: fail (was pass): used_percent is "
    assert line in output
    assert "[https://docs.example/disk]" in output
    report = json.loads((reports / "disks-latest.json").read_text(encoding="utf-8"))
    assert [one.partition("used_percent is ")[0] for one in report["changes"]["new"]] == [
        line[: -len("used_percent is ")]
    ]
    check = report["hosts"]["good"]["checks"][0]
    assert (check["new"], check["history"]["statuses"], check["history"]["path"]) == (True, "pf", "used_percent")
    assert len(check["history"]["numbers"]) == 2
    assert len(list(reports.iterdir())) == 6  # one report in three forms, and their links
    assert 'day2_check_status{report="disks",host="good",check="disk",kind="disk",severity="critical"} 1' in (
        tmp_path / "disks.prom"
    ).read_text(encoding="utf-8")


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert "report would be written: " in run(tmp_path, 100, "--check")
    assert not (tmp_path / "reports").exists()
    assert not (tmp_path / "disks.prom").exists()
