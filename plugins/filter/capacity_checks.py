# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks that measure a service's capacity on one host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: capacity_checks
short_description: The checks that measure a service's capacity on one host
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Validates the description of a service's capacity, as P(day2.ops.capacity_info#module) takes it. Returns the checks
    that one host makes for it, to hand to P(day2.ops.health_gate#module).
options:
  _input:
    description: The description, such as C(day2_capacity).
    type: dict
    required: true
  host:
    description: The host.
    type: str
    required: true
  groups:
    description: The groups of the inventory, the variable C(groups).
    type: dict
    required: true
  hosts:
    description: The hosts of the play. A measure without C(hosts) is made by the first of them.
    type: list
    elements: str
    required: true
positional: host, groups, hosts
"""

EXAMPLES = r"""
- name: Measure
  day2.ops.health_gate:
    checks: "{{ day2_capacity | day2.ops.capacity_checks(inventory_hostname, groups, ansible_play_hosts_all) }}"
    report_only: true
  register: measured
"""

RETURN = r"""
_value:
  description: The checks; none for a host that measures nothing.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def capacity_checks(
    capacity: Mapping[str, Any], host: str, groups: Mapping[str, Sequence[str]], hosts: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the checks that ``host`` makes."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._capacity.measures import checks_for
    from ansible_collections.day2.ops.plugins.module_utils._capacity.operation import usable

    return checks_for(usable(plain(capacity)), host, groups, hosts)


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"capacity_checks": capacity_checks}
