# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A review as sections of a report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: review
short_description: A review as sections of a report
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Turns what the role P(day2.ops.review#role) gathered into sections for P(day2.ops.report#module). The checklists,
    where numbers are heading, what the logs hold, and the lists that checks returned.
options:
  _input:
    description: What was gathered.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the titles of the sections
  ansible.builtin.debug:
    msg: "{{ (review_parts | day2.ops.review).sections | map(attribute='title') }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(status), C(summary) and C(sections).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def review(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the review."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._reviews.review import review as make

    return make(plain(parts))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"review": review}
