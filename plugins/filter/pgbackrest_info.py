# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pgBackRest tells of a stanza."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbackrest_info
short_description: What pgBackRest tells of a stanza
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes of what C(pgbackrest --output=json info) prints its backups, repositories and ages.
options:
  _input:
    description: What it printed.
    type: str
    required: true
  stanza:
    description: The stanza.
    type: str
    required: true
  now:
    description: Seconds since the epoch on the host.
    type: float
    required: true
positional: stanza, now
"""

EXAMPLES = r"""
- name: Show the newest backup
  ansible.builtin.debug:
    msg: "{{ (printed.stdout | day2.ops.pgbackrest_info('main', now)).newest.finished }}"
  vars:
    now: "{{ lookup('ansible.builtin.pipe', 'date +%s') }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary of C(stanza), C(ok), C(message), C(repositories), C(backups), C(newest), C(newest_full),
      C(age) (seconds), C(restorable_since), C(archive), C(without_stanza) and C(without_backup) (of repositories).
  type: dict
"""

from typing import Any, Callable

from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def pgbackrest_info(text: str, stanza: str, now: float) -> dict[str, Any]:
    """Return what it tells."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._postgres.pgbackrest import stanza_info

    return stanza_info(str(text), str(stanza), float(now))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"pgbackrest_info": pgbackrest_info}
