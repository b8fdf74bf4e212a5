# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether pgBackRest found a repository to be whole."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbackrest_verified
short_description: Whether pgBackRest found a repository to be whole
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Reads what C(pgbackrest verify --output=text --verbose) prints, as its exit status is 0 also when files are damaged.
options:
  _input:
    description: What it printed.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Fail when something is damaged
  ansible.builtin.assert:
    that: (printed.stdout | day2.ops.pgbackrest_verified).ok
"""

RETURN = r"""
_value:
  description: A dictionary of C(ok) and C(wrong), what is wrong with which part.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._postgres.pgbackrest import verified
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def pgbackrest_verified(text: str) -> dict[str, Any]:
    """Return what it found."""
    return verified(str(text))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"pgbackrest_verified": pgbackrest_verified}
