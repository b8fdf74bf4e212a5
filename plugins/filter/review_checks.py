# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of a review."""

from __future__ import annotations

DOCUMENTATION = r"""
name: review_checks
short_description: Those checks of a list that a review makes again, with the lists that people look through
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Takes the checks of some kinds, asks them for details such as the largest tables, and adds the review's own checks.
  - The role P(day2.ops.review#role) uses it.
options:
  _input:
    description: Checks, as P(day2.ops.health_gate#module) takes them.
    type: list
    elements: dict
    required: true
  kinds:
    description: The kinds that are made again.
    type: list
    elements: str
    required: true
  details:
    description: For each kind the C(details) to ask for.
    type: dict
    default: {}
  more:
    description: The review's own checks. One of the name of another check takes its place.
    type: list
    elements: dict
    default: []
positional: kinds, details, more
"""

EXAMPLES = r"""
- name: Look at the databases closely
  day2.ops.health_gate:
    checks: "{{ day2_checks | day2.ops.review_checks(['postgres'], {'postgres': ['tables', 'statements']}) }}"
    report_only: true
"""

RETURN = r"""
_value:
  description: The checks.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._reviews.selection import review_checks as select
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def review_checks(
    checks: Sequence[Mapping[str, Any]],
    kinds: Sequence[str],
    details: Mapping[str, Sequence[str]] | None = None,
    more: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return the checks."""
    return select(checks, kinds, details or {}, more)


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"review_checks": review_checks}
