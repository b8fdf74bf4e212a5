# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a restore to a moment begins and where it ends."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbackrest_restore
short_description: How a restore to a moment begins and where it ends
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Tells with which backup a restore to a moment begins, or why there can be none, before anything is stopped.
options:
  _input:
    description: What P(day2.ops.pgbackrest_info#filter) returned.
    type: dict
    required: true
  target:
    description:
      - One of C(time), C(name), C(xid) and C(lsn), up to where the archive is replayed; without one, to its end. A
        time has a zone.
    type: dict
    required: true
  label:
    description: The backup to begin with; empty lets it be the newest that fits.
    type: str
    required: true
  now:
    description: Seconds since the epoch on the host.
    type: float
    required: true
positional: target, label, now
"""

EXAMPLES = r"""
- name: Show with which backup a restore to noon would begin
  ansible.builtin.debug:
    msg: "{{ (info | day2.ops.pgbackrest_restore({'time': '2026-03-01 12:00:00+00'}, '', now)).backup.label }}"
  vars:
    now: "{{ lookup('ansible.builtin.pipe', 'date +%s') }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(backup), C(type) and C(target) as pgBackRest takes them, C(moment) and C(told).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.module_utils._postgres.pgbackrest import chosen_backup, target
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def pgbackrest_restore(info: Mapping[str, Any], wanted: Mapping[str, Any], label: str, now: float) -> dict[str, Any]:
    """Return the target and the backup."""
    found = target(plain(wanted))
    return {**found, "backup": chosen_backup(plain(info), found, str(label), float(now))}


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"pgbackrest_restore": pgbackrest_restore}
