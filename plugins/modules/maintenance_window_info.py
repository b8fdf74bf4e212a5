#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_window_info
short_description: Say which maintenance windows are open
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Reads the journals of P(day2.ops.maintenance_window#module) and says of each service's last window whether it is
    open, who holds it, for how long, and what is not finished.
  - A journal that cannot be read is a window of which nothing is known, not one that is closed.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
  - day2.ops.attributes.controller
options:
  state_dir:
    description: The folder on the controller that holds the journals.
    type: path
    default: ~/.local/state/day2
  service:
    description: The service whose window is wanted. All services that have a journal without it.
    type: str
seealso:
  - module: day2.ops.maintenance_window
"""

EXAMPLES = r"""
- name: See which windows are open
  day2.ops.maintenance_window_info:
  run_once: true
  register: windows

- name: Refuse to begin while one is
  ansible.builtin.fail:
    msg: "{{ windows.open[0].service }} is in maintenance, held by {{ windows.open[0].holder }}"
  when: windows.open | length > 0
"""

RETURN = r"""
windows:
  description: The last window of each service.
  returned: success
  type: list
  elements: dict
  contains:
    service:
      description: The service.
      type: str
      returned: always
    state:
      description: V(open), V(closed), or V(unknown) when the journal cannot be read.
      type: str
      returned: always
    reason:
      description: Why it was opened, or why nothing is known.
      type: str
      returned: always
    journal:
      description: The journal's file.
      type: str
      returned: always
    within:
      description: The service that this one is a part of; empty for a service of its own.
      type: str
      returned: when the journal can be read
    purpose:
      description: What kind of work it was opened for, such as V(maintenance) or V(restore).
      type: str
      returned: when the journal can be read
    id:
      description: Time and a random part.
      type: str
      returned: when the journal can be read
    opened_at:
      description: UTC, ISO 8601.
      type: str
      returned: when the journal can be read
    closed_at:
      description: UTC, ISO 8601; null while it is open.
      type: str
      returned: when the journal can be read
    outcome:
      description: How it ended; null while it is open.
      type: str
      returned: when the journal can be read
    message:
      description: One line on how it ended.
      type: str
      returned: when the journal can be read
    holder:
      description: User, host and process that hold it.
      type: str
      returned: when the journal can be read
    abandoned:
      description: Whether it is open and its holder is seen to be dead, so the next run takes it up.
      type: bool
      returned: when the journal can be read
    ends_at:
      description: When its time is over, UTC, ISO 8601; null for a window without an end.
      type: str
      returned: when the journal can be read
    open_for:
      description: For how long it is open, for people; empty when it is closed.
      type: str
      returned: when the journal can be read
    unfinished:
      description: Names of the steps that are not done.
      type: list
      elements: str
      returned: when the journal can be read
open:
  description: Those of RV(windows) that are not closed.
  returned: success
  type: list
  elements: dict
state_dir:
  description: The folder that was read.
  returned: success
  type: str
"""
