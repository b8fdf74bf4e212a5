# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The earlier runs of a host's checks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: check_history
short_description: Read how the checks of a host went before
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Returns the runs that P(day2.ops.check_history#module) has recorded on the controller, oldest first, to hand to
    P(day2.ops.health_gate#module) as O(day2.ops.health_gate#module:history).
  - A history that cannot be read comes as one entry that says so. The gate makes an unknown of it.
options:
  _terms:
    description: The names of the hosts.
    type: list
    elements: str
    required: true
  service:
    description: The name of the service.
    type: str
    required: true
  state_dir:
    description: The folder on the controller for what is remembered between runs.
    type: path
    default: ~/.local/state/day2
"""

EXAMPLES = r"""
- name: See that the backlog does not grow run after run
  day2.ops.health_gate:
    checks: "{{ day2_checks }}"
    history: "{{ query('day2.ops.check_history', inventory_hostname, service='shop') }}"
"""

RETURN = r"""
_raw:
  description: The runs, oldest first, those of several hosts one after the other.
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._history import store


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the runs.

        :raises AnsibleError: a name of a service that is none.
        """
        self.set_options(var_options=variables, direct=kwargs)
        try:
            folder = store.folder_of(self.get_option("state_dir"), self.get_option("service"))
        except OpsError as error:
            raise AnsibleError(str(error)) from error
        return [run for host in terms for run in store.read_or_damage(folder, host)]
