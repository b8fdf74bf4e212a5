# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: in_order
short_description: Put hosts in the order in which they depend on each other
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - A host comes after those that it depends on. Otherwise hosts keep the order in which they are given.
  - Fails when hosts depend on each other in a circle, or on what the inventory does not have.
positional: _input, after, groups
options:
  _input:
    description: The hosts.
    type: list
    elements: str
    required: true
  after:
    description: By host a list of the hosts and groups that it comes after.
    type: dict
    required: true
  groups:
    description: The groups of the inventory with their hosts, as C(groups) has them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the order
  ansible.builtin.debug:
    msg: "{{ groups.shop | day2.ops.in_order({'api-1': ['redis'], 'api-2': ['redis', 'api-1']}, groups) }}"
"""

RETURN = r"""
_value:
  description: The same hosts in that order.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

Names = Mapping[str, Sequence[str]]


def in_order(hosts: Sequence[str], after: Names, groups: Names) -> list[str]:
    """Return the hosts, each after those that it depends on. See DOCUMENTATION.

    :raises AnsibleFilterError: there is no such order, or no such host or group.
    """
    waits = {host: _waits_for(host, after.get(host) or [], groups) & set(hosts) for host in hosts}
    ordered: list[str] = []
    while len(ordered) < len(hosts):
        ready = [host for host in hosts if host not in ordered and not waits[host] - set(ordered)]
        if not ready:
            left = ", ".join(host for host in hosts if host not in ordered)
            raise AnsibleFilterError(f"day2_after goes in a circle, see the hosts {left}")
        # One at a time: a host that has become ready keeps its place before those that are given later.
        ordered.append(ready[0])
    return ordered


def _waits_for(host: str, names: Sequence[str], groups: Names) -> set[str]:
    known = {*groups.get("all", ())}
    unknown = [name for name in names if name not in groups and name not in known]
    if unknown:
        raise AnsibleFilterError(f"day2_after of {host}: no host or group {', '.join(unknown)} in the inventory")
    every = {one for name in names for one in groups.get(name, [name])}
    return every - {host}


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"in_order": in_order}
