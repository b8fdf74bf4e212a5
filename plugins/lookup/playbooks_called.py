# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell which playbooks were called."""

from __future__ import annotations

DOCUMENTATION = r"""
name: playbooks_called
short_description: Tell which playbooks were called
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Names the playbooks on the command line of C(ansible-playbook). One that is imported by another is not among them.
"""

EXAMPLES = r"""
- name: Show what was called
  ansible.builtin.debug:
    msg: "{{ query('day2.ops.playbooks_called') }}"
"""

RETURN = r"""
_raw:
  description: Their paths, all links resolved, and as they are those that are named by their collection.
  type: list
  elements: str
"""

import os
from typing import Any

from ansible import context
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return them."""
        return [os.path.realpath(one) if os.path.exists(one) else str(one) for one in context.CLIARGS.get("args") or ()]
