#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write results as a page for people and as JSON for programs
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Writes C(NAME-TIME.json) and C(NAME-TIME.html) on the controller, atomically, and shows a line for each host and for
    each thing that is wrong.
  - A host without a result counts as unknown, never as passed.
notes:
  - Runs inside the controller's process, whatever host the task is for, and needs no connection. Use it with
    C(run_once).
extends_documentation_fragment:
  - day2.ops.attributes
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
  status:
    description: What all comes to. Without it the worst of the hosts.
    type: str
    choices: [passed, failed, unknown]
  summary:
    description: One line on it. Without it the number of hosts that pass.
    type: str
    default: ""
  hosts:
    description: For each host the result of P(day2.ops.health_gate#module), or an empty dictionary where none came.
    type: dict
    default: {}
  window:
    description: The record of P(day2.ops.maintenance_window#module).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Leave a report of all hosts
  day2.ops.report:
    name: daily
    title: Daily checks
    dir: /var/lib/day2/reports
    hosts: >-
      {{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars)
         | map(attribute='health_checks_result', default={}))) }}
  run_once: true
"""

RETURN = r"""
report:
  description: What the JSON file holds.
  returned: success
  type: dict
lines:
  description: The lines that were shown.
  returned: success
  type: list
  elements: str
json:
  description: The JSON file.
  returned: success
  type: str
html:
  description: The page.
  returned: success
  type: str
"""
