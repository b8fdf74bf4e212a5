# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Join the lists of several groups into one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: joined
short_description: Join lists that groups and hosts bring under names of one pattern
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Ansible lets the variable of one group override the same variable of another. Here each group brings a list of its
    own under C(NAME__anything), and they add up.
  - The lists are joined in the order of their names, C(NAME) itself first.
options:
  _terms:
    description: The names without suffix.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show all checks, those of the group redis (day2_checks__redis) and those of the group app (day2_checks__app)
  ansible.builtin.debug:
    msg: "{{ query('day2.ops.joined', 'day2_checks') }}"
"""

RETURN = r"""
_raw:
  description: The entries of all lists.
  type: list
  elements: raw
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the joined entries."""
        known = variables or {}
        names = [name for term in terms for name in sorted(known) if name == term or name.startswith(f"{term}__")]
        return [entry for name in names for entry in self._list(name, known[name])]

    def _list(self, name: str, value: Any) -> list[Any]:
        """Return the list that the variable holds, its templates resolved.

        :raises AnsibleError: it is no list.
        """
        templated = self._templar.template(value)
        if not isinstance(templated, list):
            raise AnsibleError(f"the variable {name} is not a list; expected a list, as lists of that name are joined")
        return templated
