# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks that ask about a shift."""

from __future__ import annotations

DOCUMENTATION = r"""
name: shift_checks
short_description: The checks that ask Prometheus and Alertmanager about a shift
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes checks for P(day2.ops.health_gate#module) from queries, in which C({shift}) stands for its length.
  - The role P(day2.ops.handoff#role) uses it.
options:
  _input:
    description: Queries; each has C(name) and C(query), and may have C(unit) and the options of a check.
    type: list
    elements: dict
    required: true
  shift:
    description: The length of the shift, such as V(8h).
    type: str
    required: true
  alerts:
    description: The query for the alerts that were triggered. Empty asks for none.
    type: dict
    default: {}
  pending:
    description: The check for the alerts that are pending. Empty asks for none.
    type: dict
    default: {}
  words:
    description: What other words in braces stand for.
    type: dict
    default: {}
positional: shift, alerts, pending, words
"""

EXAMPLES = r"""
- name: Ask for the requests of the last eight hours
  day2.ops.health_gate:
    checks: "{{ queries | day2.ops.shift_checks('8h') }}"
    defaults: {prometheus: {url: http://127.0.0.1:9090}}
    report_only: true
  vars:
    queries:
      - name: requests
        query: sum by (job) (increase(http_requests_total[{shift}]))
"""

RETURN = r"""
_value:
  description: The checks.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def shift_checks(
    queries: Sequence[Mapping[str, Any]],
    shift: str,
    alerts: Mapping[str, Any] | None = None,
    pending: Mapping[str, Any] | None = None,
    words: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return the checks."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._reviews.handoff import shift_checks as make

    return make(queries, shift, alerts or {}, pending or {}, words or {})


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"shift_checks": shift_checks}
