#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: incident
short_description: Keep the record and the evidence of an incident
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Opens an incident of a service, or adds to it, on the controller. C(STATE_DIR/SERVICE/incidents/ID.json) is its
    record, C(ID.tar) beside it the evidence, with a folder for each call. Both are for their owner alone.
  - Suggests a severity by what is down, and says until when somebody must answer.
  - Secrets are masked in all of it, those that are found in O(hide) wherever they occur.
notes:
  - Runs inside the controller's process, whatever host the task is for, and needs no connection. Use it with
    C(run_once), and with C(no_log) where O(hide) is given.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Each call adds evidence. Closing what is closed changes nothing.
options:
  service:
    description: The service's name.
    type: str
    required: true
  state_dir:
    description: The folder on the controller for records.
    type: path
    default: ~/.local/state/day2
  do:
    description:
      - V(update) opens the incident or adds to it, V(close) ends it, V(told) writes down who was told.
    type: str
    choices: [update, close, told]
    default: update
  id:
    description:
      - Names the incident, such as a ticket's number. Without it the only one that is open is meant, or a new one.
    type: str
    default: ""
  severity:
    description: The severity that people have decided on. Without it the suggested one, which only gets worse.
    type: str
    default: ""
  severities:
    description:
      - The severities, the worst first. The first that fits is suggested. Empty means P1 to P4 as
        L(docs/incident.md, https://github.com/day2/ops/tree/main/docs/incident.md) has them.
      - C(name), C(respond) (V(15m)), C(means), and C(when), a list of conditions of which one must fit; without any the
        severity fits always.
      - What a condition names must all hold. C(kinds), C(names) (a regular expression), C(severities) and C(statuses)
        (by default V(fail) and V(unknown)) are of a check, C(parts) is V(down) or V(reduced), C(hosts) is
        V(unreachable), C(findings) are severities of findings.
    type: list
    elements: dict
    default: []
  note:
    description: What was done, for the record and for people.
    type: str
    default: ""
  hosts:
    description: By the name of a host, what was looked at, as the filter P(day2.ops.diagnosis#filter) takes it.
    type: dict
    default: {}
  findings:
    description: What was found, as the filter P(day2.ops.diagnosis#filter) returns it.
    type: list
    elements: dict
    default: []
  pieces:
    description: The evidence.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of its file.
        type: str
        required: true
      content:
        description: What it holds, written as JSON.
        type: raw
      text:
        description: What it holds, as text.
        type: str
      file:
        description: A file on the controller that is taken, of 20 MiB at most.
        type: path
      missing:
        description: Why it could not be had.
        type: str
  hide:
    description: Anything with passwords and tokens in it under telling names. They are masked wherever they occur.
    type: raw
  kept:
    description: For O(do=told), what the next message needs, as RV(day2.ops.announce#module:kept).
    type: dict
    default: {}
  not_told:
    description: For O(do=told), who was not told.
    type: list
    elements: str
    default: []
seealso:
  - module: day2.ops.diagnose_info
  - module: day2.ops.announce
"""

EXAMPLES = r"""
- name: Open an incident, or add to the one that is open
  day2.ops.incident:
    service: shop
    hosts: "{{ gathered }}"
    findings: "{{ diagnosis.findings }}"
    pieces:
      - {name: checks.json, content: "{{ health_checks_result }}"}
      - {name: releases.txt, file: /srv/shop/RELEASES}
  run_once: true
  register: opened

- name: Close it
  day2.ops.incident:
    service: shop
    id: "{{ opened.incident.id }}"
    do: close
    note: the disk was full; room was made
  run_once: true
"""

RETURN = r"""
incident:
  description:
    - The record. C(id), C(service), C(state) (V(open) or V(closed)), C(severity), C(means), C(respond_within),
      C(respond_by), C(opened_at), C(opened_by), C(closed_at), C(lasted), C(runs), C(kept), C(log) and C(bundle), the
      file of the evidence.
  returned: success
  type: dict
first:
  description: Whether it was opened now.
  returned: success
  type: bool
already:
  description: Whether it was closed before.
  returned: success
  type: bool
suggested:
  description: The severity that what is down suggests.
  returned: O(do=update)
  type: str
  sample: P1
because:
  description: What it was suggested for.
  returned: O(do=update)
  type: list
  elements: str
  sample: ["critical api ready: fail: status is 503, expected 200"]
missing:
  description: Pieces of evidence that could not be had, and why.
  returned: success
  type: list
  elements: str
follow_ups:
  description: What to do next, as items of a section of P(day2.ops.report#module).
  returned: success
  type: list
  elements: dict
"""
