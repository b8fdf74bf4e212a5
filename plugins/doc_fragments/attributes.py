# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that each module states; it says itself how far it supports them."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change, without changing anything.
  diff_mode:
    description: Returns details on what has changed, or would in C(check_mode), when in diff mode.
  idempotent:
    description:
      - When run twice in a row with the same options, and nothing else has changed the target meanwhile, the second run
        changes nothing.
"""

    # Of a module that changes nothing.
    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The module only reads, so it does the same in check mode.
  diff_mode:
    support: N/A
  idempotent:
    support: full
"""

    # Of a module with an action plugin that does all of it.
    CONTROLLER = r"""
options: {}
notes:
  - Runs inside the controller's process, whatever host the task is for, and needs no connection. Use it with
    C(run_once).
"""
