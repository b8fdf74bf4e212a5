#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_window
short_description: Hold a service's maintenance window, with a journal that a second run can resume
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - One window a service. The journal on the controller is the lock too; it names who holds the window and since when.
  - A window whose controller process has died is taken up by the next run, which is told what was done already.
  - While a window is open 256 KiB are kept on the journal's disk, so that its end can be noted when the disk is full.
    What goes on with a window is not noted then; RV(window) of such a failure is as it is in the journal.
  - The role P(day2.ops.maintenance_window#role) does the whole window; use this module for windows of your own.
notes:
  - Runs inside the controller's process, whatever host the task is for, and needs no connection.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Each call writes what it is told into the journal.
options:
  service:
    description: The service's name, which names the journal's folder as well.
    type: str
    required: true
  within:
    description:
      - The service that this one is a part of, such as the one whose hosts have a window each. A window on the whole
        and one on a part are refused beside each other.
    type: str
    default: ""
  state_dir:
    description: The folder on the controller that holds the journals.
    type: path
    default: ~/.local/state/day2
  state:
    description:
      - V(open) takes the window, or takes up the one that a dead controller left.
      - V(noted) writes down how far O(step) is.
      - V(closed) ends the window with an O(outcome).
    type: str
    choices: [open, noted, closed]
    required: true
  reason:
    description: Why the window is opened. For people.
    type: str
    default: ""
  purpose:
    description:
      - What kind of work the window is for, in a word. A window that was left is taken up, or aborted, by work of the
        same kind only, as no other knows what is to be opened and started again.
    type: str
    default: maintenance
  takeover:
    description: Take the window from a holder who cannot be seen to have died, such as one on another controller.
    type: bool
    default: false
  unfinished:
    description:
      - What to do with O(state=open) about a window that a dead controller left. V(take_up) goes on with it, V(refuse)
        wants a new one and fails, V(require) wants nothing else and fails when there is none.
    type: str
    choices: [take_up, refuse, require]
    default: take_up
  ends_at:
    description:
      - When the time of the window is over, as V(2026-03-01T04:00:00Z); UTC when no zone is given. A run that takes up
        a window may give another one. Not together with O(duration).
    type: str
  duration:
    description: How long the window has from when it is opened, as V(2h). A run that takes it up does not change that.
    type: raw
  reserve:
    description: How much of that time must not be planned for, as V(10m); for verifying and for undoing.
    type: raw
  needs:
    description:
      - How long what is to come will take, a list of lengths of time that are added up. When less than these and the
        reserve is left, a new window is not opened, and with O(state=noted) the step is not noted and the task fails.
    type: list
    elements: raw
  timeout:
    description: How long the step may take that is noted; RV(deadline) is that from now.
    type: raw
  step:
    description: The step that O(status) is about.
    type: str
  status:
    description: How far O(step) is.
    type: str
    choices: [started, done, failed, undone]
  data:
    description: What a later run needs to know of O(step). No secrets.
    type: dict
    default: {}
  outcome:
    description: How the window ended.
    type: str
    choices: [done, failed, refused, aborted]
  message:
    description:
      - One line for people. With O(state=closed) on how the window ended, with O(state=noted) on what was seen of
        O(step), which is shown on the screen too and kept until the step is noted with another one.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Take the window
  day2.ops.maintenance_window:
    service: shop
    state: open
    reason: monthly vacuum
  register: window

- name: Vacuum, unless an earlier run of this window did
  ansible.builtin.command:
    argv: [vacuumdb, --analyze, shop]
  changed_when: true
  when: "'vacuum' not in window.done"

- name: Remember that it is done
  day2.ops.maintenance_window:
    service: shop
    state: noted
    step: vacuum
    status: done

- name: End the window
  day2.ops.maintenance_window:
    service: shop
    state: closed
    outcome: done
"""

RETURN = r"""
window:
  description: The journal's record. Empty in check mode when there never was a window.
  returned: success
  type: dict
  contains:
    id:
      description: Time and a random part.
      type: str
      sample: 20260102T030405Z-1f3a
    service:
      description: The service.
      type: str
    state:
      description: open or closed.
      type: str
    reason:
      description: Why it was opened.
      type: str
    owner:
      description: User, host and process that hold it.
      type: dict
    opened_at:
      description: UTC, ISO 8601.
      type: str
    budget:
      description: RV(ignore:ends_at) (UTC, ISO 8601; null for no end) and RV(ignore:reserve) (seconds).
      type: dict
      sample: {ends_at: "2026-03-01T04:00:00Z", reserve: 600.0}
    taken_over:
      description: Earlier owners, and when each lost it.
      type: list
      elements: dict
    steps:
      description: For each step its status, times and data.
      type: dict
resumed:
  description: Whether this window was begun by a run that died.
  returned: success
  type: bool
done:
  description: Names of the steps that are done.
  returned: success
  type: list
  elements: str
step:
  description: The step that was noted.
  returned: when O(state=noted), outside of check mode
  type: str
held_by:
  description: Who has taken the window over from this run, which is to stop; RV(window) is as it is in the journal.
  returned: when it fails for that
  type: str
  sample: ada@ops-1 (process 9311)
left:
  description: Seconds until the window's end; null when it has none.
  returned: when O(state=open)
  type: float
  sample: 7200.0
deadline:
  description: When O(timeout) is over, in seconds since the epoch; 0 without one.
  returned: when O(state=noted), outside of check mode
  type: float
  sample: 1772330400.0
journal:
  description: The journal's file.
  returned: success
  type: str
service:
  description: The service.
  returned: success
  type: str
state_dir:
  description: The folder of all journals.
  returned: success
  type: str
"""
