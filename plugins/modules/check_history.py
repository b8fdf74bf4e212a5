#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check_history
short_description: Remember how the checks of each host went
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Adds a run to the history of each host, in C(STATE_DIR/SERVICE/history/HOST.json) on the controller, and returns the
    runs before it.
  - A run holds when it was, how each check ended and the numbers that it saw, no text and no secret.
  - A history that is damaged is put aside under another name, told as a warning, and a new one is begun. The play goes
    on.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.controller
attributes:
  check_mode:
    support: full
    details:
      - In check mode the earlier runs are returned and nothing is added.
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Each run adds an entry.
options:
  service:
    description: The name of the service. One of O(service) and O(services) is needed.
    type: str
  services:
    description: For each host the name of its service, where they are not all of O(service).
    type: dict
    default: {}
  state_dir:
    description: The folder on the controller for what is remembered between runs. It must outlive the play.
    type: path
    default: ~/.local/state/day2
  hosts:
    description: For each host the result of P(day2.ops.health_gate#module), or an empty dictionary where none came.
    type: dict
    required: true
  keep:
    description: How many runs of each host are kept.
    type: int
    default: 30
seealso:
  - module: day2.ops.health_gate
  - plugin: day2.ops.check_history
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Check
  day2.ops.health_gate:
    checks: "{{ day2_checks }}"
    report_only: true
  register: checked

- name: Remember
  day2.ops.check_history:
    service: shop
    hosts: "{{ {inventory_hostname: checked} }}"
  run_once: true
"""

RETURN = r"""
history:
  description: The runs before this one of each host, oldest first.
  returned: success
  type: dict
  sample:
    shop-1:
      - at: "2026-11-24T06:00:00Z"
        status: passed
        checks:
          orders:
            status: pass
            seen:
              ready: 12
              dead: 0
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._history.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
