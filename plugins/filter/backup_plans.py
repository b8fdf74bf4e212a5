# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backups of a service, each with the options of the modules that make, read and restore it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_plans
short_description: The backups of a service, each with the options of the modules that make, read and restore it
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Validates descriptions of backups, as the variable C(day2_backups) holds them. Returns a job for each.
options:
  _input:
    description: The descriptions.
    type: list
    elements: dict
    required: true
  shared:
    description:
      - What holds for all unless a backup says otherwise, C(path), C(storage), C(encryption), C(retention),
        C(run_from), C(level), C(rpo) and C(rto).
    type: dict
    required: true
  connections:
    description: How to reach the servers, for each kind a dictionary of options.
    type: dict
    required: true
positional: shared, connections
"""

EXAMPLES = r"""
- name: Show which backups are described
  ansible.builtin.debug:
    msg: "{{ day2_backups | day2.ops.backup_plans({'path': '/var/backups/day2'}, {}) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description:
    - For each backup a dictionary of C(name), C(kind), C(run_from), C(level), C(rpo), C(rto) and C(schedule); of
      C(module), that makes it; and of C(make), C(read) and C(restore), the options of modules. With a schedule also
      C(job), as P(day2.ops.backup_jobs#module) takes it. They may hold passwords.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def backup_plans(
    backups: Sequence[Mapping[str, Any]], shared: Mapping[str, Any], connections: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the plans."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._backups.jobs import backup_jobs as make

    given = plain({"backups": backups, "shared": shared, "connections": connections})
    return make(given["backups"], given["shared"], given["connections"])


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"backup_plans": backup_plans}
