#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: capacity_info
short_description: Say what a load needs, what to change and how long it will do
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Takes what P(day2.ops.health_gate#module) measured and holds it against a description of the service's capacity.
    Which row of the capacity table the load falls in, what is over- or under-provisioned for it, which triggers to
    scale hold, how objectives stand, and how many days are left until a limit is met.
  - Advises with a command that is ready to run. It changes nothing itself.
  - What could not be measured is unknown. It never fits, never scales down, and is named.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
  - day2.ops.attributes.controller
options:
  capacity:
    description:
      - What is measured and what it is held against. C(docs/capacity.md) of the collection explains each part with an
        example.
    type: dict
    required: true
    suboptions:
      measures:
        description: The numbers that the rest refers to by name.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Tells measures apart.
            type: str
            required: true
          check:
            description:
              - A check, as P(day2.ops.health_gate#module) takes it, without C(name). Its own limits decide nothing
                here.
              - One of O(capacity.measures[].check) and O(capacity.measures[].value) is needed.
            type: dict
          path:
            description: Leads to the number in the values that the check returns. Needed with a check.
            type: str
          value:
            description: A number that is known and not measured, such as the cores that were bought.
            type: float
          unit:
            description: For people.
            type: str
            default: ""
          hosts:
            description: The group or host that measures. The first host of the play without it.
            type: str
          combine:
            description: What the numbers of several hosts come to.
            type: str
            choices: [max, min, sum, mean]
            default: max
      resources:
        description: What can be had more or less of.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Tells resources apart.
            type: str
            required: true
          measure:
            description: The measure that says how much there is. The one of the same name without it.
            type: str
          command:
            description:
              - What brings another amount. C({wanted}) and C({now}) stand for the amounts and are quoted for a shell.
            type: str
          min:
            description: The least that triggers scale down to.
            type: int
            default: 1
          max:
            description: The most that is advised.
            type: int
          step:
            description: By how much triggers scale.
            type: int
            default: 1
          tolerance_percent:
            description: How far the amount may be from what the table wants.
            type: float
            default: 0.0
      table:
        description: Rows of growing load, with what each needs.
        type: dict
        suboptions:
          by:
            description: The measure of the load.
            type: str
            required: true
          rows:
            description: The rows, by growing load.
            type: list
            elements: dict
            required: true
            suboptions:
              name:
                description: The row's name.
                type: str
                required: true
              up_to:
                description: The most load that still falls in this row. Only the last row may be without.
                type: float
              needs:
                description:
                  - For each resource a number or a size such as V(4G), or C(min) and C(max). Without C(max) more is
                    never too much.
                type: dict
                default: {}
      triggers:
        description: When to scale a resource by a step.
        type: dict
        suboptions:
          resource:
            description: What is scaled.
            type: str
            required: true
          up:
            description: Conditions of which one is enough.
            type: list
            elements: dict
            default: []
            suboptions:
              measure:
                description: What is compared.
                type: str
                required: true
              op:
                description: How.
                type: str
                choices: [gt, ge, lt, le, eq]
                required: true
              value:
                description: With what.
                type: float
                required: true
              runs:
                description: In how many runs in a row it must hold, this one included.
                type: int
                default: 1
          down:
            description: Conditions that must all hold, while none of those to scale up holds or is unknown.
            type: list
            elements: dict
            default: []
            suboptions:
              measure:
                description: What is compared.
                type: str
                required: true
              op:
                description: How.
                type: str
                choices: [gt, ge, lt, le, eq]
                required: true
              value:
                description: With what.
                type: float
                required: true
              runs:
                description: In how many runs in a row it must hold, this one included.
                type: int
                default: 1
      objectives:
        description: What is promised, such as the figures of a benchmark.
        type: list
        elements: dict
        default: []
        suboptions:
          measure:
            description: What is compared. One of the two limits is needed.
            type: str
            required: true
          at_most:
            description: The upper limit.
            type: float
          at_least:
            description: The lower limit.
            type: float
          warn_days:
            description: A limit that is met within so many days, as the trend goes, is a warning.
            type: float
            default: 30.0
  results:
    description: For each host of the play, in its order, the result of P(day2.ops.health_gate#module).
    type: dict
    required: true
  groups:
    description: The groups of the inventory, the variable C(groups).
    type: dict
    default: {}
  history:
    description: For each host its earlier runs, as P(day2.ops.check_history#module) returns them.
    type: dict
    default: {}
seealso:
  - module: day2.ops.health_gate
  - module: day2.ops.check_history
"""

EXAMPLES = r"""
- name: Measure
  day2.ops.health_gate:
    checks: "{{ capacity | day2.ops.capacity_checks(inventory_hostname, groups, [inventory_hostname]) }}"
    report_only: true
  register: measured
  vars:
    capacity: &capacity
      measures:
        - {name: waiting, check: {kind: queue, queue: orders, queue_kind: redis_list, missing: empty}, path: ready}
        - {name: workers, check: {kind: process, pattern: 'worker\.py'}, path: count}
      resources:
        - {name: workers, max: 16, command: "docker compose up -d --scale worker={wanted}"}
      triggers:
        resource: workers
        up: [{measure: waiting, op: gt, value: 100}]
        down: [{measure: waiting, op: eq, value: 0}]

- name: Judge
  day2.ops.capacity_info:
    capacity: *capacity
    results: "{{ {inventory_hostname: measured} }}"
  register: judged

- name: Show what to run
  ansible.builtin.debug:
    msg: "{{ judged.advice | map(attribute='command') }}"
"""

RETURN = r"""
status:
  description:
    - V(failed) when more is needed or an objective is missed, V(unknown) when something could not be judged.
  returned: success
  type: str
  sample: failed
summary:
  description: The outcome in one line.
  returned: success
  type: str
  sample: "row Large; workers up from 2 to 8"
row:
  description: The row of the table that the load falls in; null when that is not known.
  returned: success
  type: str
triggered:
  description: V(up), V(down), V(none) or V(unknown).
  returned: success
  type: str
measures:
  description: For each measure its C(value) (null when unknown), C(unit) and C(reason).
  returned: success
  type: dict
fits:
  description: For each resource V(fits), V(under), V(over) or V(unknown).
  returned: success
  type: dict
objectives:
  description: For each objective C(measure), C(status), C(text) and C(days_left), null when the limit is never met.
  returned: success
  type: list
  elements: dict
advice:
  description: For each change C(resource), C(direction), C(now), C(wanted), C(reason) and C(command).
  returned: success
  type: list
  elements: dict
  sample:
    - resource: workers
      direction: up
      now: 2
      wanted: "8"
      reason: the table wants as much for this load
      command: docker compose up -d --scale worker=8
scale_up:
  description: Whether any advice is for more.
  returned: success
  type: bool
sections:
  description: The same for people, as sections of P(day2.ops.report#module).
  returned: success
  type: list
  elements: dict
"""
