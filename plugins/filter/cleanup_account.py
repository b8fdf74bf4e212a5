# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cleanup has done on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cleanup_account
short_description: What a cleanup has done on a host
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes one result, in the shape that P(day2.ops.report#module) takes for a host, of those of
    P(day2.ops.queue_recover#module), P(day2.ops.queue_trim#module) and P(day2.ops.sql_retention#module).
options:
  _input:
    description: The results of loops over names of steps.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ (trimmed.results | day2.ops.cleanup_account).failures }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(status), C(summary), C(failures), C(checks) and C(steps).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.module_utils._retention.account import host_account
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def cleanup_account(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the account."""
    return host_account(plain({"results": results})["results"])


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"cleanup_account": cleanup_account}
