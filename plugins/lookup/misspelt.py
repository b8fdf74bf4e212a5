# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find extra variables whose names are misspelt."""

from __future__ import annotations

DOCUMENTATION = r"""
name: misspelt
short_description: Find extra variables whose names are misspelt
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Ansible takes any name for a variable that is given with C(-e). Where it is misspelt a playbook does what it does
    without it, with all hosts instead of some, or with all steps instead of one.
  - Names the extra variables of this run that are nearly one of those that are known. What is like none of them is the
    inventory's own affair.
options:
  _terms:
    description: The names that are known.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse what was meant otherwise
  ansible.builtin.fail:
    msg: "unknown: {{ misspelt | join(', ') }}"
  vars:
    misspelt: "{{ query('day2.ops.misspelt', 'target', 'window_only') }}"
  when: misspelt != []
"""

RETURN = r"""
_raw:
  description: "Each name that is misspelt, and what was probably meant: C(windowonly, did you mean window_only?)."
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.day2.ops.plugins.plugin_utils._misspelt import nearest


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return what is misspelt."""
        meant = {name: nearest(name, terms) for name in sorted(load_extra_vars(self._loader))}
        return [f"{name}, did you mean {known}?" for name, known in meant.items() if known]
