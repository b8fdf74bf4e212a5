#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: report_info
short_description: Read the newest report of a name
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Finds the newest C(NAME-TIME.json) that P(day2.ops.report#module) has written and says what it came to.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
  - day2.ops.attributes.controller
options:
  name:
    description: The files' name, without time and ending, such as V(daily-checks).
    type: str
    required: true
  dir:
    description: The folder on the controller.
    type: path
    default: reports
seealso:
  - module: day2.ops.report
"""

EXAMPLES = r"""
- name: See what the last daily checks came to
  day2.ops.report_info:
    name: daily-checks
    dir: /var/lib/day2/reports
  run_once: true
  register: last

- name: Show what was wrong
  ansible.builtin.debug:
    msg: "{{ last.failures }}"
  when: last.found
"""

RETURN = r"""
found:
  description: Whether there is a report of that name.
  returned: success
  type: bool
dir:
  description: The folder that was looked into.
  returned: success
  type: str
json:
  description: The file.
  returned: when RV(found)
  type: str
status:
  description: V(passed), V(failed), V(unknown) or V(aborted).
  returned: when RV(found)
  type: str
summary:
  description: One line on it.
  returned: when RV(found)
  type: str
generated_at:
  description: When it was made; UTC, ISO 8601.
  returned: when RV(found)
  type: str
age:
  description: How old it is, in seconds.
  returned: when RV(found)
  type: float
age_text:
  description: The same for people.
  returned: when RV(found)
  type: str
failures:
  description: For each host a line for each thing that was wrong.
  returned: when RV(found)
  type: dict
"""
