#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write results as a page for people and as files for programs
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Writes one result in several forms on the controller, each file atomically, and shows a line for each host, for each
    thing that is wrong and for what is new.
  - A file is C(NAME-TIME.ENDING); the link C(NAME-latest.ENDING) leads to the newest. The form V(prometheus) has its
    stable name alone, as node_exporter reads every C(.prom) of a folder.
  - A host without a result counts as unknown, never as passed.
  - Where the files cannot be written it fails, once the lines are shown, and returns RV(report) all the same.
  - Control codes in text from hosts are shown as text, and values under telling names (C(password), C(token) and so on)
    are masked wherever they occur in text.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.controller
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Each run leaves a report of its own.
options:
  name:
    description: The files' name, without time and ending.
    type: str
    required: true
  title:
    description: The heading. The name without it.
    type: str
    default: ""
  dir:
    description: The folder on the controller, made if needed.
    type: path
    default: reports
  formats:
    description: The forms to write.
    type: list
    elements: str
    choices: [json, html, markdown, prometheus, junit]
    default: [json, html]
  keep:
    description:
      - How many reports of this name to keep in the folder, this one among them. Older ones go in every form.
      - V(0) keeps all.
    type: int
    default: 0
  textfile_dir:
    description:
      - The folder of node_exporter's textfile collector on the controller. C(NAME.prom) is written there, readable
        for all.
    type: path
  status:
    description:
      - What all comes to. Without it the worst of the hosts.
      - V(aborted) is work that was broken off on purpose. Its severity is a warning, whatever the hosts came to.
    type: str
    choices: [passed, failed, unknown, aborted]
  summary:
    description: One line on it. Without it the number of hosts that pass.
    type: str
    default: ""
  hosts:
    description: For each host the result of P(day2.ops.health_gate#module), or an empty dictionary where none came.
    type: dict
    default: {}
  history:
    description:
      - For each host its earlier runs, oldest first, as P(day2.ops.check_history#module) returns them.
      - From it come what is new, since when a check is as it is, and the course of its number.
    type: dict
    default: {}
  window:
    description: The record of P(day2.ops.maintenance_window#module).
    type: dict
    default: {}
  sections:
    description: More to show below the checks.
    type: list
    elements: dict
    default: []
    suboptions:
      title:
        description: The heading.
        type: str
        required: true
      text:
        description: Text; its line breaks are kept.
        type: str
        default: ""
      columns:
        description: The heads of a table.
        type: list
        elements: str
        default: []
      rows:
        description: The rows of the table, each a list of cells.
        type: list
        elements: list
        default: []
      items:
        description: A list of things to do.
        type: list
        elements: dict
        default: []
        suboptions:
          text:
            description: What is to be done.
            type: str
            required: true
          status:
            description: Where it stands. V(done), V(ok) and the like tick it off.
            type: str
            default: ""
          owner:
            description: Who does it.
            type: str
            default: ""
          due:
            description: By when.
            type: str
            default: ""
          link:
            description: Where to read on. Only an address with http or https becomes a link.
            type: str
            default: ""
          command:
            description: What to run.
            type: str
            default: ""
seealso:
  - module: day2.ops.check_history
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: Leave a report of all hosts
  day2.ops.report:
    name: daily
    title: Daily checks
    dir: /var/lib/day2/reports
    keep: 30
    hosts: >-
      {{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars)
         | map(attribute='health_checks_result', default={}))) }}
  run_once: true

- name: Leave a list of what is to be done, as a page and for a wiki
  day2.ops.report:
    name: week
    title: Week 47
    status: passed
    formats: [html, markdown]
    sections:
      - title: To do
        items:
          - text: Rotate the password of the cache
            owner: ana
            due: "2026-12-01"
            command: ansible-playbook -i inventory rotate.yml
  run_once: true
"""

RETURN = r"""
report:
  description: What the JSON file holds, less the checks of each host.
  returned: success, and where the files could not be written
  type: dict
  contains:
    status:
      description: V(passed), V(failed), V(unknown) or V(aborted).
      type: str
      returned: always
    severity:
      description: V(ok), V(warning), V(critical) or V(unknown).
      type: str
      returned: always
    exit_status:
      description: The severity as plugins of Nagios tell it, from 0 to 3.
      type: int
      returned: always
    counts:
      description: How many C(hosts) and C(checks) came to what.
      type: dict
      returned: always
    changes:
      description:
        - C(new) and C(fixed) are lists of lines, C(since) is when the run before was. Empty without an earlier run.
      type: dict
      returned: always
lines:
  description: The lines that were shown.
  returned: success, and where the files could not be written
  type: list
  elements: str
files:
  description: The file of each form, and C(textfile) where O(textfile_dir) is given.
  returned: success
  type: dict
json:
  description: The JSON file.
  returned: when O(formats) has it
  type: str
html:
  description: The page.
  returned: when O(formats) has it
  type: str
"""
