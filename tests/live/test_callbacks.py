# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callbacks under a real ansible-playbook: a report of any play, and an exit status for Nagios."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.own_plays import play

HIDDEN, IN_URL, PASSWORD = "pa55-of-a-step", "t0ken-in-an-address", "pass-w0rd-of-a-user"
TASKS = f"""
- name: Any play
  hosts: all
  gather_facts: false
  tasks:
    - name: change
      ansible.builtin.command: echo hi
    - name: not made
      ansible.builtin.ping:
      when: false
    - name: hidden
      ansible.builtin.command: ls /{HIDDEN}
      no_log: true
      ignore_errors: true
    - name: ask
      ansible.builtin.uri:
        url: http://127.0.0.1:1/?token={IN_URL}
        url_username: a
        url_password: {PASSWORD}
        force_basic_auth: true
      ignore_errors: true
    - name: say what was asked
      ansible.builtin.fail:
        msg: "it was {IN_URL} \\e[31m <script>alert(1)</script>\\nand {PASSWORD}"
      ignore_errors: true
    - name: rescue
      when: inventory_hostname == 'good'
      block:
        - name: fall
          ansible.builtin.fail:
            msg: fell
      rescue:
        - name: change
          ansible.builtin.debug:
            msg: stood up
    - name: loop
      ansible.builtin.command: "{{{{ item }}}}"
      loop: ["true", "false"]
      when: inventory_hostname == 'bad'
"""


def test_a_report_of_any_play(tmp_path: Path) -> None:
    forms = "json,html,markdown,junit,prometheus"
    status, output = play(
        tmp_path, TASKS, "day2.ops.report", DAY2_REPORT_FORMATS=forms, DAY2_REPORT_TITLE="The morning"
    )
    assert status == 4, output
    reports = tmp_path / "reports"
    assert "Traceback" not in output
    report = json.loads((reports / "morning-latest.json").read_text(encoding="utf-8"))
    assert (report["title"], report["status"]) == ("The morning", "failed")
    assert {name: host["status"] for name, host in report["hosts"].items()} == {
        "good": "passed",
        "bad": "failed",
        "gone": "unknown",
    }
    good = {check["name"]: check for check in report["hosts"]["good"]["checks"]}
    assert (good["change"]["status"], good["change"]["reason"]) == ("pass", "changed")
    assert good["change"]["kind"] == "ansible.builtin.command"
    assert good["change"]["seconds"] > 0
    assert good["change (2)"]["status"] == "pass"
    assert good["not made"]["status"] == "skipped"
    assert (good["fall"]["status"], good["fall"]["severity"]) == ("fail", "observe")
    assert good["hidden"]["reason"] == "what it said is hidden by no_log"
    assert "\\x1b[31m <script>" in good["say what was asked"]["reason"]
    bad = {check["name"]: check for check in report["hosts"]["bad"]["checks"]}
    assert (bad["loop"]["status"], bad["loop"]["severity"]) == ("fail", "critical")
    assert re.match(r"false: .*non-zero return code", bad["loop"]["reason"])
    assert [check["status"] for check in report["hosts"]["gone"]["checks"]] == ["unknown"]
    root = ET.parse(reports / "morning-latest.xml").getroot()
    assert root.attrib["errors"] == "1"
    for file in reports.iterdir():
        text = file.read_text(encoding="utf-8")
        assert [secret for secret in (HIDDEN, IN_URL, PASSWORD) if secret in text] == [], file


def test_a_report_of_a_check_run_is_not_written(tmp_path: Path) -> None:
    _status, output = play(tmp_path, TASKS, "day2.ops.report", "--check")
    assert "report would be written: " in output
    assert not (tmp_path / "reports").exists()


def test_a_report_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("", encoding="utf-8")
    text = "- hosts: good\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: }]\n"
    status, output = play(tmp_path, text, "day2.ops.report")
    assert status == 0
    assert "no report of the play was written: cannot make the folder (File exists)" in " ".join(output.split())


def test_an_option_that_is_wrong_is_a_warning(tmp_path: Path) -> None:
    text = "- hosts: good\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: }]\n"
    status, output = play(tmp_path, text, "day2.ops.report", DAY2_REPORT_FORMATS="pdf")
    assert status == 0
    assert "value of formats must be one or more of: json, html" in " ".join(output.split())
    assert "Traceback" not in output


def reporting(*hosts: dict[str, Any], then: str = "") -> str:
    """Return a play with a report of these results."""
    results = {f"web-{number}": host for number, host in enumerate(hosts)}
    task = {"name": "daily", "title": "Daily | checks", "hosts": results, "dir": "{{ playbook_dir }}/reports"}
    tasks = [{"name": "Report", "day2.ops.report": task}, *json.loads(then or "[]")]
    return json.dumps([{"name": "Morning", "hosts": "good", "gather_facts": False, "tasks": tasks}])


def result(status: str, *checks: tuple[str, str]) -> dict[str, Any]:
    told = [
        {"name": f"c{number}", "kind": "http", "severity": severity, "status": came_to, "reason": "", "seconds": 0.1}
        for number, (severity, came_to) in enumerate(checks)
    ]
    return {"status": status, "summary": status, "failures": [], "warnings_seen": [], "checks": told}


FAIL = json.dumps([{"name": "Fail", "ansible.builtin.fail": {"msg": "something is wrong"}}])
GOOD = result("passed", ("critical", "pass"))


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        (reporting(GOOD), 0, "DAY2 OK - Daily / checks: 1 of 1 hosts pass | hosts_passed=1;;;0 hosts_failed=0;;;0"),
        (reporting(GOOD, result("passed", ("warning", "fail"))), 1, "DAY2 WARNING - Daily / checks: 2 of 2 hosts pass"),
        (
            reporting(GOOD, {**result("failed", ("critical", "fail")), "failures": ["c0: is 503"]}, then=FAIL),
            2,
            "DAY2 CRITICAL - Daily / checks: 1 of 2 hosts pass; web-1: c0: is 503 | ",
        ),
        (reporting(GOOD, {}, then=FAIL), 3, "DAY2 UNKNOWN - Daily / checks: 1 of 2 hosts pass"),
        (reporting(GOOD, then=FAIL), 3, "DAY2 UNKNOWN - something else than a check failed on good; "),
        ("- hosts: good\n  gather_facts: false\n", 3, "DAY2 UNKNOWN - the playbook told of no report"),
        (
            '- hosts: good\n  gather_facts: false\n- hosts: "{{ nobody_knows }}"\n',
            3,
            "DAY2 UNKNOWN - the playbook was broken off",
        ),
    ],
    ids=["ok", "warning", "critical", "unknown", "something else", "no report", "broken off"],
)
def test_the_last_line_and_the_status_are_for_nagios(tmp_path: Path, text: str, status: int, words: str) -> None:
    came_to, output = play(tmp_path, text, "day2.ops.report,day2.ops.nagios")
    lines = output.splitlines()
    said = [line for line in lines if line.startswith("DAY2 ")]
    assert (came_to, len(said)) == (status, 1), output
    assert words in said[0]
    assert len(said[0].encode()) < 1024
    assert "Traceback" not in output


def test_the_line_for_nagios_is_the_last_of_all(tmp_path: Path) -> None:
    _status, output = play(
        tmp_path, reporting(GOOD), "day2.ops.nagios,day2.ops.report", ANSIBLE_DEPRECATION_WARNINGS="0"
    )
    assert output.rstrip().splitlines()[-1].startswith("DAY2 OK - ")


def test_without_being_enabled_nothing_changes(tmp_path: Path) -> None:
    status, output = play(tmp_path, reporting(GOOD, {}, then=FAIL), "")
    assert status == 2
    assert "DAY2 " not in output
